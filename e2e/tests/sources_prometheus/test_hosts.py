"""What nodes had of CPU and memory and who took of it, in a real Prometheus: by the hour, once, and never a lifetime."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import partial

import pytest

from aicost.core.hosts import CORE, GIB, Amounts, HostHour, Taker
from aicost.core.identity import labels
from aicost.core.window import HOUR, Instant, Window
from aicost.ports import Malformed
from aicost.sources.hosts import HostSeries
from aicost.sources.prometheus import Prometheus
from e2e.scenario.kube_state import controller_pieces, node_pieces, pod_pieces
from e2e.scenario.model import Node, Owner, Pod
from e2e.scenario.series import Piece, piece
from e2e.tests.sources_prometheus.conftest import Backfilled
from e2e.tests.sources_prometheus.test_forgeries import TENANT, scraped
from e2e.tests.sources_prometheus.test_histories import DAY, a_minute, sampled, scraped_by, without_honor_labels
from e2e.tests.sources_prometheus.test_histories import NODE as CARDS

NODE = replace(CARDS, capacity={**CARDS.capacity, "cpu": 16, "memory": 64 * GIB})
MORNING = Window(DAY.start, Instant(DAY.start + 8 * HOUR))


def a_pod(name: str, since: float, cpu: float = 0, gib: int = 0, **more: object) -> Pod:
    asked = {"cpu": cpu, "memory": gib * GIB} if cpu else {}
    pod = Pod(name, "ns", name, f"uid-{name}", "n1", a_minute(since), requests=asked)  # type: ignore[arg-type] # parts of a core
    return replace(pod, **more)  # type: ignore[arg-type] # the fields of Pod, by name


def used(
    pod: Pod, cores: float, gib: int, since: float, until: int | None = None, before: float = 0
) -> Iterator[Piece]:
    """A container's counter and its memory; `before` is what it had counted when it was first scraped."""
    start = a_minute(since)
    of = {"namespace": pod.namespace, "pod": pod.name, "container": "app", "id": f"/kubepods/{start}"}
    yield piece("container_cpu_usage_seconds_total", of, before, start, until, slope=cores)
    yield piece("container_memory_working_set_bytes", of, gib * GIB, start, until)
    whole = {**of, "container": ""}
    yield piece("container_cpu_usage_seconds_total", whole, before, start, until, slope=cores)


BUSY = a_pod(
    "busy", -30, 2, 8, labels={"app": "chat"}, owners=(Owner("ReplicaSet", "busy-1"), Owner("Deployment", "busy"))
)
BRIEF = a_pod("brief", 60, 4, 4, gone=a_minute(90))
DONE = a_pod("done", -30, 1, 1, ended=a_minute(150))
MODEST = a_pod("modest", -30)
ELSEWHERE = a_pod("elsewhere", -30, 8, 8, node="n2")
PODS = (BUSY, BRIEF, DONE, MODEST, ELSEWHERE)


def state() -> Iterator[Piece]:
    yield from node_pieces(NODE)
    yield from node_pieces(replace(NODE, name="n2"))
    yield from controller_pieces(PODS)
    for pod in PODS:
        yield from pod_pieces(pod)


def cadvisor() -> Iterator[Piece]:
    """`busy` restarts in the fifth hour; `modest` is first scraped when its counter is old."""
    yield from used(BUSY, 3, 4, -30, a_minute(270))
    yield from used(BUSY, 3, 4, 270)
    yield from used(MODEST, 0.5, 16, 180, before=1e6)
    yield from used(ELSEWHERE, 9, 9, -30)


async def told(url: str, **more: object) -> dict[int, dict[str, Taker]]:
    """Of node n1: who took of it, by the number of the hour."""
    series = HostSeries(Prometheus(url), **more)  # type: ignore[arg-type] # its settings, by name
    hours: tuple[HostHour, ...] = await series.host_hours(["n1", "not a node"], MORNING)
    assert {hour.node for hour in hours} == {"n1"}
    assert {hour.capacity for hour in hours} == {Amounts(16 * CORE, 64 * GIB)}
    return {(hour.hour.start - DAY.start) // HOUR: {of.pod.name: of for of in hour.takers} for hour in hours}


def cores(amounts: Amounts | None) -> float:
    return round(amounts.microcores / CORE, 1) if amounts else -1


async def test_every_hour_tells_who_took_how_much(backfilled: Backfilled) -> None:
    """Averages over the node's time: half an hour of four cores is two; what is over requests nothing more."""
    hours = await told(backfilled([*state(), *cadvisor()], sampled()))
    assert sorted(hours) == list(range(8))
    assert {name: cores(of.requested) for name, of in hours[1].items()} == {
        "busy": 2,
        "brief": 2,
        "done": 1,
        "modest": 0,
    }
    assert [cores(hours[hour]["done"].requested) for hour in (1, 2)] == [1, 0.5]
    assert all("done" not in hours[hour] for hour in range(3, 8))
    assert all("elsewhere" not in of for of in hours.values())
    busy = hours[1]["busy"]
    assert (busy.requested.memory, busy.used and busy.used.memory) == (8 * GIB, 4 * GIB)
    assert busy.pod.labels == labels({"app": "chat"})
    assert [owner.kind for owner in busy.pod.owners] == ["ReplicaSet", "Deployment"]


async def test_use_is_that_of_the_hour(backfilled: Backfilled) -> None:
    """A restart within an hour changes nothing, and a counter that is old when it is first seen is no lifetime."""
    hours = await told(backfilled([*state(), *cadvisor()], sampled()))
    assert [cores(of["busy"].used) for _, of in sorted(hours.items())] == [3.0] * 8
    assert [cores(hours[hour]["modest"].used) for hour in (2, 3, 4)] == [-1, 0.5, 0.5]
    assert hours[4]["modest"].used == Amounts(CORE // 2, 16 * GIB)


@pytest.mark.parametrize(
    "shown",
    [without_honor_labels, partial(scraped_by, 2), lambda of: without_honor_labels(scraped_by(2, of))],
    ids=["moved", "twice", "both"],
)
async def test_however_it_is_scraped_each_counts_once(backfilled: Backfilled, shown: object) -> None:
    """Two exporters, or a scrape that keeps its target's own labels."""
    series = [*state(), *cadvisor()]
    plain = await told(backfilled(series, sampled()))
    assert callable(shown)
    assert await told(backfilled(shown(iter(series)), sampled())) == plain


async def test_without_cadvisor_requests_are_told_alone(backfilled: Backfilled) -> None:
    """Nothing that was used is known, which is not that nothing was used."""
    hours = await told(backfilled(state(), sampled()))
    assert {of.used for each in hours.values() for of in each.values()} == {None}


async def test_a_tenant_that_writes_anothers_use_is_not_believed(backfilled: Backfilled) -> None:
    """With the setting his series do not count; without it nobody's do, and the message says what to set."""
    kubelet = {"job": "kubelet", "instance": "n1:10250"}
    honest = scraped(cadvisor(), kubelet, honoured=True)
    forged = scraped(used(BUSY, 15, 60, -30), TENANT, honoured=True)
    url = backfilled([*state(), *honest, *forged], sampled())
    with pytest.raises(Malformed, match=r"prometheus\.cadvisorMatchers"):
        await told(url)
    hours = await told(url, cadvisor=labels({"job": "kubelet"}))
    assert cores(hours[1]["busy"].used) == 3


async def test_a_node_that_nobody_tells_of_is_left_out(backfilled: Backfilled) -> None:
    """Its hours are missing, not empty."""
    only_cards: Node = replace(CARDS)
    url = backfilled([*node_pieces(only_cards), *pod_pieces(BUSY)], sampled())
    assert await HostSeries(Prometheus(url)).host_hours(["n1"], MORNING) == ()
    assert await HostSeries(Prometheus(url)).host_hours([], MORNING) == ()
