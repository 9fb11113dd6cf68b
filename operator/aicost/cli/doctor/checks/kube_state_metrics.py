"""kube-state-metrics in Prometheus: which of the series that aicost reads are there, and with which labels. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from aicost.cli.doctor.checks.unknown import untold
from aicost.cli.doctor.facts import ClusterFacts, Fact, PrometheusFacts, Unknown
from aicost.cli.doctor.findings import Finding, missing, ok, warn
from aicost.cli.doctor.gathering.prometheus import KSM_SERIES
from aicost.cli.doctor.labels import priced_by, selected_by
from aicost.cluster.nodes import SeenNode
from aicost.sources.exposition import sanitised

OCCASIONAL = {
    "kube_pod_init_container_resource_requests": "init containers",
    "kube_pod_init_container_info": "init containers",
    "kube_pod_completion_time": "pods that ended",
    "kube_replicaset_owner": "ReplicaSets with an owner",
    "kube_job_owner": "Jobs with an owner",
}
"""Series that are rightly absent in a cluster without such objects."""
_SCRAPE = (
    "Install kube-state-metrics 2 or later, and let this Prometheus scrape it: it is the history of who held GPUs."
)
_COLLECT = "Let kube-state-metrics collect them (--resources, --metric-allowlist, and the scrape's metric relabelling)."


def kube_state_metrics(prometheus: PrometheusFacts, cluster: ClusterFacts) -> Iterator[Finding]:
    """Its series, the labels of pods, the labels of nodes."""
    found = series(prometheus.series)
    yield found
    if isinstance(prometheus.series, Unknown) or KSM_SERIES.isdisjoint(prometheus.series):
        return
    declared, unknown = cluster.declared.translated.declared, cluster.declared.unknown
    if isinstance(cluster.reader, Unknown) and unknown:
        return  # no API: another row says so
    if "AIWorkload" in unknown:
        yield untold("Labels of pods", unknown["AIWorkload"])
    else:
        yield exported("Labels of pods", "pods", selected_by(declared), prometheus.pod_labels, cluster.carried)
    if "PriceBook" in unknown:
        yield untold("Labels of nodes", unknown["PriceBook"])
    else:
        yield exported("Labels of nodes", "nodes", priced_by(declared), prometheus.node_labels, _carried(cluster.nodes))


def series(found: Fact[Mapping[str, int]]) -> Finding:
    """Those that must be there in any cluster with pods, and those that need not."""
    check = "kube-state-metrics"
    if isinstance(found, Unknown):
        return untold(check, found)
    there = KSM_SERIES & found.keys()
    if not there:
        return missing(check, "none of its series is there", _SCRAPE)
    if lacking := KSM_SERIES - there - OCCASIONAL.keys():
        return missing(check, f"these series are not there: {', '.join(sorted(lacking))}", _COLLECT)
    absent = sorted(KSM_SERIES - there)
    without = f"; none yet of {', '.join(dict.fromkeys(OCCASIONAL[name] for name in absent))}" if absent else ""
    return ok(check, f"{len(there)} of the {len(KSM_SERIES)} series that aicost reads are there{without}")


def exported(
    check: str, kind: str, needed: frozenset[str], shown: Fact[frozenset[str]], carried: Fact[frozenset[str]]
) -> Finding:
    """Whether the labels that are needed are exported; a label that no live object carries proves nothing."""
    if isinstance(shown, Unknown):
        return untold(check, shown)
    hidden = frozenset(key for key in needed if sanitised(key) not in shown)
    if not hidden:
        return ok(check, f"exported: {_listed(needed)}" if needed else "none is selected by")
    allow = (
        f"Start kube-state-metrics with --metric-labels-allowlist={kind}=[{','.join(sorted(needed))}] (in addition)."
    )
    if isinstance(carried, Unknown):
        return warn(check, f"not exported, or no {kind[:-1]} carries them: {_listed(hidden)}", allow)
    if lost := hidden & carried:
        return missing(check, f"not exported, though live {kind} carry them: {_listed(lost)}", allow)
    seen = f"exported: {_listed(needed - hidden)}; " if needed - hidden else ""
    return ok(check, f"{seen}no live {kind[:-1]} carries: {_listed(hidden)}")


def _carried(nodes: Fact[tuple[SeenNode, ...]]) -> Fact[frozenset[str]]:
    """The labels of nodes with cards."""
    if isinstance(nodes, Unknown):
        return nodes
    return frozenset(key for node in nodes if node.cards for key, _ in node.labels)


def _listed(keys: Iterable[str]) -> str:
    return ", ".join(sorted(keys))
