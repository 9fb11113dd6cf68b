"""Any of the samples of kube-state-metrics are missing: a host costs what it has, or its time is a gap, and pods likewise.

The samples are answered as Prometheus would answer the real queries, and read by the real reader; who held cards the
watch knows.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from random import Random
from typing import cast

from hypothesis import given
from hypothesis import strategies as st

from aicost.core.compute import HOST, compute
from aicost.core.holdings import Devices
from aicost.core.host_holders import is_whole, recognised
from aicost.core.hosts import CORE, GIB, Amounts, HostHour, Resource
from aicost.core.ledger import Entry
from aicost.core.window import HOUR, Instant
from aicost.sources.hosts import HostSeries
from aicost.sources.hosts.queries import HOURLY, IDENTITIES
from aicost.sources.prometheus import Prometheus
from aicost.sources.prometheus_answers import Sample
from aicost.sources.recorded import LOOK_BACK
from tests.support.builders import a_group, a_holding, a_pod, a_unit, a_workload, at, between, ownership
from tests.support.hosting import CAPACITY, a_host_book

INTERVAL, HOURS = 60, 3
ALL = between(0, HOURS * HOUR)
LIVED = {"node-a": (0, HOURS * HOUR), "chat-0": (0, HOURS * HOUR), "chat-1": (1200, HOUR + 1800)}
"""A node and its pods: when each was there."""
REQUESTED = Amounts(2 * CORE, 8 * GIB)
HELD = Devices(
    (a_group(window=ALL),),
    tuple(
        a_holding(a_pod(name, app="chat"), between(*there)) for name, there in LIVED.items() if name.startswith("chat")
    ),
)
OWNED = ownership(a_workload(app="chat"), a_unit())
_QUERIES = {**HOURLY, **IDENTITIES}
_SHAPES = {name: re.compile(re.sub(r"\\\$[a-z]+", ".*", re.escape(query))) for name, query in _QUERIES.items()}


@dataclass(frozen=True)
class Scraped:
    """The samples of each object that are left, by their times; what each container used nobody scrapes."""

    left: Mapping[str, tuple[int, ...]]

    async def instant(self, query: str, _at: Instant) -> tuple[Sample, ...]:
        """Of labels and controllers nothing is told: the watch knows."""
        assert _named(query) in IDENTITIES
        return ()

    async def steps(self, query: str, first: Instant, last: Instant, step: int) -> tuple[Sample, ...]:
        """The answer about the hour before each instant."""
        name, reach = _named(query), LOOK_BACK if "[1h:" in query else 0
        return tuple(
            Sample(labels, Instant(end), value)
            for end in range(first, last + 1, step)
            for of, times in self.left.items()
            if (seen := [t for t in times if end - HOUR - reach <= t < end])
            for labels, value in self._answer(name, of, seen)
        )

    def _answer(self, name: str, of: str, seen: list[int]) -> Iterable[tuple[dict[str, str], float]]:
        pod = {"namespace": "support", "pod": of, "uid": f"uid-support-{of}", "node": "node-a"}
        both = (("cpu", 1 / CORE), ("memory", 1.0))
        if of == "node-a":
            has = {"cpu": CAPACITY.microcores, "memory": CAPACITY.memory}
            node = {"node": of, "created": "0"}
            answers = {"capacity": [({**node, "resource": name}, has[name] * unit) for name, unit in both]}
        else:
            asked = {"cpu": REQUESTED.microcores, "memory": REQUESTED.memory}
            container = {**pod, "container": "app"}
            answers = {
                "first_seen": [(pod, float(min(seen)))],
                "last_seen": [(pod, float(max(seen)))],
                "scheduled": [(pod, float(at(LIVED[of][0])))],
                "requests": [({**container, "resource": name}, asked[name] * unit) for name, unit in both],
            }
        return answers.get(name, ())


@cache
def _named(query: str) -> str:
    (name,) = (name for name, shape in _SHAPES.items() if shape.fullmatch(query))
    return name


def _told(left: Mapping[str, tuple[int, ...]]) -> tuple[HostHour, ...]:
    series = HostSeries(cast("Prometheus", Scraped(left)), INTERVAL)
    return asyncio.run(series.host_hours({"node-a"}, ALL))


def _charged(told: Iterable[HostHour]) -> tuple[Entry, ...]:
    known = (recognised(account, HELD) for account in told)
    return compute(HELD.groups, known, a_host_book(), OWNED, (ALL,), ALL.end).entries


def _quantity(entry: Entry, pod: str) -> int:
    return sum(line.quantity for line in entry.lines if line.subject == f"support/{pod}")


@given(st.randoms(use_true_random=False), st.sampled_from([0.0, 0.02, 0.5, 0.95, 0.99, 1.0]))
def test_nothing_is_lower_for_any_samples_that_are_missing(random: Random, missing: float) -> None:
    """An hour of a node is charged whole or counted as missing; a holder pays for all of his time, or is said to be missed."""
    every = {of: tuple(range(at(since), at(until), INTERVAL)) for of, (since, until) in LIVED.items()}
    left = {of: tuple(t for t in times if random.random() >= missing) for of, times in every.items()}
    told = _told(left)
    entries = {(entry.origin.pool, entry.origin.window): entry for entry in _charged(told)}
    for hour in ALL.pieces(HOUR):
        accounts = [account for account in told if account.hour == hour.start]
        if not accounts:
            gap = entries[HOST, hour].origin
            assert (gap.amount, gap.quantity) == (None, HOUR)
            assert not is_whole(hour, accounts, HELD)
            continue
        for resource in Resource:
            assert entries[resource.value, hour].origin.quantity == CAPACITY.of(resource) * HOUR
        for pod in ("chat-0", "chat-1"):
            there = between(*LIVED[pod]).overlap(hour)
            seen = any(taker.pod.name == pod for account in accounts for taker in account.takers)
            full = REQUESTED.microcores * there.seconds if there else 0
            assert _quantity(entries["CPU", hour], pod) == (full if seen else 0)
            assert seen or not there or not is_whole(hour, accounts, HELD)


def test_all_samples_tell_all() -> None:
    """Nothing is missing where nothing is."""
    told = _told({of: tuple(range(at(since), at(until), INTERVAL)) for of, (since, until) in LIVED.items()})
    assert all(is_whole(hour, told, HELD) for hour in ALL.pieces(HOUR))
    assert len(told) == HOURS
