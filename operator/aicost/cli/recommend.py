"""`aicost recommend`: what to change so that the same work costs less, on the screen or as files to commit."""

from __future__ import annotations

from pathlib import Path

import click

from aicost.cli.folders import written
from aicost.cli.operator_api import Where, asked, reaches_operator, read
from aicost.cli.tunnel import operator_url
from aicost.reports.advice import AdviceDocument
from aicost.reports.advice_files import MARK, Form, advice_files
from aicost.reports.advice_tables import render_advice


@click.command()
@click.argument("folder", metavar="[DIR]", required=False, type=click.Path(file_okay=False, path_type=Path))
@click.option("--for", "team", metavar="NAMESPACE", default="", help="Only workloads of this namespace.")
@click.option("--unit", metavar="NAME", default="", help="Only workloads of this BusinessUnit and those beneath it.")
@click.option("-o", "--output", type=click.Choice([form.value for form in Form]), default="table", show_default=True)
@click.option("--hypotheses", is_flag=True, help="Write patches also of what a trial has to prove first.")
@click.option("--why", is_flag=True, help="Show too what was looked at and is not advised, and why.")
@reaches_operator
def recommend(  # click gives each option by its name
    folder: Path | None, team: str, unit: str, output: str, hypotheses: bool, why: bool, where: Where
) -> None:
    """Show what to change so that the same work costs less, or write it as files to commit.

    Savings are for a month of 730 hours, at least and at most; advice about the same cost is never added up: amounts in
    brackets are alternatives to larger ones.

    -o kustomize writes a component for each workload, strategic the patches alone (merge patches for custom kinds), helm
    values as `helm create` names them, vpa VerticalPodAutoscaler objects in mode Off, json and markdown everything that is
    known. Equal advice gives equal files. In the folder DIR each file is replaced as a whole, and files of an earlier run that are no
    longer advised are taken away; without DIR all is printed.

    Exit code: 0, also where nothing is advised; 1 when something failed; 2 for wrong usage.
    """
    form = Form(output)
    if why and (folder or form not in (Form.TABLE, Form.MARKDOWN)):
        raise click.UsageError("--why is shown on the screen: leave DIR out, and ask for table or markdown")
    with operator_url(where.server, where.place) as url:
        answer = asked(url, "/v1/advice", {"namespace": team, "unit": unit})
    told = read(AdviceDocument.from_json, answer, "advice")
    if why:
        click.echo(render_advice(told, "markdown" if form is Form.MARKDOWN else "table", why=True))
        return
    files = advice_files(told, form, hypotheses=hypotheses)
    if folder is None:
        click.echo("---\n".join(files.values()), nl=False)
        return
    changed, gone = written(folder, files, MARK)
    click.echo(f"{len(files)} files in {folder}: {changed} written, {gone} of an earlier run taken away", err=True)
