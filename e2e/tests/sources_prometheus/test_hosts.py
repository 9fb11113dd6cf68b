"""What nodes had of CPU and memory and who took of it, in a real Prometheus: by the hour, once, and never a lifetime."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import partial

import pytest

from aicost.core.hosts import CORE, GIB, UNSEEN, Amounts, HostHour, Measured, Taker
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


async def hours_of(url: str, *nodes: str, **more: object) -> tuple[HostHour, ...]:
    series = HostSeries(Prometheus(url), **more)  # type: ignore[arg-type] # its settings, by name
    return await series.host_hours(nodes or ["n1", "not a node"], MORNING)


async def told(url: str, **more: object) -> dict[int, dict[str, Taker]]:
    """Of node n1: who took of it, by the number of the hour."""
    hours = await hours_of(url, **more)
    assert {hour.node for hour in hours} == {"n1"}
    assert {hour.capacity for hour in hours} == {Amounts(16 * CORE, 64 * GIB)}
    return {(hour.over.start - DAY.start) // HOUR: {of.pod.name: of for of in hour.takers} for hour in hours}


def cores(microcores: int | None) -> float:
    return -1 if microcores is None else round(microcores / CORE, 1)


def minutes(taker: Taker) -> tuple[float, float]:
    return (taker.there.start - DAY.start) / 60, (taker.there.end - DAY.start) / 60


async def test_every_hour_tells_who_took_how_much(backfilled: Backfilled) -> None:
    """Of each pod what it has while it is there, and when that is; what is over takes nothing more."""
    hours = await told(backfilled([*state(), *cadvisor()], sampled()))
    assert sorted(hours) == list(range(8))
    assert {name: cores(of.requested.microcores) for name, of in hours[1].items()} == {
        "busy": 2,
        "brief": 4,
        "done": 1,
        "modest": 0,
    }
    assert [minutes(hours[hour]["done"]) for hour in (1, 2)] == [(60, 120), (120, 150)]
    assert minutes(hours[1]["brief"]) == (60, 90)
    assert all("done" not in hours[hour] for hour in range(3, 8))
    assert all("elsewhere" not in of for of in hours.values())
    busy = hours[1]["busy"]
    assert (busy.requested.memory, busy.used.memory) == (8 * GIB, 4 * GIB)
    assert busy.pod.labels == labels({"app": "chat"})
    assert [owner.kind for owner in busy.pod.owners] == ["ReplicaSet", "Deployment"]


async def test_use_is_that_of_the_hour(backfilled: Backfilled) -> None:
    """A restart within an hour changes nothing, and a counter that is old when it is first seen is no lifetime."""
    hours = await told(backfilled([*state(), *cadvisor()], sampled()))
    assert [cores(of["busy"].used.microcores) for _, of in sorted(hours.items())] == [3.0] * 8
    assert [cores(hours[hour]["modest"].used.microcores) for hour in (2, 3, 4)] == [-1, 0.5, 0.5]
    assert hours[4]["modest"].used == Measured(CORE // 2, 16 * GIB)


async def test_one_sample_tells_nothing(backfilled: Backfilled) -> None:
    """Neither of CPU time nor of memory; two do."""
    seen = [*used(MODEST, 1, 4, 179, a_minute(180)), *used(BUSY, 1, 4, 178, a_minute(180))]
    hours = await told(backfilled([*state(), *seen], sampled()))
    assert hours[2]["modest"].used == UNSEEN
    assert hours[2]["busy"].used.memory == 4 * GIB


async def test_a_sidecar_runs_beside_the_containers(backfilled: Backfilled) -> None:
    """By the policy that kube-state-metrics tells of it; another init container counts where it requests more."""
    of = {"namespace": "ns", "pod": "busy", "uid": "uid-busy"}
    init = [
        piece(
            "kube_pod_init_container_resource_requests",
            {**of, "node": "n1", "container": name, "resource": "cpu"},
            much,
            a_minute(-30),
            None,
        )
        for name, much in (("proxy", 1), ("load", 2.5))
    ]
    policy = {**of, "container": "proxy", "restart_policy": "Always"}
    always = piece("kube_pod_init_container_info", policy, 1, a_minute(-30), None)
    hours = await told(backfilled([*state(), *init, always], sampled()))
    assert cores(hours[1]["busy"].requested.microcores) == 3


async def test_a_name_that_moves_is_charged_on_each_node_for_itself(backfilled: Backfilled) -> None:
    """By the scrape's own label of the node; what the name used on a node without cards is of neither."""
    moved = [a_pod("db-0", -30, 1, 1, gone=a_minute(90)), a_pod("db-0", 90, 1, 1, uid="uid-2", node="n2")]
    there = ((moved[0], 2, -30, 90, "n1"), (moved[1], 4, 90, None, "n2"), (moved[0], 8, -30, None, "n3"))
    kubelets = [
        scraped(
            used(pod, much, 1, since, None if until is None else a_minute(until)),
            {"job": "kubelet", "instance": f"10.0.0.{much}:10250", "node": node},
            honoured=True,
        )
        for pod, much, since, until, node in there
    ]
    url = backfilled(
        [*state(), *pod_pieces(moved[0]), *pod_pieces(moved[1]), *(p for of in kubelets for p in of)], sampled()
    )
    hour = {of.node: of for of in await hours_of(url, "n1", "n2") if of.over.start == a_minute(60)}
    takers = [next(of for of in hour[node].takers if of.pod.name == "db-0") for node in ("n1", "n2")]
    assert [(of.pod.uid, *minutes(of), cores(of.used.microcores)) for of in takers] == [
        ("uid-db-0", 60, 90, 2),
        ("uid-2", 90, 120, 4),
    ]


async def test_a_node_that_was_replaced_has_two_accounts(backfilled: Backfilled) -> None:
    """Each of its own time, with what it had then."""
    nodes = (
        replace(NODE, gone=a_minute(80)),
        replace(NODE, created=a_minute(100), uid="again", capacity={"cpu": 8, "memory": 32 * GIB}),
    )
    hours = await hours_of(backfilled([piece for node in nodes for piece in node_pieces(node)], sampled()))
    second = [of for of in hours if of.hour == a_minute(60)]
    assert [((of.over.start - DAY.start) // 60, (of.over.end - DAY.start) // 60) for of in second] == [
        (60, 100),
        (100, 120),
    ]
    assert [of.capacity.microcores // CORE for of in second] == [16, 8]
    assert [of.capacity.microcores // CORE for of in hours if of.hour != a_minute(60)] == [16, *[8] * 6]


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
    assert {of.used for each in hours.values() for of in each.values()} == {UNSEEN}


async def test_a_tenant_that_writes_anothers_use_is_not_believed(backfilled: Backfilled) -> None:
    """With the setting his series do not count; without it nobody's do, and the message says what to set."""
    kubelet = {"job": "kubelet", "instance": "n1:10250"}
    honest = scraped(cadvisor(), kubelet, honoured=True)
    forged = scraped(used(BUSY, 15, 60, -30), TENANT, honoured=True)
    url = backfilled([*state(), *honest, *forged], sampled())
    with pytest.raises(Malformed, match=r"prometheus\.cadvisorMatchers"):
        await told(url)
    hours = await told(url, cadvisor=labels({"job": "kubelet"}))
    assert cores(hours[1]["busy"].used.microcores) == 3


async def test_a_node_that_nobody_tells_of_is_left_out(backfilled: Backfilled) -> None:
    """Its hours are missing, not empty."""
    only_cards: Node = replace(CARDS)
    url = backfilled([*node_pieces(only_cards), *pod_pieces(BUSY)], sampled())
    assert await HostSeries(Prometheus(url)).host_hours(["n1"], MORNING) == ()
    assert await HostSeries(Prometheus(url)).host_hours([], MORNING) == ()
