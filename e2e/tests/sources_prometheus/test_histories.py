"""Small histories with a known truth, in a real Prometheus: what goes wrong in clusters must not go wrong in bills."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from aicost.core.holdings import Devices
from aicost.core.usage import Tokens
from aicost.core.window import HOUR, Instant, Window, instant
from aicost.sources.kube_state_metrics import KubeStateMetrics
from aicost.sources.model_servers import ModelServers
from aicost.sources.prometheus import Prometheus
from e2e.scenario.kube_state import node_pieces, pod_pieces
from e2e.scenario.model import Node, Pod
from e2e.scenario.series import FOREVER, Piece
from e2e.tests.sources_prometheus.conftest import Backfilled

START = instant("2026-11-01T00:00:00Z")
DAY = Window(START, Instant(START + 24 * HOUR))
NODE = Node("n1", "node-uid", START - 9 * HOUR, capacity={"nvidia.com/gpu": 8}, labels={"nvidia.com/gpu.product": "X"})


def a_minute(count: float) -> Instant:
    return Instant(int(START + 60 * count))


def a_pod(name: str, since: float, **more: object) -> Pod:
    pod = Pod(name, "ns", name, f"uid-{name}", "n1", a_minute(since), requests={"nvidia.com/gpu": 1})
    return replace(pod, **more)  # type: ignore[arg-type] # the fields of Pod, by name


def scraped_by(replicas: int, pieces: Iterator[Piece]) -> Iterator[Piece]:
    """Every series as so many kube-state-metrics show it."""
    for piece in pieces:
        for replica in range(replicas):
            yield replace(piece, labels=(("instance", f"ksm-{replica}:8080"), *piece.labels))


def without_honor_labels(pieces: Iterator[Piece]) -> Iterator[Piece]:
    """As a scrape shows them whose target has labels of its own."""
    target = {"namespace": "monitoring", "pod": "ksm-0", "container": "ksm"}
    for piece in pieces:
        own = {f"exported_{name}" if name in target else name: value for name, value in piece.labels}
        yield replace(piece, labels=tuple(sorted({**target, **own}.items())))


def series(*pods: Pod, nodes: tuple[Node, ...] = (NODE,)) -> Iterator[Piece]:
    for node in nodes:
        yield from node_pieces(node)
    for pod in pods:
        yield from pod_pieces(pod)


def sampled(step: int = 60, *, but: range = range(0)) -> list[int]:
    """Scrapes all day, except in those minutes."""
    return [at for at in range(DAY.start - HOUR, DAY.end, step) if (at - DAY.start) // 60 not in but]


async def account(url: str) -> Devices:
    told_of = await KubeStateMetrics(Prometheus(url)).devices(DAY)
    assert told_of
    return told_of.devices


def told(devices: Devices) -> dict[str, Window]:
    return {held.pod.name: held.window for held in devices.holdings}


async def test_ends_and_starts(backfilled: Backfilled) -> None:
    """Finished, deleted and running pods each end as they did; back-filled series that are over stay over."""
    pods = (
        a_pod("done", 10.5, ended=a_minute(100)),
        a_pod("deleted", 20, gone=a_minute(200)),
        a_pod("brief", 300, gone=a_minute(301)),
        a_pod("yesterday", -50, ended=a_minute(-10)),
        a_pod("running", -30),
    )
    held = told(await account(backfilled(series(*pods), sampled())))
    assert held == {
        "done": Window(a_minute(10.5), a_minute(100)),
        "deleted": Window(a_minute(20), a_minute(200)),
        "brief": Window(a_minute(300), a_minute(301)),
        "running": DAY,
    }


async def test_a_hole_in_the_scrapes_is_no_hole_in_a_holding(backfilled: Backfilled) -> None:
    """Two hours without samples, the same UID on both sides: continuous, for pods and for nodes."""
    devices = await account(backfilled(series(a_pod("through", 10)), sampled(but=range(300, 420))))
    assert told(devices) == {"through": Window(a_minute(10), DAY.end)}
    assert [group.window for group in devices.groups] == [DAY]


async def test_a_sidecar_holds_beside_the_containers(backfilled: Backfilled) -> None:
    """By the policy that kube-state-metrics tells of it, also where no container but the sidecar asks for devices."""
    asking = {"resource": "nvidia_com_gpu", "unit": "integer", "node": "n1"}
    proxies = {
        pod: {"namespace": "ns", "pod": pod, "uid": f"uid-{pod}", "container": "proxy"} for pod in ("both", "alone")
    }
    told_of = [
        Piece(f"kube_pod_init_container_{name}", tuple(labels.items()), value, a_minute(-30), FOREVER)
        for proxy in proxies.values()
        for name, labels, value in (
            ("resource_requests", {**proxy, **asking}, 2),
            ("resource_requests", {**proxy, **asking, "container": "load"}, 1),
            ("info", {**proxy, "restart_policy": "Always"}, 1),
        )
    ]
    devices = await account(backfilled([*series(a_pod("both", -30)), *told_of], sampled()))
    assert {held.pod.name: held.count for held in devices.holdings} == {"both": 3, "alone": 2}
    assert told(devices) == {"both": DAY, "alone": DAY}


async def test_two_replicas_without_honor_labels_tell_the_same_once(backfilled: Backfilled) -> None:
    """Nothing is added up, and the monitoring namespace owns nothing."""
    pods = (a_pod("a", 10, ended=a_minute(100)), a_pod("b", 50, labels={"app": "chat"}))
    plain = await account(backfilled(series(*pods), sampled()))
    moved = without_honor_labels(scraped_by(2, series(*pods)))
    assert await account(backfilled(moved, sampled())) == plain


async def test_a_node_name_given_again_is_two_nodes(backfilled: Backfilled) -> None:
    """The first ends one interval after its last sample, the second begins with its creation."""
    first = replace(NODE, gone=a_minute(400))
    second = replace(NODE, uid="second", created=a_minute(500), capacity={"nvidia.com/gpu": 4})
    devices = await account(backfilled(series(nodes=(first, second)), sampled()))
    windows = {group.node.created: group.window for group in devices.groups}
    assert windows == {
        NODE.created: Window(DAY.start, a_minute(400)),
        a_minute(500): Window(a_minute(500), DAY.end),
    }


async def test_an_old_node_counts_from_the_first_sample(backfilled: Backfilled) -> None:
    """Before kube-state-metrics was there nobody knows who held the cards: that time is missing, not idle."""
    late = [at for at in sampled() if at >= a_minute(600)]
    (group,) = (await account(backfilled(series(), late))).groups
    assert group.window == Window(a_minute(599), DAY.end)


@pytest.mark.parametrize("restart", [90, 120], ids=["within an hour", "between two hours"])
async def test_a_counter_that_begins_again_loses_and_invents_nothing(backfilled: Backfilled, restart: int) -> None:
    """1,200 tokens a minute all day, the server restarted: every hour's count is right to two scrapes."""
    labels = (("model_name", "m"), ("namespace", "ns"), ("pod", "p"))
    before = Piece("vllm:prompt_tokens_total", labels, 0, a_minute(-50), a_minute(restart), slope=20)
    after = Piece("vllm:prompt_tokens_total", labels, 0, a_minute(restart), DAY.end, slope=20)
    counts = await ModelServers(Prometheus(backfilled([before, after], sampled()))).pod_tokens(DAY)
    assert len(counts) == 24
    assert all(abs(each.tokens.input - 72_000) <= 2_400 for each in counts)
    assert counts[5].tokens == Tokens(input=72_000)
