"""kube-state-metrics' samples as facts about one object each. Pure.

Two replicas of kube-state-metrics or of Prometheus give every series twice: a fact is taken once, by its object, and
never added up.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

from aicost.sources.exposition import object_labels, own_labels
from aicost.sources.prometheus_answers import Sample

Samples = tuple[Sample, ...]


@dataclass(frozen=True, slots=True)
class Answers:
    """The answers about a window, one for each query. Values that are times are seconds since 1970."""

    requests: Samples = ()
    init_requests: Samples = ()
    sidecars: Samples = ()
    first_seen: Samples = ()
    last_seen: Samples = ()
    scheduled: Samples = ()
    completed: Samples = ()
    terminated: Samples = ()
    pod_labels: Samples = ()
    pod_owners: Samples = ()
    replica_set_owners: Samples = ()
    job_owners: Samples = ()
    nodes_first_seen: Samples = ()
    nodes_last_seen: Samples = ()
    nodes_created: Samples = ()
    earlier_nodes_created: Samples = ()
    earlier_nodes_last_seen: Samples = ()
    capacity: Samples = ()
    node_labels_first_seen: Samples = ()
    node_labels_last_seen: Samples = ()


def facts(samples: Samples) -> Iterator[tuple[dict[str, str], float]]:
    """Values with the labels that kube-state-metrics itself gave."""
    return ((own_labels(sample.labels), sample.value) for sample in samples)


def pod_key(labels: Mapping[str, str]) -> str:
    """The pod's UID; its name where a kube-state-metrics before version 2 gives none."""
    return labels.get("uid") or f"{labels.get('namespace', '')}/{labels.get('pod', '')}"


def node_key(labels: Mapping[str, str]) -> str:
    """The node's name."""
    return labels.get("node", "")


def by(
    key: Callable[[Mapping[str, str]], str], samples: Samples, choose: Callable[[Iterable[float]], float]
) -> dict[str, float]:
    """One value for each object, chosen where there are several."""
    values: dict[str, list[float]] = defaultdict(list)
    for labels, value in facts(samples):
        values[key(labels)].append(value)
    return {name: choose(found) for name, found in values.items()}


def labels_by(key: Callable[[Mapping[str, str]], str], counts: Samples) -> dict[str, dict[str, str]]:
    """The Kubernetes labels of each object; where they changed in the window, those that stood longest."""
    chosen: dict[str, tuple[float, list[tuple[str, str]]]] = {}
    for labels, count in facts(counts):
        told = count, sorted(object_labels(labels).items())
        chosen[key(labels)] = max(told, chosen.get(key(labels), told))
    return {name: dict(pairs) for name, (_, pairs) in chosen.items()}
