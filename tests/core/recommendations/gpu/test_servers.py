"""From pods, lines, loads and counts to the evidence of servers."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from aicost.core.declarations import Workload
from aicost.core.holdings import Devices, Holding
from aicost.core.identity import ObjectRef, PodIdentity, WorkloadRef
from aicost.core.layout import Slot
from aicost.core.ledger import Owner, OwnerKind, Total
from aicost.core.loads import Loads, ServerLoad
from aicost.core.money import NANOS_PER_UNIT
from aicost.core.owned import OwnedCards
from aicost.core.reasons import GapReason
from aicost.core.recommendations.gpu.evidence import ServerEvidence
from aicost.core.recommendations.gpu.offers import Market
from aicost.core.recommendations.gpu.servers import Scene, controller, servers
from aicost.core.recommendations.live import Asking, Live, Scaler
from aicost.core.usage import PodTokens, Tokens
from aicost.core.window import DAY, HOUR
from tests.support.builders import MODEL, T0, a_book, a_group, a_holding, a_pod, a_total, a_workload, at, between, usd
from tests.support.loads import a_load

DAY_LONG = between(0, DAY)
SET, CHAT = ObjectRef("apps", "ReplicaSet", "chat-7d"), ObjectRef("apps", "Deployment", "chat")
REF = WorkloadRef("support", "chat")
OURS = Owner(OwnerKind.WORKLOAD, "care", REF)


def a_replica(name: str) -> PodIdentity:
    return a_pod(name, owners=(SET, CHAT), app="chat")


def cost(units: int, pod: str, owner: Owner = OURS, **of: Any) -> Total:
    return replace(a_total(owner, usd(units), **of), subject=f"support/{pod}")


HELD = (
    a_holding(a_replica("chat-0"), DAY_LONG, count=2),
    a_holding(a_replica("chat-1"), between(12 * HOUR, DAY), count=2),
)
SCENE = Scene(
    window=DAY_LONG,
    workloads={REF: a_workload(app="chat")},
    devices=Devices((a_group(8),), HELD),
    totals=(cost(192, "chat-0"), cost(96, "chat-1")),
    loads=Loads(
        (a_load(1), a_load(2, pod="chat-1"), a_load(3, pod="rank-0")),
        (ServerLoad("support", "chat-0", between(0, HOUR), 5),),
    ),
    counted=(
        PodTokens("support", "chat-0", "m-8B", between(0, HOUR), Tokens(7)),
        PodTokens("support", "rank-0", "x", between(0, HOUR), Tokens(9)),
    ),
    market=Market((a_group(8),), a_book(), at(DAY - 1)),
    live=Live((Asking("support", "chat-0", "app", (("nvidia.com/gpu", 2),), (SET, CHAT)),), ()),
    currency="USD",
)


def the_server(**other: Any) -> ServerEvidence:
    (found,) = servers(replace(SCENE, **other))
    return found


def test_a_server_is_what_the_top_of_the_owner_chain_runs() -> None:
    """With what its pods held, did, served and cost; the container that asks is known from live pods."""
    e = the_server()
    assert (e.workload, str(e.target), e.container) == (REF, "deployment-chat", "app")
    assert (e.replicas, e.running, e.device_hours) == ((1,) * 12 + (2,) * 12, 2, 2 * 24 + 2 * 12)
    assert [load.pod for load in e.loads] == ["chat-0", "chat-1"]
    assert (e.tokens, e.models, e.weights_mib, e.cache) == (Tokens(7), frozenset({"m-8B"}), 15_259, 5)
    assert (e.part.name, e.part.monthly_nanos) == (
        ("gpu", "support", "deployment", "chat"),
        288 * NANOS_PER_UNIT * 730 // 24,
    )
    assert e.device
    assert (str(e.device), e.device.model, e.device.is_whole) == ("nvidia.com/gpu: 2", MODEL, True)
    assert e.offers == SCENE.market.offers()
    assert (e.autoscaled, e.batch, e.purpose, e.isolated, e.alone) == (False, False, "Inference", True, False)


def test_a_pod_without_a_controller_is_its_own() -> None:
    """And a name that came back counts to the same pod."""
    assert controller(a_pod("lab")) == ObjectRef("", "Pod", "lab")
    e = the_server(
        devices=Devices((a_group(8),), (a_holding(a_pod("lab"), DAY_LONG),)),
        totals=(replace(cost(5, "lab"), subject="support/lab uid-1"),),
    )
    assert (str(e.target), e.part.monthly_nanos) == ("pod-lab", 5 * NANOS_PER_UNIT * 730 // 24)


def test_what_has_no_price_costs_nobody_knows_what() -> None:
    """Neither lines without an amount nor those in another currency are added up."""
    assert the_server(totals=(cost(192, "chat-0", gap=GapReason.NO_PRICE),)).part.monthly_nanos == 0
    assert the_server(currency="EUR").part.monthly_nanos == 0


def test_only_workloads_have_servers() -> None:
    """What nobody claims or was deleted is nobody's to change; of two owners of a pod the one that paid more."""
    assert list(servers(replace(SCENE, workloads={}))) == []
    assert list(servers(replace(SCENE, totals=(cost(5, "chat-0", Owner(OwnerKind.UNIT, "care")),)))) == []
    other = Owner(OwnerKind.WORKLOAD, "care", WorkloadRef("support", "rank"))
    assert (
        the_server(totals=(*SCENE.totals, cost(1, "chat-0", other))).part.monthly_nanos
        == 288 * NANOS_PER_UNIT * 730 // 24
    )


@pytest.mark.parametrize(
    ("scalers", "told"), [(None, None), ((Scaler("support", CHAT, 1, 4, "KEDA"),), True), ((), False)]
)
def test_who_scales_it_is_known_or_not(
    scalers: tuple[Scaler, ...] | None, told: bool | None
) -> None:  # a column of the table
    """Where scalers could not be listed nobody knows."""
    assert the_server(live=Live((), scalers)).autoscaled is told


def test_two_containers_that_ask_leave_the_place_open() -> None:
    """Nothing is written into the wrong one."""
    asking = tuple(Asking("support", "chat-0", name, (("nvidia.com/gpu", 1),), (SET, CHAT)) for name in ("a", "b"))
    assert the_server(live=Live(asking, ())).container == ""


def test_what_its_workload_says_counts() -> None:
    """Its purpose; and batch work is known by any of its controllers."""
    said: Workload = replace(a_workload(app="chat"), purpose="Training")
    job = a_pod("chat-0", owners=(ObjectRef("batch", "Job", "t"), ObjectRef("x.io", "Sweep", "t")), app="chat")
    e = the_server(workloads={REF: said}, devices=Devices((a_group(8),), (a_holding(job, DAY_LONG),)))
    assert (e.purpose, e.batch, str(e.target)) == ("Training", True, "sweep-t")


def test_pods_that_ask_for_different_things_have_no_one_device() -> None:
    """Nor those of which nobody knows the card."""
    assert the_server(devices=Devices((a_group(8),), (HELD[0], replace(HELD[1], count=1)))).device is None
    assert the_server(devices=Devices((), HELD)).device is None


def test_parts_of_cards_are_no_whole_ones() -> None:
    """Instances have their profile and what they can do; time slices share."""
    cut = a_group(1, sharing="mig", slots=(Slot("nvidia.com/mig-3g.40gb", 2, 4, "3g.40gb"),))
    held = (a_holding(a_replica("chat-0"), DAY_LONG, resource="nvidia.com/mig-3g.40gb"),)
    part = the_server(devices=Devices((cut,), held)).device
    assert part
    assert (part.sharing, part.profile, part.is_whole) == ("mig", "3g.40gb", False)
    assert part.hardware
    assert part.hardware.memory_mib < 40_960


def test_alone_is_who_held_every_card_of_rented_nodes() -> None:
    """Nobody else held any in the window, and none is of the asset register."""
    all_of_it = Devices((a_group(2),), (a_holding(a_replica("chat-0"), DAY_LONG, count=2),))
    assert the_server(devices=all_of_it).alone
    assert the_server(devices=all_of_it).nodes == ("node-a",)
    neighbour = a_holding(a_pod("rank-0", app="rank"), between(0, HOUR))
    assert not the_server(devices=replace(all_of_it, holdings=(*all_of_it.holdings, neighbour))).alone
    assert not the_server(devices=replace(all_of_it, groups=(a_group(3),))).alone
    owned = OwnedCards("dgx", MODEL, frozenset(), 8, T0, 48, 10**15)
    market = replace(SCENE.market, prices=replace(a_book(), owned=(owned,)))
    assert not the_server(devices=all_of_it, market=market).alone


def test_a_node_controls_nothing() -> None:
    """Static pods name their node as their owner: advice is about the pod, and never about a node."""
    assert controller(a_pod("lab", owners=(ObjectRef("", "Node", "gpu-1"),))) == ObjectRef("", "Pod", "lab")


def test_of_knative_nobody_knows_who_scales_it() -> None:
    """Its autoscaler is no HorizontalPodAutoscaler that could be listed."""
    owners = (SET, CHAT, ObjectRef("serving.knative.dev", "Service", "c"), ObjectRef("serving.kserve.io", "I", "c"))
    held = a_holding(a_pod("chat-0", owners=owners, app="chat"), DAY_LONG, count=2)
    assert the_server(devices=Devices((a_group(8),), (held,))).autoscaled is None


def test_room_on_bought_cards_is_told_of_whole_known_windows() -> None:
    """Who held cards of a part of it only may have held them all: then nobody knows."""
    bought = OwnedCards("dgx", MODEL, frozenset({("own", "dgx")}), 8, at(-DAY), 48, 10**15, 0, 0, includes_host=True)
    owned = a_group(8, node="dgx-1", own="dgx")
    scene = replace(
        SCENE,
        devices=Devices((a_group(8), owned), HELD),
        market=Market((a_group(8), owned), replace(a_book(), owned=(bought,)), at(DAY - 1)),
        covered=(DAY_LONG,),
        workloads={REF: replace(a_workload(app="chat"), purpose="Evaluation")},
    )
    (waited_for,) = servers(replace(scene, workloads=SCENE.workloads))
    assert waited_for.room is None
    (known,) = servers(scene)
    assert known.room is not None
    assert (known.room.nodes, known.room.pods(range(24)), known.room.at_once, known.room.is_paid) == (
        ("dgx-1",),
        4,
        2,
        False,
    )
    (unknown,) = servers(replace(scene, covered=(between(HOUR, DAY),)))
    assert unknown.room is None


KSERVE = ObjectRef("serving.kserve.io", "InferenceService", "m")


def kserve(*parts: str) -> tuple[Holding, ...]:
    """A pod of each part, by the Deployments that KServe makes."""
    pods = (
        a_pod(f"{part}-0", owners=(SET, ObjectRef("apps", "Deployment", part), KSERVE), app="chat") for part in parts
    )
    return tuple(a_holding(pod, DAY_LONG) for pod in pods)


@pytest.mark.parametrize(
    ("parts", "in_parts"),
    [(("m-predictor",), False), (("m-predictor", "m-transformer"), True), (("m-transformer",), True)],
    ids=["the predictor", "two of them", "another one"],
)
def test_a_number_of_replicas_is_one_part_s(parts: tuple[str, ...], *, in_parts: bool) -> None:
    """KServe's minReplicas is the predictor's: a transformer's pods are none of it."""
    held = kserve(*parts)
    costs = tuple(cost(96, name.pod.name) for name in held)
    assert the_server(devices=Devices((a_group(8),), held), totals=costs).in_parts is in_parts


def test_what_pods_cost_is_what_those_that_are_there_cost() -> None:
    """Three quarters of a day on a card at 4.00, then the same on one at 1.00: a month of the latter, however dear the first was."""
    before, now = between(0, 18 * HOUR), between(18 * HOUR, DAY)
    held = tuple(a_holding(a_replica(name), over) for name, over in (("old", before), ("new", now)))
    totals = cost(72, "old"), cost(6, "new")
    assert the_server(devices=Devices((a_group(8),), held), totals=totals).part.monthly_nanos == usd(730).nanos
    dearer = cost(18, "old"), cost(24, "new")
    assert (
        the_server(devices=Devices((a_group(8),), held), totals=dearer).part.monthly_nanos == usd(42).nanos * 730 // 24
    )
