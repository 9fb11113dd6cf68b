"""`aicost recommend`: what to change so that the same work costs less, on the screen or as files to commit."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import click

from aicost.cli.folders import left, texts, written
from aicost.cli.operator_api import Where, asked, reaches_operator, read
from aicost.cli.tunnel import operator_url
from aicost.core.texts import seen
from aicost.reports.advice import AdviceDocument
from aicost.reports.advice_files import MARK, Form, advice_files, advised_paths, left_out
from aicost.reports.advice_tables import render_advice
from aicost.reports.components import NAME as COMPONENT
from aicost.reports.components import outliving


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

    -o kustomize writes a component for each workload, in which earlier patches stay until you take their files away, strategic the patches alone (merge patches for custom kinds), helm
    values as `helm create` names them, vpa VerticalPodAutoscaler objects in mode Off, json and markdown everything that is
    known. Equal advice gives equal files. In the folder DIR each file is replaced as a whole. Of strategic, helm and vpa files of
    an earlier run that are no longer advised are taken away, by --for and --unit only of what these name: give each form a
    folder of its own. Without DIR all is printed.

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
    for each in left_out(told, form, hypotheses=hypotheses):
        click.echo(f"aicost: {seen(each)} cannot be said as {form.value}: use -o strategic or kustomize", err=True)
    if folder is None:
        click.echo("---\n".join(files.values()), nl=False)
        return
    if form is Form.KUSTOMIZE:
        files = _outliving(folder, files, advised_paths(told), () if unit else _under(team))
    changed, gone = written(folder, files, MARK, _below(told, form, team, unit))
    click.echo(f"{len(files)} files in {folder}: {changed} written, {gone} of an earlier run taken away", err=True)


def _below(told: AdviceDocument, form: Form, team: str, unit: str) -> tuple[str, ...]:
    """Where files that are advised no longer are taken away: nowhere else than was asked about."""
    if form not in (Form.STRATEGIC, Form.HELM, Form.VPA):
        return ()
    if unit:
        return tuple(f"{of.ref.namespace}/{of.ref.name}/" for of in told.workloads)
    return _under(team)


def _under(team: str) -> tuple[str, ...]:
    return (f"{team}/",) if team else ("",)


_KEPT = "is advised no longer and kept, for it may be merged: take it away once your own manifests say what it says"
_KEPT_STILL = (
    "is kept in its component, for it may be on trial: it is still a hypothesis, or an alternative to what is advised, and "
    "this run does not write it: take it away unless you try it"
)


def _outliving(
    folder: Path, files: Mapping[str, str], still: frozenset[str], below: tuple[str, ...]
) -> Mapping[str, str]:
    """With what was merged before; what is kept is named, also of workloads that are told of no longer."""
    there = texts(folder, [name for name in files if name.endswith(f"/{COMPONENT}")])
    files, kept = outliving(files, there, lambda name: (folder / name).is_file(), MARK, still)
    for name in kept:
        click.echo(f"aicost: {folder / name} {_KEPT_STILL if name in still else _KEPT}", err=True)
    for name in left(folder, (*files, *kept), MARK, below):
        click.echo(
            f"aicost: {folder / name} is of a workload that is told of no longer, and kept, for an overlay may name it: take it "
            "away once none does",
            err=True,
        )
    return files
