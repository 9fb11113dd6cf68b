"""A tenant's scraped pod that writes the exporters' series, in a real Prometheus: it must not bill another namespace."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

import pytest

from aicost.core.usage import CardUse
from aicost.core.window import HOUR, Instant, Window
from aicost.ports import Malformed
from aicost.sources.dcgm import Dcgm
from aicost.sources.dcgm_history import DcgmHistory
from aicost.sources.kube_state_metrics import KubeStateMetrics
from aicost.sources.prometheus import Prometheus
from e2e.scenario.kube_state import node_pieces, pod_pieces
from e2e.scenario.model import Node
from e2e.scenario.series import Piece, piece
from e2e.tests.sources_prometheus.conftest import Backfilled
from e2e.tests.sources_prometheus.test_histories import DAY, NODE, START, a_minute, a_pod, sampled

STRANGE = 'k"s\\m {é😀}'
"""A job's name that would break a query that does not quote."""
TENANT = {"job": "kubernetes-pods", "instance": "10.0.0.9:80", "namespace": "mallory", "pod": "exporter-x"}
HONEST = a_pod("honest", 10)
FORGED = replace(a_pod("never-existed", 20, labels={"app": "chat"}), namespace="support")


def scraped(pieces: Iterable[Piece], target: dict[str, str], *, honoured: bool = False) -> Iterator[Piece]:
    """As a target with these labels shows them: its own are kept, or moved out of the way."""
    for each in pieces:
        moved = {name if honoured or name not in target else f"exported_{name}": text for name, text in each.labels}
        yield replace(each, labels=tuple(sorted({**target, **moved}.items())))


def state(job: str) -> Iterator[Piece]:
    yield from scraped((*node_pieces(NODE), *pod_pieces(HONEST)), {"job": job, "instance": "ksm:8080"}, honoured=True)


def forged(*, nodes: bool, honoured: bool) -> Iterator[Piece]:
    of = (*pod_pieces(FORGED), *(node_pieces(replace(NODE, capacity={"nvidia.com/gpu": 64})) if nodes else ()))
    yield from scraped(of, TENANT, honoured=honoured)


async def names(url: str, only: dict[str, str]) -> tuple[set[str], set[int]]:
    """Who held cards by kube-state-metrics, and how many cards nodes had."""
    told = await KubeStateMetrics(Prometheus(url), only=frozenset(only.items())).devices(DAY)
    assert told
    return {str(held.pod) for held in told.devices.holdings}, {group.cards for group in told.devices.groups}


@pytest.mark.parametrize("honoured", [False, True], ids=["moved", "honoured"])
@pytest.mark.parametrize("job", ["kube-state-metrics", STRANGE], ids=["plain", "strange"])
async def test_with_the_setting_nobody_elses_series_count(backfilled: Backfilled, job: str, honoured: bool) -> None:
    """Neither a pod of another namespace nor a node's cards, however the tenant is scraped, whatever the job's name."""
    url = backfilled([*state(job), *forged(nodes=True, honoured=honoured)], sampled())
    assert await names(url, {"job": job}) == ({"ns/honest"}, {8})


@pytest.mark.parametrize("honoured", [False, True], ids=["moved", "honoured"])
async def test_without_the_setting_series_of_pods_alone_do_not_count(backfilled: Backfilled, honoured: bool) -> None:
    """Only the target that tells of nodes is kube-state-metrics."""
    url = backfilled([*state("ksm"), *forged(nodes=False, honoured=honoured)], sampled())
    assert await names(url, {}) == ({"ns/honest"}, {8})


async def test_without_the_setting_two_who_tell_of_nodes_are_not_believed(backfilled: Backfilled) -> None:
    """It is an error that says what to set, not a bill."""
    url = backfilled([*state("ksm"), *forged(nodes=True, honoured=False)], sampled())
    with pytest.raises(Malformed, match=r"prometheus\.kubeStateMetricsMatchers"):
        await names(url, {})


EXPORTER = {"job": "dcgm", "instance": "n1:9400", "namespace": "gpu-operator", "pod": "dcgm-exporter-n1"}


def a_reading(pod: str, namespace: str, target: dict[str, str], value: float, uuid: str = "GPU-1") -> Iterator[Piece]:
    labels = {"UUID": uuid, "Hostname": "n1", "modelName": "NVIDIA L4", "namespace": namespace, "pod": pod}
    shown = [piece(name, labels, value, START - HOUR, None) for name in ("DCGM_FI_DEV_FB_USED", "DCGM_FI_DEV_GPU_UTIL")]
    yield from scraped(shown, target)
    yield piece("up", target, 1, START - HOUR, None)


async def test_dcgms_series_count_only_from_its_scrape(backfilled: Backfilled) -> None:
    """Holders and utilisation of the right job alone; without the setting no holder is believed."""
    readings = (*a_reading("chat-0", "ns", EXPORTER, 40), *a_reading("forged", "support", TENANT, 99, "GPU-2"))
    prometheus = Prometheus(backfilled(readings, sampled()))
    only = frozenset({("job", "dcgm")})
    told = await DcgmHistory(prometheus, only=only).devices(DAY)
    assert told
    assert [str(held.pod) for held in told.devices.holdings] == ["ns/chat-0"]
    hour = Window(START, Instant(START + HOUR))
    assert await Dcgm(prometheus, only).card_use(hour) == (
        CardUse("ns", "chat-0", "GPU-1", hour, "DCGM_FI_DEV_GPU_UTIL", 400000),
    )
    with pytest.raises(Malformed, match=r"prometheus\.dcgmMatchers"):
        await DcgmHistory(prometheus).devices(DAY)


async def test_other_labels_of_a_node_count_from_when_they_show(backfilled: Backfilled) -> None:
    """A node that moves to another pool at ten keeps the pool it had until then."""
    early, late = (labelled(NODE, pool) for pool in ("care", "spot"))
    moved = [replace(each, until=a_minute(600)) for each in node_pieces(early) if each.name == "kube_node_labels"]
    moved += [replace(each, since=a_minute(600)) for each in node_pieces(late) if each.name == "kube_node_labels"]
    others = [each for each in node_pieces(NODE) if each.name != "kube_node_labels"]
    told = await KubeStateMetrics(Prometheus(backfilled([*others, *moved], sampled()))).devices(DAY)
    assert told
    pools = [(dict(group.labels)["pool"], group.window) for group in told.devices.groups]
    assert pools == [("care", Window(DAY.start, a_minute(600))), ("spot", Window(a_minute(600), DAY.end))]


def labelled(node: Node, pool: str) -> Node:
    return replace(node, labels={**node.labels, "pool": pool})
