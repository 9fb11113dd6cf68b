"""`aicost report`: whose was the money of a month, read from the operator's read API."""

from __future__ import annotations

from typing import Literal

import click
import httpx

from aicost.cli.operator_api import Where, asked, month, reaches_operator
from aicost.cli.tunnel import operator_url
from aicost.core.window import instant
from aicost.ports import Malformed
from aicost.reports.closing import render_verification
from aicost.reports.document import Document
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
@click.option("-o", "--output", type=click.Choice(["table", "markdown", "json"]), default="table", show_default=True)
@reaches_operator
@click.pass_context
def report(
    run: click.Context,
    period: str,
    as_of: str,
    verify: bool,
    output: Literal["table", "markdown", "json"],
    where: Where,
) -> None:
    """Show where the money of a month went.

    Origins with their owners, units, workloads, what has no price, and the proof that nothing is lost. The operator's
    read API is reached through `kubectl port-forward`, with your own rights.

    --as-of reads again what a report said that was issued then. --verify makes every sum, every hash and every chain
    anew from the ledger's rows, compares closed months with their digests, and says OK or which keys are broken.

    Exit code: 0, 1 when something failed, 2 for wrong usage, and with --verify when something is broken.
    """
    if verify and as_of:
        raise click.UsageError("--verify proves the whole history: leave --as-of out")
    with operator_url(where.server, where.place) as url:
        if verify:
            answer = asked(url, "/v1/verify", {"period": period}, seconds=VERIFY_SECONDS)
        else:
            answer = asked(url, "/v1/report", {"period": period, "asOf": as_of})
    if output == "json":
        click.echo(answer.text)
    else:
        click.echo(_verified(answer) if verify else render(_document(answer), output))
    if verify and answer.json()["broken"]:
        run.exit(BROKEN)


def fetched(url: str, params: dict[str, str]) -> Document:
    """A month's report. Raises Malformed for what the operator refuses or does not answer, Unavailable else."""
    return _document(asked(url, "/v1/report", params))


def _document(answer: httpx.Response) -> Document:
    try:
        return Document.from_json(answer.json())
    except (ValueError, KeyError, TypeError) as error:
        raise Malformed(f"{answer.url} did not answer a report ({error}): is that the operator's read API?") from error


def _verified(answer: httpx.Response) -> str:
    try:
        return render_verification(answer.json())
    except (ValueError, KeyError, TypeError) as error:
        raise Malformed(f"{answer.url} did not answer a proof ({error}): is that the operator's read API?") from error
