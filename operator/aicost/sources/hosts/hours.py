"""Hours of hosts out of samples. Pure.

kube-state-metrics' samples are counted: a pod that has half of its node's samples was there half of the node's time, so
that amounts are averages over the node's time. What a pod requested is the larger of its containers together and of any
init container, as the scheduler reserves it; a sidecar is not told from an init container that ends.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from aicost.core.hosts import CORE, MOST_MEMORY, MOST_MICROCORES, Amounts, HostHour, Taker
from aicost.core.identity import ObjectRef, PodIdentity, labels
from aicost.core.window import HOUR, Instant, Window
from aicost.sources.exposition import own_labels
from aicost.sources.kube_state_metrics.facts import Answers, Samples, labels_by, node_key, pod_key
from aicost.sources.kube_state_metrics.owners import owner_chains

NEARLY_ALL = 0.95
"""A node with so much of the most samples that any node has of an hour was there all the hour: scrapes are not that
punctual. How many an hour may have is nowhere told but by the samples."""
_Key: TypeAlias = Callable[[Mapping[str, str]], str]
Told: TypeAlias = Mapping[tuple[Instant, str], float]
"""A number for each hour, by its end, and object."""
Each: TypeAlias = Mapping[tuple[Instant, str], Mapping[str, float]]
"""Numbers for each hour and object, by their name."""


@dataclass(frozen=True, slots=True)
class Readings:
    """The answers about some hours, one for each query; samples are at the ends of hours."""

    capacity: Samples = ()
    node_samples: Samples = ()
    pod_samples: Samples = ()
    requests: Samples = ()
    init_requests: Samples = ()
    ended_samples: Samples = ()
    cpu_used: Samples = ()
    memory_used: Samples = ()


@dataclass(frozen=True, slots=True)
class _Pod:
    """A pod in an hour: who it is, and in how many of kube-state-metrics' samples it was alive."""

    identity: PodIdentity
    node: str
    samples: float
    alive: float


@dataclass(slots=True)
class _Requested:
    """What a pod's containers request, sums over samples: by container and resource."""

    by_container: dict[tuple[str, str], float] = field(default_factory=dict)

    def together(self, resource: str) -> float:
        """All containers at once."""
        return sum(value for (_, of), value in self.by_container.items() if of == resource)

    def largest(self, resource: str) -> float:
        """Of the one that requests most."""
        return max((value for (_, of), value in self.by_container.items() if of == resource), default=0)


def host_hours(read: Readings, identities: Answers) -> Iterator[HostHour]:
    """What each node had in each hour, and who took of it; nodes of which not both are told are left out."""
    capacity, seen = _each(read.capacity, "resource"), _numbers(read.node_samples, node_key)
    takers = _takers(read, identities, seen)
    for (end, node), of in sorted(capacity.items()):
        has = _amounts(of.get("cpu", 0), of.get("memory", 0))
        if has.microcores and has.memory and seen.get((end, node)):
            hour = Window(Instant(end - HOUR), end)
            yield HostHour(node, hour, has, tuple(sorted(takers[end, node], key=lambda taker: taker.pod.uid)))


def _takers(read: Readings, identities: Answers, seen: Told) -> Mapping[tuple[Instant, str], list[Taker]]:
    containers, init = _requested(read.requests), _requested(read.init_requests)
    cpu, memory = _numbers(read.cpu_used, _name), _numbers(read.memory_used, _name)
    pods, most = _pods(read, identities), max(seen.values(), default=0)
    named: dict[tuple[Instant, str], float] = defaultdict(float)
    for (end, _), pod in pods.items():
        named[end, str(pod.identity)] += pod.alive
    takers: dict[tuple[Instant, str], list[Taker]] = defaultdict(list)
    for (end, uid), pod in pods.items():
        there = seen.get((end, pod.node), 0)
        if not (there and pod.alive):
            continue
        of, before, name = containers[end, uid], init[end, uid], (end, str(pod.identity))
        lasted = pod.alive / pod.samples / there
        requested = [max(of.together(each), before.largest(each)) * lasted for each in ("cpu", "memory")]
        used = None
        if name in cpu or name in memory:
            of_hour = cpu.get(name, 0) * pod.alive / named[name]
            used = _amounts(of_hour / _part_of_hour(there, most), memory.get(name, 0) * pod.alive / there)
        takers[end, pod.node].append(Taker(pod.identity, _amounts(*requested), used))
    return takers


def _pods(read: Readings, identities: Answers) -> Mapping[tuple[Instant, str], _Pod]:
    """By hour and UID."""
    carried, owners = labels_by(pod_key, identities.pod_labels), owner_chains(identities)
    ended = _numbers(read.ended_samples, pod_key)
    pods: dict[tuple[Instant, str], _Pod] = {}
    for sample in read.pod_samples:
        of = own_labels(sample.labels)
        key = sample.at, pod_key(of)
        if key not in pods or pods[key].samples < sample.value:
            identity = _identity(key[1], of, carried, owners)
            pods[key] = _Pod(identity, node_key(of), sample.value, max(sample.value - ended.get(key, 0), 0))
    return pods


def _identity(
    uid: str,
    of: Mapping[str, str],
    carried: Mapping[str, Mapping[str, str]],
    owners: Mapping[str, tuple[ObjectRef, ...]],
) -> PodIdentity:
    return PodIdentity(
        uid, of.get("namespace", ""), of.get("pod", ""), labels(carried.get(uid, {})), owners.get(uid, ())
    )


def _part_of_hour(samples: float, most: float) -> float:
    part = samples / most
    return 1 if part >= NEARLY_ALL else part


def _amounts(cores: float, memory: float) -> Amounts:
    """In the core's units; what nothing can have is the most that anything can."""
    return Amounts(min(round(cores * CORE), MOST_MICROCORES), min(round(memory), MOST_MEMORY))


def _numbers(samples: Samples, key: _Key) -> dict[tuple[Instant, str], float]:
    """Two replicas of an exporter tell of each object twice: the larger counts."""
    found: dict[tuple[Instant, str], float] = {}
    for sample in samples:
        of = sample.at, key(own_labels(sample.labels))
        found[of] = max(sample.value, found.get(of, 0))
    return found


def _each(samples: Samples, by: str) -> Each:
    found: dict[tuple[Instant, str], dict[str, float]] = defaultdict(dict)
    for sample in samples:
        of = own_labels(sample.labels)
        values = found[sample.at, node_key(of)]
        values[of.get(by, "")] = max(sample.value, values.get(of.get(by, ""), 0))
    return found


def _requested(samples: Samples) -> defaultdict[tuple[Instant, str], _Requested]:
    found: defaultdict[tuple[Instant, str], _Requested] = defaultdict(_Requested)
    for sample in samples:
        of = own_labels(sample.labels)
        container = of.get("container", ""), of.get("resource", "")
        values = found[sample.at, pod_key(of)].by_container
        values[container] = max(sample.value, values.get(container, 0))
    return found


def _name(of: Mapping[str, str]) -> str:
    return f"{of.get('namespace', '')}/{of.get('pod', '')}"
