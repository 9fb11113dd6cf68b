"""Hours of hosts out of samples. Pure.

What a node has is told for each of the nodes that had its name in an hour, by when they were created. A pod was there from
when it was bound to its end; that kube-state-metrics was silent ends nothing.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from itertools import pairwise

from aicost.core.hosts import HostHour, Taker
from aicost.core.identity import PodIdentity, labels
from aicost.core.window import HOUR, Instant, Window, window
from aicost.sources.hosts.amounts import amounts
from aicost.sources.hosts.requests import CPU, MEMORY, requested
from aicost.sources.hosts.used import Place, Used, place_of
from aicost.sources.kube_state_metrics.facts import Answers, Samples, facts, labels_by, node_key, pod_key
from aicost.sources.kube_state_metrics.owners import owner_chains
from aicost.sources.kube_state_metrics.times import Times
from aicost.sources.prometheus_answers import Sample


@dataclass(frozen=True, slots=True)
class Readings:
    """The answers about some hours, one for each query; samples are at the ends of hours."""

    capacity: Samples = ()
    first_seen: Samples = ()
    last_seen: Samples = ()
    scheduled: Samples = ()
    completed: Samples = ()
    terminated: Samples = ()
    requests: Samples = ()
    init_requests: Samples = ()
    sidecars: Samples = ()
    cpu_used: Samples = ()
    memory_used: Samples = ()

    def by_hour(self) -> Mapping[Instant, Readings]:
        """Of each hour by itself, by its end."""
        found: dict[Instant, dict[str, list[Sample]]] = defaultdict(lambda: defaultdict(list))
        for field in fields(self):
            for sample in getattr(self, field.name):
                found[sample.at][field.name].append(sample)
        return {end: Readings(**{name: tuple(of) for name, of in found[end].items()}) for end in sorted(found)}


def host_hours(read: Readings, identities: Answers, interval: int) -> Iterator[HostHour]:
    """What each node had in each hour, and who took of it; nodes of which not both are told are left out.

    `interval` is the seconds between two scrapes of kube-state-metrics.
    """
    pods = _identities(identities, read.last_seen)
    place = place_of({node_key(of) for of, _ in facts(read.capacity)}, read.cpu_used, read.memory_used)
    for end, told in read.by_hour().items():
        hour = Window(Instant(end - HOUR), end)
        takers = _takers(told, pods, place, hour, interval)
        for node, lives in sorted(_lives(told.capacity).items()):
            yield from _accounts(node, lives, takers[node], hour)


def _accounts(
    node: str, lives: Mapping[Instant, Mapping[str, float]], takers: list[Taker], hour: Window
) -> Iterator[HostHour]:
    """One account for each of those that had the node's name, which follow each other."""
    for created, gone in pairwise((*sorted(lives), hour.end)):
        over = window(max(created, hour.start), min(gone, hour.end))
        has = amounts(lives[created].get(CPU, 0), lives[created].get(MEMORY, 0))
        if over and has.microcores and has.memory:
            there = (taker for taker in takers if taker.there.meets(over))
            yield HostHour(node, over, has, tuple(sorted(there, key=lambda taker: taker.pod.uid)))


def _lives(capacity: Samples) -> Mapping[str, Mapping[Instant, Mapping[str, float]]]:
    """What was told of each node, by its name, its creation and resource; two exporters tell the same twice."""
    found: dict[str, dict[Instant, dict[str, float]]] = defaultdict(lambda: defaultdict(dict))
    for of, value in facts(capacity):
        values = found[node_key(of)][Instant(int(float(of.get("created", 0))))]
        resource = of.get("resource", "")
        values[resource] = max(value, values.get(resource, 0))
    return found


def _takers(
    told: Readings, pods: Mapping[str, PodIdentity], place: Place | None, hour: Window, interval: int
) -> Mapping[str, list[Taker]]:
    """Who took of each node."""
    asked = requested(told.requests, told.init_requests, told.sidecars)
    used, there = Used(told.cpu_used, told.memory_used, place), _there(told, hour, interval)
    used.shared_by((node, str(pods[uid]), over) for (uid, node), over in there.items())
    takers: dict[str, list[Taker]] = defaultdict(list)
    for (uid, node), over in there.items():
        takers[node].append(Taker(pods[uid], over, asked.get(uid, amounts(0, 0)), used.of(node, str(pods[uid]))))
    return takers


def _there(told: Readings, hour: Window, interval: int) -> Mapping[tuple[str, str], Window]:
    """When each pod was on its node in the hour, by UID and node.

    Who was seen when kube-state-metrics was last heard of is taken to have stayed, and who was when it was heard of first
    to have been there, unless its binding is known.
    """
    seen = Answers(
        first_seen=told.first_seen,
        last_seen=told.last_seen,
        scheduled=told.scheduled,
        completed=told.completed,
        terminated=told.terminated,
    )
    times, bound = Times(seen, hour, interval), {pod_key(of) for of, _ in facts(told.scheduled)}
    first, last = min(times.first.values(), default=0), max(times.last.values(), default=0)
    found: dict[tuple[str, str], Window] = {}
    for of, _ in facts(told.last_seen):
        uid = pod_key(of)
        for held, assumed_from in times.of(uid):
            start = hour.start if uid not in bound and held.start <= first else held.start
            end = hour.end if assumed_from is not None and assumed_from > last - interval else held.end
            if over := window(max(start, hour.start), min(end, hour.end)):
                found[uid, node_key(of)] = over
    return found


def _identities(told: Answers, seen: Samples) -> Mapping[str, PodIdentity]:
    """Who each pod is, by UID."""
    carried, owners = labels_by(pod_key, told.pod_labels), owner_chains(told)
    return {
        uid: PodIdentity(
            uid, of.get("namespace", ""), of.get("pod", ""), labels(carried.get(uid, {})), owners.get(uid, ())
        )
        for of, _ in facts(seen)
        for uid in (pod_key(of),)
    }
