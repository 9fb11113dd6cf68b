"""`aicost close`: the check-list of a month, and its close."""

from __future__ import annotations

from typing import Any, Literal

import click

from aicost.cli.operator_api import Where, month, reaches_operator, told
from aicost.cli.tunnel import operator_url, whoami
from aicost.ports import Forbidden, Malformed
from aicost.reports.closing import render_outcome

NOT_CLEAN = 2


@click.command()
@click.argument("period", metavar="YYYY-MM", callback=month)
@click.option("--dry-run", is_flag=True, help="Only print the check-list.")
@click.option("--force", is_flag=True, help="Close it with what is open: the month keeps its gaps.")
@click.option("--by", metavar="NAME", default="", help="Who closes it; by default the kubeconfig's current user.")
@click.option("-o", "--output", type=click.Choice(["table", "json"]), default="table", show_default=True)
@reaches_operator
@click.pass_context
def close(
    run: click.Context,
    period: str,
    dry_run: bool,
    force: bool,
    by: str,
    output: Literal["table", "json"],
    where: Where,
) -> None:
    """Close a month: from then on it never changes, and what is found later is a correction of the current month.

    The operator closes each month by itself on the close day. This closes it earlier, or tells what speaks against it:
    missing data, what has no price, bills and invoices that are not in, parked cost; and what nobody claims, and by which
    exchange rates the month is told. The close records who, when, and
    the digest of what the month holds; a second close changes nothing and shows the same.

    Exit code: 0 when the month is closed, or with --dry-run could be; 1 when something failed or the month cannot be
    closed at all; 2 when the check-list is not clean, and for wrong usage.
    """
    who = by or whoami(where.place)
    if not who:
        raise Forbidden("who closes the month is not known, since no kubeconfig names a user: give --by NAME")
    body = {"period": period, "by": who, "dryRun": dry_run, "force": force}
    with operator_url(where.server, where.place) as url:
        answer = told(url, "/v1/close", body)
    try:
        outcome: dict[str, Any] = answer.json()
        text = render_outcome(outcome)
    except (ValueError, KeyError, TypeError) as error:
        raise Malformed(f"{answer.url} did not answer a close ({error}): is that the operator's API?") from error
    click.echo(answer.text if output == "json" else text)
    if not (outcome["closing"] or (dry_run and outcome["clean"])):
        run.exit(NOT_CLEAN)
