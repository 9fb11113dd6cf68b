"""`aicost report`: whose was the money of a month, read from the operator's read API."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import click
import httpx

from aicost.cli.operator_api import Where, asked, month, reaches_operator, read
from aicost.cli.tunnel import operator_url
from aicost.core.window import instant
from aicost.ports import Malformed
from aicost.reports.basis import OF_TRAININGS, Bases, On, render_bases
from aicost.reports.closing import render_verification
from aicost.reports.document import Document
from aicost.reports.drill import LARGEST, MOST, Drill
from aicost.reports.drill_tables import render_drill
from aicost.reports.tables import render

BROKEN = 2
VERIFY_SECONDS = 3600.0


def _instant(_: click.Context, __: click.Parameter, value: str) -> str:
    try:
        if value:
            instant(value)
    except ValueError as error:
        raise click.BadParameter(f"{value!r} is no instant: write it as 2026-11-03T00:00:00Z") from error
    return value


@click.command()
@click.option("--period", metavar="YYYY-MM", default="", callback=month, help="UTC month; by default the current one.")
@click.option(
    "--as-of",
    metavar="INSTANT",
    default="",
    callback=_instant,
    help="As the ledger was then, e.g. 2026-11-03T00:00:00Z: settled hours only.",
)
@click.option(
    "--verify", is_flag=True, help="Prove the month, or without --period the whole ledger, from its rows instead."
)
@click.option("--unit", metavar="UNIT", default="", help="What lies beneath a business unit.")
@click.option("--workload", metavar="NAMESPACE/NAME", default="", help="What lies beneath a workload.")
@click.option("--origin", metavar="ID", default="", help="The lines of an origin, how it was split and why.")
@click.option(
    "--all", "everything", is_flag=True, help=f"Beneath these show not the largest {LARGEST}, but up to {MOST}."
)
@click.option(
    "--basis",
    type=click.Choice([each.value for each in On]),
    default=None,
    help="Units and workloads on that basis: as statuses tell them; of a month before as its closing charges them.",
)
@click.option("-o", "--output", type=click.Choice(["table", "markdown", "json"]), default="table", show_default=True)
@reaches_operator
@click.pass_context
def report(
    run: click.Context,
    *,
    period: str,
    as_of: str,
    verify: bool,
    unit: str,
    workload: str,
    origin: str,
    everything: bool,
    basis: str | None,
    output: Literal["table", "markdown", "json"],
    where: Where,
) -> None:
    """Show where the money of a month went.

    Origins with their owners, units, workloads, what has no price, and the proof that nothing is lost. The operator's
    read API is reached through `kubectl port-forward`, with your own rights.

    --unit, --workload and --origin go down from there: to the units beneath one, to workloads and pods, to the largest
    parts of origins (a card group's hour, a row of a bill), and to the lines of one origin, with its split and the reason.

    --basis incurred is what was caused by each, charged what each carries after re-charge and distribution, used the
    part of what was incurred that was really used. cash is what is charged, with trainings in the month in which they
    ran; amortised has them in the months after it, with who uses their models. The ledger knows no distribution: without
    --basis units are told before it.

    --as-of reads again what a report said that was issued then. --verify makes every sum, every hash and every chain
    anew from the ledger's rows, compares closed months with their digests, and says OK or which keys are broken.

    Exit code: 0, 1 when something failed, 2 for wrong usage, and with --verify when something is broken.
    """
    beneath = {name: of for name, of in {"unit": unit, "workload": workload, "origin": origin}.items() if of}
    _usable(beneath, {"--verify": verify, "--as-of": bool(as_of), "--basis": bool(basis)}, everything=everything)
    asks = _Question(
        period=period,
        as_of=as_of,
        beneath=beneath,
        basis=On(basis) if basis else None,
        verify=verify,
        everything=everything,
    )
    with operator_url(where.server, where.place) as url:
        answer = asks.of(url)
    click.echo(answer.text if output == "json" else asks.shown(answer, output))
    if verify and answer.json()["broken"]:
        run.exit(BROKEN)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Question:
    """What is asked of the read API, and how its answer is shown: one of several questions about a month."""

    period: str
    as_of: str
    beneath: dict[str, str]
    basis: On | None
    verify: bool
    everything: bool

    def of(self, url: str) -> httpx.Response:
        month = {"period": self.period, "asOf": self.as_of}
        if self.verify:
            return asked(url, "/v1/verify", {"period": self.period}, seconds=VERIFY_SECONDS)
        if self.basis:
            return asked(url, "/v1/basis", {"period": self.period})
        if self.beneath:
            return asked(url, "/v1/drill", month | self.beneath | ({"most": str(MOST)} if self.everything else {}))
        return asked(url, "/v1/report", month)

    def shown(self, answer: httpx.Response, output: Literal["table", "markdown"]) -> str:
        if self.verify:
            return read(render_verification, answer, "a proof")
        if self.basis:
            return render_bases(_kept(read(Bases.from_json, answer, "a basis"), self.basis), self.basis, output)
        if self.beneath:
            return render_drill(read(Drill.from_json, answer, "what lies beneath"), output)
        return render(_document(answer), output)


def _kept(told: Bases, on: On) -> Bases:
    if on in OF_TRAININGS and not told.spreads_trainings:
        raise Malformed(
            f"{told.period} cannot be told as {on.value}: an earlier version closed it, which kept what was charged, and not"
            " when trainings are used up: ask for charged, incurred or used"
        )
    return told


def _usable(beneath: dict[str, str], others: dict[str, bool], *, everything: bool) -> None:
    """Questions that exclude each other are wrong usage. Only what lies beneath may be asked as of an instant."""
    if others["--verify"] and others["--as-of"]:
        raise click.UsageError("--verify proves the whole history: leave --as-of out")
    questions = [*(f"--{name}" for name in beneath), *(name for name, given in others.items() if given)]
    if len(questions) > 1 and not (len(beneath) == 1 and questions[1:] == ["--as-of"]):
        raise click.UsageError(f"{' and '.join(questions)} are different questions: ask one of them")
    if everything and not beneath:
        raise click.UsageError("--all says how much of --unit, --workload or --origin to show: give one of them")


def fetched(url: str, params: dict[str, str]) -> Document:
    """A month's report. Raises Malformed for what the operator refuses or does not answer, Unavailable else."""
    return _document(asked(url, "/v1/report", params))


def _document(answer: httpx.Response) -> Document:
    return read(Document.from_json, answer, "a report")
