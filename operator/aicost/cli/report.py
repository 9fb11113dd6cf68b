"""`aicost report`: whose was the money of a month, read from the operator's read API."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal, TypeVar

import click
import httpx

from aicost.cli.operator_api import Where, asked, month, reaches_operator
from aicost.cli.tunnel import operator_url
from aicost.core.window import instant
from aicost.ports import Malformed
from aicost.reports.closing import render_verification
from aicost.reports.document import Document
from aicost.reports.drill import LARGEST, MOST, Drill
from aicost.reports.drill_tables import render_drill
from aicost.reports.tables import render

Read = TypeVar("Read")
BROKEN = 2
VERIFY_SECONDS = 3600.0


def _instant(_: click.Context, __: click.Parameter, value: str) -> str:
    try:
        if value:
            instant(value)
    except ValueError as error:
        raise click.BadParameter(f"{value!r} is no instant: write it as 2026-11-03T00:00:00Z") from error
    return value


@click.command(short_help="Show where the money of a month went.")
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
    output: Literal["table", "markdown", "json"],
    where: Where,
) -> None:
    """Show where the money of a month went.

    Origins with their owners, units, workloads, what has no price, and the proof that nothing is lost. The operator's
    read API is reached through `kubectl port-forward`, with your own rights.

    --unit, --workload and --origin go down from there: to workloads and pods, to the largest parts of origins (a card
    group's hour, a row of a bill), and to the lines of one origin, with its split and the reason.

    --as-of reads again what a report said that was issued then. --verify makes every sum, every hash and every chain
    anew from the ledger's rows, compares closed months with their digests, and says OK or which keys are broken.

    Exit code: 0, 1 when something failed, 2 for wrong usage, and with --verify when something is broken.
    """
    beneath = {"unit": unit, "workload": workload, "origin": origin}
    _usable(beneath, as_of, verify=verify, everything=everything)
    month = {"period": period, "asOf": as_of}
    with operator_url(where.server, where.place) as url:
        if verify:
            answer = asked(url, "/v1/verify", {"period": period}, seconds=VERIFY_SECONDS)
        elif any(beneath.values()):
            most = {"most": str(MOST)} if everything else {}
            answer = asked(url, "/v1/drill", month | beneath | most)
        else:
            answer = asked(url, "/v1/report", month)
    if output == "json":
        click.echo(answer.text)
    elif any(beneath.values()):
        click.echo(render_drill(_read(Drill.from_json, answer, "what lies beneath"), output))
    else:
        click.echo(_read(render_verification, answer, "a proof") if verify else render(_document(answer), output))
    if verify and answer.json()["broken"]:
        run.exit(BROKEN)


def _usable(beneath: dict[str, str], as_of: str, *, verify: bool, everything: bool) -> None:
    given = [f"--{name}" for name, value in beneath.items() if value]
    if verify and as_of:
        raise click.UsageError("--verify proves the whole history: leave --as-of out")
    if verify and given:
        raise click.UsageError(f"--verify proves a month or the ledger, never a part: leave {given[0]} out")
    if len(given) > 1:
        raise click.UsageError(f"{' and '.join(given)} are two questions: ask one of them")
    if everything and not given:
        raise click.UsageError("--all says how much of --unit, --workload or --origin to show: give one of them")


def fetched(url: str, params: dict[str, str]) -> Document:
    """A month's report. Raises Malformed for what the operator refuses or does not answer, Unavailable else."""
    return _document(asked(url, "/v1/report", params))


def _document(answer: httpx.Response) -> Document:
    return _read(Document.from_json, answer, "a report")


def _read(parse: Callable[[Any], Read], answer: httpx.Response, what: str) -> Read:
    try:
        return parse(answer.json())
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise Malformed(f"{answer.url} did not answer {what} ({error}): is that the operator's read API?") from error
