"""`aicost doctor`: what is missing in this cluster, and what to do about it. Gather facts, judge them, say so."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any, Literal

import click

from aicost.cli.doctor.checks import findings
from aicost.cli.doctor.findings import exit_code, table, to_json
from aicost.cli.doctor.gathering.everything import gathered
from aicost.cli.settings import read_settings


@click.command()
@click.option("--prometheus", metavar="URL", default="", help="Prometheus to check; by default AICOST_PROMETHEUS_URL.")
@click.option("-n", "--namespace", default="", help="The operator's namespace; by default AICOST_NAMESPACE.")
@click.option(
    "--kubeconfig",
    type=click.Path(dir_okay=False, path_type=Path),
    default=None,
    help="A kubeconfig; by default the pod's own account in a pod, else KUBECONFIG.",
)
@click.option("-o", "--output", type=click.Choice(["table", "json"]), default="table", show_default=True)
@click.pass_context
def doctor(
    ctx: click.Context, prometheus: str, namespace: str, kubeconfig: Path | None, output: Literal["table", "json"]
) -> None:
    """Check everything that aicost needs, and say what to do about what is missing.

    It runs with your own access from anywhere, or with the operator's in its pod: `kubectl exec -n NAMESPACE
    deployment/NAME -- aicost doctor`. It changes nothing and prints no secret. It asks each provider for yesterday's
    bill, as the operator does every hour.

    OK: as aicost needs it. WARN: worth knowing. UNKNOWN: it could not be told. MISSING: numbers are incomplete without
    it.

    Exit code: 0 when everything was checked and nothing is MISSING; 1 when something could not be told, or the settings
    are wrong; 2 when something is MISSING, and for wrong usage.
    """
    options = {"prometheus_url": prometheus, "namespace": namespace, "kubeconfig": kubeconfig}
    given: dict[str, Any] = {name: value for name, value in options.items() if value}
    found = findings(asyncio.run(gathered(read_settings().model_copy(update=given))))
    click.echo(table(found) if output == "table" else to_json(found))
    ctx.exit(exit_code(found))
