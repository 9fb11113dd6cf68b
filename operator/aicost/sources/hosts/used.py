"""What pods used of CPU and memory, by cAdvisor's series, which name them without UIDs. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping
from typing import TypeAlias

from aicost.core.hosts import Measured
from aicost.core.window import Window
from aicost.sources.exposition import own_labels
from aicost.sources.hosts.amounts import bytes_of, microcores
from aicost.sources.kube_state_metrics.facts import Samples

Place: TypeAlias = Callable[[Mapping[str, str]], str]
Named: TypeAlias = tuple[str, str]
"""Where a pod was, and its namespace and name."""
_LABELS: tuple[Place, ...] = (
    lambda of: of.get("node", ""),
    lambda of: of.get("instance", ""),
    lambda of: of.get("instance", "").rpartition(":")[0],
)
"""How scrapes name the node: prometheus-operator's by `node`, Prometheus' own example by `instance`."""


def place_of(nodes: Collection[str], *read: Samples) -> Place | None:
    """The label that names nodes; None where the scrapes tell of none."""
    told = [sample.labels for samples in read for sample in samples]
    return next((place for place in _LABELS if any(place(of) in nodes for of in told)), None)


class Used:
    """What was used in an hour, by place and name; where no label names the node, by name alone.

    Pods of one name in one place divide its CPU time by how long each was there, and had the same memory meanwhile.
    """

    def __init__(self, cpu: Samples, memory: Samples, place: Place | None) -> None:
        self._place = place
        self._cpu, self._memory = self._largest(cpu), self._largest(memory)
        self._seconds: dict[Named, int] = defaultdict(int)

    def shared_by(self, pods: Iterable[tuple[str, str, Window]]) -> None:
        """These were there: node, namespace and name, and when."""
        for node, name, there in pods:
            self._seconds[self._key(node, name)] += there.seconds

    def of(self, node: str, name: str) -> Measured:
        """Of a pod that was there."""
        key = self._key(node, name)
        cpu, memory = self._cpu.get(key), self._memory.get(key)
        return Measured(
            None if cpu is None else microcores(cpu / self._seconds[key]), None if memory is None else bytes_of(memory)
        )

    def _key(self, node: str, name: str) -> Named:
        return node if self._place else "", name

    def _largest(self, samples: Samples) -> Mapping[Named, float]:
        """What is told twice of one place is the larger of the two."""
        found: dict[Named, float] = {}
        for sample in samples:
            of = own_labels(sample.labels)
            name = f"{of.get('namespace', '')}/{of.get('pod', '')}"
            key = self._key(self._place(sample.labels) if self._place else "", name)
            found[key] = max(sample.value, found.get(key, 0))
        return found
