"""`aicost report`: whose was the money of a month, read from the operator's read API."""

from __future__ import annotations

from typing import Literal

import click
import httpx

from aicost.cli.tunnel import Place, operator_url
from aicost.core.window import Period
from aicost.ports import Malformed, Unavailable
from aicost.reports.document import Document
from aicost.reports.tables import render


def _month(_: click.Context, __: click.Parameter, value: str) -> str:
    try:
        return Period(value).month if value else ""
    except ValueError as error:
        raise click.BadParameter(str(error)) from error


@click.command(short_help="Show where the money of a month went.")
@click.option("--period", metavar="YYYY-MM", default="", callback=_month, help="UTC month; by default the current one.")
@click.option("-o", "--output", type=click.Choice(["table", "markdown", "json"]), default="table", show_default=True)
@click.option(
    "--server",
    metavar="URL",
    envvar="AICOST_SERVER",
    default="",
    show_envvar=True,
    help="The read API, instead of a port-forward.",
)
@click.option(
    "-n",
    "--namespace",
    envvar="AICOST_NAMESPACE",
    default="aicost",
    show_default=True,
    show_envvar=True,
    help="The operator's namespace.",
)
@click.option(
    "--deployment", metavar="NAME", default="", help="The operator's Deployment; by default it is found by its label."
)
@click.option("--context", default="", help="Context of the kubeconfig.")
@click.option("--kubeconfig", type=click.Path(dir_okay=False), default=None, help="Path of a kubeconfig.")
def report(
    period: str,
    output: Literal["table", "markdown", "json"],
    server: str,
    namespace: str,
    deployment: str,
    context: str,
    kubeconfig: str | None,
) -> None:
    """Show where the money of a month went.

    Origins with their owners, units, workloads, what has no price, and the proof that nothing is lost. The operator's
    read API is reached through `kubectl port-forward`, with your own rights.
    """
    with operator_url(server, Place(namespace, deployment, context, kubeconfig or "")) as url:
        answer = _ask(url, period)
    if output == "json":
        click.echo(answer.text)
    else:
        click.echo(render(_document(answer), output))


def _ask(url: str, period: str) -> httpx.Response:
    try:
        answer = httpx.get(f"{url}/v1/report", params={"period": period}, timeout=60, trust_env=False)
    except httpx.HTTPError as error:
        raise Unavailable(f"the operator's read API at {url} does not answer: {error}") from error
    if answer.status_code == httpx.codes.BAD_REQUEST:
        raise Malformed(str(answer.json().get("error", answer.text)))
    if answer.is_error:
        raise Unavailable(f"the operator's read API at {url} answered HTTP {answer.status_code}: see its logs")
    return answer


def _document(answer: httpx.Response) -> Document:
    try:
        return Document.from_json(answer.json())
    except (ValueError, KeyError, TypeError) as error:
        raise Malformed(f"{answer.url} did not answer a report ({error}): is that the operator's read API?") from error
