"""`aicost backlog`: what nobody claims, by amount, and the resources that would claim it."""

from __future__ import annotations

from typing import Literal, TextIO

import click

from aicost.cli.declared import declared, objects
from aicost.cli.operator_api import Where, month, reaches_operator
from aicost.cli.report import fetched
from aicost.cli.tunnel import operator_url
from aicost.reports.backlog import backlog, table
from aicost.reports.claiming import Claimant, manifests
from aicost.reports.tables import nothing_known

PLACEHOLDER = "change-me"


@click.command("backlog")
@click.option("--period", metavar="YYYY-MM", default="", callback=month, help="UTC month; by default the current one.")
@click.option("--unit", default=PLACEHOLDER, show_default=True, help="The BusinessUnit that is to pay.")
@click.option(
    "--for", "team", metavar="NAMESPACE", default=PLACEHOLDER, show_default=True, help="Whose workload a bill is to be."
)
@click.option("-o", "--output", type=click.Choice(["table", "yaml"]), default="table", show_default=True)
@click.option(
    "--onto",
    type=click.File(encoding="utf-8"),
    help="For yaml: what is declared, as `kubectl get bu,usrc,aicost -A -o json` prints it; by default kubectl is asked.",
)
@reaches_operator
def show_backlog(
    period: str, unit: str, team: str, output: Literal["table", "yaml"], onto: TextIO | None, where: Where
) -> None:
    """Show what nobody claims, the dearest first, and last what has no price.

    -o yaml prints the resources that would claim it, ready for Git and `kubectl apply --server-side -f -`: a namespace
    gets a unit that owns by default what nobody claims there; a project or key of a bill gets a grant and a workload. Each
    object is printed whole, as it is in the cluster, with what is added to it.

    Exit code: 0, 1 when something failed, 2 for wrong usage.
    """
    with operator_url(where.server, where.place) as url:
        document = fetched(url, {"period": period})
    items, as_table = backlog(document), output == "table"
    if document.is_empty:
        click.echo(nothing_known(document) if as_table else f"# {nothing_known(document)}")
    elif as_table:
        click.echo(table(items))
    else:
        there = objects(onto.read()) if onto else declared(where.place, team)
        click.echo(manifests(items, Claimant(unit, team), there), nl=False)
