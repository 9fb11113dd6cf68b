"""`aicost check`: what a manifest's GPUs will cost before it is merged, and whether that fits the budget."""

from __future__ import annotations

from collections.abc import Iterable
from typing import IO, Literal

import click

from aicost.cli.elsewhere import in_cluster, nowhere
from aicost.cli.manifests import read
from aicost.cli.operator_api import Where, reaches_operator, told
from aicost.cli.tunnel import operator_url
from aicost.core.texts import seen
from aicost.ports import Malformed
from aicost.reports.quotes import breaks_budget, is_known, render_quotes, unclaimed, unknown_budgets

FAILED = 1
BREACH = 2


@click.command()
@click.option("-f", "--file", "files", type=click.File(), multiple=True, required=True, help="A manifest; - for stdin.")
@click.option(
    "--for", "team", metavar="NAMESPACE", default="default", show_default=True, help="Of objects without one."
)
@click.option("-o", "--output", type=click.Choice(["table", "markdown", "json"]), default="table", show_default=True)
@reaches_operator
@click.pass_context
def check(
    run: click.Context,
    files: tuple[IO[str], ...],
    team: str,
    output: Literal["table", "markdown", "json"],
    where: Where,
) -> None:
    """Tell what the GPUs of a manifest will cost a month, whether that fits the unit's budget, and what is cheaper.

    Kubernetes' own kinds (of a DaemonSet at most a pod on each node that its selector lets in, for taints are not
    known), and those of KServe, LeaderWorkerSet, KubeRay, JobSet, Kubeflow's training-operator and notebooks, and
    Argo Rollouts (jobs as if their pods ran all the time; what is scaled between two numbers from the fewest pods
    to the most). What takes its pods from another object (TrainJobs, a Rollout's workloadRef, baseRefs of an
    LLMInferenceService) is counted with it, from the files or else from the cluster, where kubectl reads it by your
    own access; with --server only the files are looked in. Whole cards that a ResourceClaimTemplate in the files
    claims count as cards. A card that the node selector `nvidia.com/gpu.product` names is priced as that; else
    every card that may serve it, from the cheapest to the dearest. What runs under the same name now, or of a
    Deployment that a Rollout scales down, is taken off before it is compared with the budget, and the unit's pace
    is that of its last complete day. An AIWorkload in the files counts as applied, and so does a
    HorizontalPodAutoscaler or ScaledObject; where neither an autoscaler nor the manifest says how many pods there
    are, what runs goes on.

    Exit code: 0 when it fits, or no budget is there; 1 when something failed, some of it has no price, or whether it
    fits is not known, as where a bill of the last day is not in, or nobody claims pods that a unit with a budget may
    have to pay; 2 when a budget would be exceeded by the dearest card that may serve it, and for wrong usage, as of
    every command.
    """
    fetch = nowhere if where.server else in_cluster(where.place)
    found = read([(file.name, file.read()) for file in files], team, fetch)
    with operator_url(where.server, where.place) as url:
        answer = told(
            url, "/v1/check", {"servers": found.servers, "workloads": found.workloads, "scalers": found.scalers}
        )
    try:
        document = answer.json()
        text, known, breaks = render_quotes(document, _style(output)), is_known(document), breaks_budget(document)
        unknown, unpaid = unknown_budgets(document), unclaimed(document)
    except (ValueError, KeyError, TypeError) as error:
        raise Malformed(f"{answer.url} did not answer a check ({error}): is that the operator's read API?") from error
    click.echo(answer.text if output == "json" else text)
    _warn(found.beyond, unknown, unpaid)
    if breaks:
        run.exit(BREACH)
    if found.beyond or not known:
        run.exit(FAILED)


def _style(output: str) -> Literal["table", "markdown"]:
    return "markdown" if output == "markdown" else "table"


def _warn(beyond: Iterable[str], unknown: Iterable[str], unpaid: Iterable[tuple[str, str]]) -> None:
    for what in beyond:
        click.echo(f"aicost: {seen(what)}; nothing is said of it", err=True)
    for unit in unknown:
        click.echo(
            f"aicost: whether it fits the budget of {seen(unit)} is not known: something has no price, the price book no "
            "rate for the unit's currency, or not all that its last day cost is known yet",
            err=True,
        )
    for what, units in unpaid:
        click.echo(
            f"aicost: nobody claims the pods of {seen(what)}, so whether it fits the budget of {seen(units)} is not known: "
            "add the AIWorkload that claims them to the files",
            err=True,
        )
