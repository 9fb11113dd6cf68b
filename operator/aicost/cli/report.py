"""`aicost report`: whose was the money of a month, read from the operator's read API."""

from __future__ import annotations

from typing import Literal

import click
import httpx

from aicost.cli.tunnel import operator_url
from aicost.ports import Malformed, Unavailable
from aicost.reports.document import Document
from aicost.reports.tables import render


@click.command()
@click.option("--period", metavar="YYYY-MM", default="", help="UTC month; by default the current one.")
@click.option("-o", "--output", type=click.Choice(["table", "markdown", "json"]), default="table", show_default=True)
@click.option("--server", envvar="AICOST_SERVER", default="", help="URL of the read API, instead of a port-forward.")
@click.option(
    "-n", "--namespace", envvar="AICOST_NAMESPACE", default="aicost", show_default=True, help="The operator's."
)
@click.option("--context", default="", help="Context of the kubeconfig.")
@click.option("--kubeconfig", type=click.Path(dir_okay=False), default=None, help="Path of a kubeconfig.")
def report(
    period: str,
    output: Literal["table", "markdown", "json"],
    server: str,
    namespace: str,
    context: str,
    kubeconfig: str | None,
) -> None:
    """Show where the money of a month went.

    Origins with their owners, units, workloads, what has no price, and the proof that nothing is lost. The operator's
    read API is reached through `kubectl port-forward`, with your own rights.
    """
    with operator_url(server, namespace, context, kubeconfig) as url:
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
