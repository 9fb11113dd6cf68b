"""An operator was away, and any of the samples of that time are missing: no total is lower than it would be with all.

kube-state-metrics' samples are answered as Prometheus would answer the real queries, and read by the real reader; what
ran before and after, under one UID, is charged without a hole.
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

from aicost.core.ledger import Component
from aicost.core.window import HOUR, Instant, Window
from aicost.ports import Account
from aicost.sources.kube_state_metrics import KubeStateMetrics
from aicost.sources.kube_state_metrics.queries import QUERIES
from aicost.sources.prometheus import Prometheus
from aicost.sources.prometheus_answers import Sample
from aicost.sources.recorded import LOOK_BACK
from tests.reconcile.october import NOVEMBER
from tests.reconcile.world import CHAT, NOON, RANK, World, node
from tests.support.builders import PRODUCT, at
from tests.support.fakes import FakeHistory

INTERVAL, AWAY = 60, 2 * HOUR
HOURLY, BILLED = 4, 28
NODE = {"node": "node-a"}
GPU = {"resource": "nvidia_com_gpu", "unit": "integer"}
HELD = {"support/chat-0": 2, "search/rank-0": 1, "search/brief-0": 4}
_SHAPES = {name: re.compile(re.sub(r"\\\$\w+", ".*", re.escape(query))) for name, query in QUERIES.items()}


@dataclass(frozen=True)
class Scraped:
    """The samples of each object that are left, by their times: `node-a`, and each pod as namespace/name."""

    left: Mapping[str, tuple[int, ...]]
    begun: int

    async def instant(self, query: str, end: Instant) -> tuple[Sample, ...]:
        """The answer to one of the reader's queries, told by its shape."""
        name = _named(re.sub(r"\d+", "0", query))
        start = int(end) - int(re.findall(r"\[(\d+)s", query)[0]) - (LOOK_BACK if "timestamp" in query else 0)
        seen = {of: [t for t in times if start < t <= end] for of, times in self.left.items()}
        return tuple(
            Sample(labels, end, value) for labels, value in self._answer(name, {o: t for o, t in seen.items() if t})
        )

    def _answer(self, name: str, seen: Mapping[str, list[int]]) -> Iterable[tuple[dict[str, str], float]]:
        pods = {of: times for of, times in seen.items() if of in HELD}
        nodes = {of: times for of, times in seen.items() if of not in HELD}
        values: dict[str, Iterable[tuple[dict[str, str], float]]] = {
            "requests": (({**_pod(of), **GPU, **NODE, "container": "app"}, HELD[of]) for of in pods),
            "first_seen": (({**_pod(of), **NODE}, min(times)) for of, times in pods.items()),
            "last_seen": (({**_pod(of), **NODE}, max(times)) for of, times in pods.items()),
            "scheduled": ((_pod(of), self.begun if "brief" in of else at(0)) for of in pods),
            "pod_labels": (
                ({**_pod(of), "label_app": of[of.index("/") + 1 : -2]}, len(times)) for of, times in pods.items()
            ),
            "nodes_first_seen": ((NODE, min(times)) for times in nodes.values()),
            "nodes_last_seen": ((NODE, max(times)) for times in nodes.values()),
            "nodes_created": ((NODE, node().node.created) for _ in nodes),
            "capacity": (({**NODE, **GPU}, 8) for _ in nodes),
            "node_labels_first_seen": (
                ({**NODE, "label_nvidia_com_gpu_product": PRODUCT}, min(t)) for t in nodes.values()
            ),
            "node_labels_last_seen": (
                ({**NODE, "label_nvidia_com_gpu_product": PRODUCT}, max(t)) for t in nodes.values()
            ),
        }
        return values.get(name, ())


class Recorded(FakeHistory):
    """The real reader over what was scraped."""

    def __init__(self, scraped: Scraped) -> None:
        super().__init__()
        self._reader = KubeStateMetrics(cast("Prometheus", scraped), INTERVAL)

    async def devices(self, over: Window) -> Account | None:
        self.asked.append(over)
        return await self._reader.devices(over)


@cache
def _named(query: str) -> str:
    (name,) = (name for name, shape in _SHAPES.items() if shape.fullmatch(query))
    return name


def _pod(of: str) -> dict[str, str]:
    namespace, name = of.split("/")
    return {"namespace": namespace, "pod": name, "uid": f"uid-{namespace}-{name}"}


async def _lived(left: Mapping[str, tuple[int, ...]], *, restarts: bool) -> World:
    """Watched for an hour, away for two, and watched again: what was there before and after is still there."""
    world = World(NOON)
    world.declare()
    world.populate()
    world.history.covers = ()
    await world.cycle()
    await world.cycle(HOUR)
    away = world.clock.now()
    world.history = Recorded(Scraped(left, away + HOUR // 2))
    world.inventory.watching = restarts
    if not restarts:
        await world.cycle(300)
    world.clock.at = Instant(away + AWAY)
    world.inventory.watching = True
    if restarts:
        world.restart()
    else:
        world.recorder.feeds = type(world.recorder.feeds)((world.history,), world.use, world.meter)
    await world.cycle()
    return world


def _all_samples() -> dict[str, tuple[int, ...]]:
    away = at(NOON + HOUR)
    every = tuple(range(away - LOOK_BACK, away + AWAY + 1, INTERVAL))
    brief = tuple(range(away + HOUR // 2, away + HOUR, INTERVAL))
    return {"node-a": every, "support/chat-0": every, "search/rank-0": every, "search/brief-0": brief}


@given(st.randoms(use_true_random=False), st.sampled_from([0.0, 0.02, 0.3, 0.7, 0.95, 1.0]), st.booleans())
def test_no_total_is_lower_for_any_samples_that_are_missing(random: Random, missing: float, restarts: bool) -> None:
    """Nor higher: the node is charged for every second, and who held before and after for all of the time between."""
    left = {of: tuple(t for t in times if random.random() >= missing) for of, times in _all_samples().items()}
    world = asyncio.run(_lived(left, restarts=restarts))
    seconds = HOUR + AWAY
    charged = [line for entry in world.ledger.entries(NOVEMBER.window, Component.GPU) for line in entry.lines]
    assert sum(line.amount.nanos for line in charged if line.amount) == 8 * HOURLY * seconds * 10**9 // HOUR
    assert world.charged(RANK) == f"{HOURLY * seconds // HOUR}.00"
    assert world.charged(CHAT) == f"{2 * HOURLY * seconds // HOUR + BILLED}.00"
    seen = bool(left["node-a"] and left["search/brief-0"])
    assert any(line.subject == "search/brief-0" for line in charged) is seen
