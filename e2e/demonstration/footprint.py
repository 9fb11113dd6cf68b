"""What the demonstration makes in a cluster that is not its own: said before, refused where it would meet something."""

from __future__ import annotations

import json
from collections.abc import Iterator

import yaml

from e2e.controlplane import CommandFailedError, ControlPlaneError
from e2e.demonstration import stage
from e2e.demonstration.cluster import Cluster, CurrentCluster, names
from e2e.scenario.model import Scenario

CRDS = tuple(
    sorted(yaml.safe_load(file.read_text())["metadata"]["name"] for file in (stage.ROOT / "crds").glob("*.yaml"))
)
ROLES = "clusterroles,clusterrolebindings"
MARKED = f"namespaces,nodes,{ROLES}"


class InTheWayError(ControlPlaneError):
    """The cluster has something that the demonstration would make or mix up, or forbids it; nothing was touched."""


def namespaces(scenario: Scenario) -> list[str]:
    """The namespaces that it makes, aicost's own first."""
    return [stage.NAMESPACE, *scenario.namespaces]


def announcement(cluster: CurrentCluster, scenario: Scenario, mark: str) -> str:
    """What it is going to make, where, and how it goes if the demonstration cannot take it back itself."""
    nodes = ", ".join(node.name for node in scenario.nodes)
    return f"""CLUSTER=current: {cluster}
   It needs cluster-admin there, and makes, until it takes them back out at the end:
     namespaces      {", ".join(namespaces(scenario))}, with everything in them
     nodes           {nodes}: fake, tainted {stage.MARK}:NoSchedule
     kinds           {", ".join(CRDS)}, with the objects of examples/
     Helm release    {stage.RELEASE} in the namespace {stage.NAMESPACE}, with its cluster roles; no pod of it
   If it is killed before the end (kill -9, a lost machine), this takes them out:
     {_by_hand(mark)}"""


def refuse(cluster: CurrentCluster, scenario: Scenario) -> None:
    """Raise InTheWayError unless the user may do everything and nothing is in the way; ControlPlaneError without an answer."""
    _need_an_admin(cluster)
    found = [*_things(cluster, scenario), *_releases(cluster), *_cards(cluster)]
    if not found:
        return
    lines = "".join(f"\n     {thing}" for thing in found)
    raise InTheWayError(
        f"this cluster has what it would make or mix up with its own ({cluster}):{lines}\n"
        f"   Nothing was touched. Use a cluster without aicost, GPUs and these names, or `make demo` without "
        f"CLUSTER=current.{_left_over(cluster)}"
    )


def _need_an_admin(cluster: CurrentCluster) -> None:
    try:
        cluster.kubectl("auth", "can-i", "*", "*", "--all-namespaces")
    except CommandFailedError as error:
        if error.stdout.strip() != "no":
            raise ControlPlaneError(f"the cluster does not answer ({cluster}): {error.stderr.strip()}") from error
        raise InTheWayError(f"you are not cluster-admin ({cluster}): choose a cluster in which you are") from error


def _things(cluster: Cluster, scenario: Scenario) -> Iterator[str]:
    yield from names(cluster, "namespaces", *namespaces(scenario))
    yield from names(cluster, "nodes", *(node.name for node in scenario.nodes))
    kinds = [name for name in names(cluster, "crds") if name.endswith(".aicost.dev")]
    yield from kinds
    for kind in kinds:
        yield from names(cluster, kind.partition("/")[2], "--all-namespaces")
    yield from (name for name in names(cluster, ROLES) if name.partition("/")[2].startswith(stage.RELEASE))


def _releases(cluster: Cluster) -> Iterator[str]:
    for release in json.loads(cluster.helm("list", "--all-namespaces", "--output", "json")):
        if release["chart"].startswith("aicost-") or release["name"] == stage.RELEASE:
            yield f"Helm release {release['name']} in the namespace {release['namespace']}"


def _cards(cluster: Cluster) -> Iterator[str]:
    """Real GPUs would be in its report, and its prices are not theirs."""
    capacities = cluster.kubectl(
        "get", "nodes", "-o", 'jsonpath={range .items[*]}{.metadata.name} {.status.capacity}{"\\n"}{end}'
    )
    for line in capacities.splitlines():
        if '"nvidia.com/' in line:
            yield f"GPUs of the node {line.split()[0]}"


def _left_over(cluster: Cluster) -> str:
    marked = names(cluster, MARKED, "-l", stage.MARK)
    if not marked:
        return ""
    return f"\n   An earlier demonstration was killed here, or still runs. What it left goes with:\n     {_by_hand()}"


def _by_hand(mark: str = "") -> str:
    selector = f"{stage.MARK}={mark}" if mark else stage.MARK
    return f"kubectl delete {MARKED} -l {selector}; kubectl delete crds {' '.join(CRDS)}"
