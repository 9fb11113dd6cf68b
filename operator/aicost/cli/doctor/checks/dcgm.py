"""dcgm-exporter in Prometheus: which signals, for which cards, and whether its labels name the pods. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from aicost.cli.doctor.checks.unknown import untold
from aicost.cli.doctor.facts import ClusterFacts, Fact, Labels, PrometheusFacts, Unknown
from aicost.cli.doctor.findings import Finding, missing, ok, warn
from aicost.core.usage import SIGNALS
from aicost.sources.dcgm import card_of
from aicost.sources.dcgm_holders import Holders

_INSTALL = (
    "Install dcgm-exporter (the NVIDIA GPU Operator brings it), or aicost's GPU agent (agent.enabled of the chart), and let "
    "this Prometheus scrape it. Cost does not depend on it; utilisation and advice do."
)
_PROFILING = (
    "Let dcgm-exporter export DCGM_FI_PROF_SM_ACTIVE, which its defaults leave out, or at least DCGM_FI_PROF_GR_ENGINE_ACTIVE: one "
    "block of threads keeps a duty cycle at 100 while 1 SM of an H100's 132 works."
)
_MAPPING = (
    "Let dcgm-exporter map pods: DCGM_EXPORTER_KUBERNETES=true, and /var/lib/kubelet/pod-resources mounted. Without it "
    "utilisation has no owner."
)
_COVER = "Let dcgm-exporter run on every GPU node (taints, node selectors), and Prometheus scrape each."


def dcgm(prometheus: PrometheusFacts, cluster: ClusterFacts) -> Iterator[Finding]:
    """Its signals, then the pods in its labels, then whether it shows all cards."""
    yield signals(prometheus.series)
    cards, exporters = prometheus.cards, prometheus.exporters
    if isinstance(cards, Unknown):
        yield untold("DCGM's pod labels", cards)
    elif isinstance(exporters, Unknown):
        yield untold("DCGM's pod labels", exporters)
    elif cards:
        yield pods(cards, Holders(exporters), prometheus.holders)
        if not isinstance(cluster.nodes, Unknown):
            there = sum(cards.count for node in cluster.nodes for cards in node.cards)
            yield coverage(len({labels.get("UUID", "") for labels in cards}), there)


def signals(series: Fact[Mapping[str, int]]) -> Finding:
    """The best one that is there."""
    check = "DCGM's signals"
    if isinstance(series, Unknown):
        return untold(check, series)
    there = [signal for signal in SIGNALS if signal in series]
    if not there:
        return missing(check, f"none of {', '.join(SIGNALS)} is there", _INSTALL)
    if there == [SIGNALS[-1]]:
        return warn(check, f"only {there[0]} is there, a duty cycle", _PROFILING)
    return ok(check, f"the best is {there[0]}" + (f"; also {', '.join(there[1:])}" if there[1:] else ""))


def pods(cards: Sequence[Labels], holders: Holders, held: Fact[int]) -> Finding:
    """How pods are named: kept apart as exported_pod, honoured, or not at all.

    A card that no pod holds bears only the exporter's own pod, both ways.
    """
    check = "DCGM's pod labels"
    moved = {card_of(labels) for labels in cards if "exported_pod" in labels or "exported_namespace" in labels}
    named = {card_of(labels) for labels in cards if holders.of(labels)}
    every = {card_of(labels) for labels in cards}
    rest = len(every - named)
    others = f"; {rest} carry no pod but the exporter's own" if rest else ""
    if named:
        how = "as exported_pod (honor_labels: false)" if moved else "in its own labels (honor_labels: true)"
        return ok(check, f"{len(named)} of {len(every)} cards name their pod {how}{others}")
    if isinstance(held, Unknown) or held:
        pods_hold = "pods may hold cards" if isinstance(held, Unknown) else f"{held} running pods hold cards"
        return warn(check, f"none of {len(every)} cards names a pod, though {pods_hold}", _MAPPING)
    return ok(check, f"none of {len(every)} cards names a pod, and no running pod holds one")


def coverage(shown: int, there: int) -> Finding:
    """Whether there is a series for every card of the live nodes; MIG instances count as their card."""
    check = "Cards that DCGM shows"
    if shown < there:
        return warn(check, f"{shown} of the {there} cards that nodes have", _COVER)
    return ok(check, f"{shown}; nodes have {there}")
