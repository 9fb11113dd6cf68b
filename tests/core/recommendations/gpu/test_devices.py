"""Another device for the same work."""

from __future__ import annotations

from typing import Any

import pytest

from aicost.core.recommendations.advice import Advice, Basis, Effect, Lever, Obstacle, Refused
from aicost.core.recommendations.changes import Resize
from aicost.core.recommendations.gpu.devices import cost_of, mig_slice, shared_card, smaller_card, too_early
from aicost.core.recommendations.gpu.policy import POLICY
from tests.support.gpu_cases import a_server, dollars

H100 = "NVIDIA-H100-80GB-HBM3"
SLICE = {"product": H100, "profile": "3g.40gb", "perHour": "2", "nodes": 1}
L4 = {"product": "NVIDIA-L4", "perHour": "0.8", "nodes": 1}
SERVER = {
    "server": "Deployment/a",
    "product": H100,
    "days": 2,
    "load": {"smActive": 20, "p95": 3, "bandwidth": 4, "memory": 9000},
    "offers": [SLICE, L4],
}


def server(**said: Any) -> Any:
    return a_server({**SERVER, **said})


def test_it_costs_its_pace_at_the_other_price() -> None:
    """A month of one device all day long; half of that for half of the time."""
    e = server()
    assert cost_of(e, e.offers[0]) == dollars(1460)
    assert cost_of(server(deviceHours=24), e.offers[0]) == dollars(730)


def test_each_lever_looks_at_its_own_kind_of_device() -> None:
    """Instances of the same model, other cards, shared ones."""
    slice_, card = mig_slice(server(), POLICY), smaller_card(server(), POLICY)
    assert isinstance(slice_, Advice)
    assert isinstance(card, Advice)
    assert slice_.change == Resize("app", (("nvidia.com/gpu", None), ("nvidia.com/mig-3g.40gb", 1)))
    assert (card.proposed, card.change, card.saving.high) == ("nvidia.com/gpu: 1 on NVIDIA-L4", None, dollars(2336))
    nothing = shared_card(server(isolation="Waived"), POLICY)
    assert isinstance(nothing, Refused)
    assert nothing.obstacle is Obstacle.NOT_OFFERED


def test_the_cheapest_that_fits_is_proposed() -> None:
    """And of equal ones that which nodes have."""
    cheaper = {**L4, "product": "NVIDIA-A10", "perHour": "0.5"}
    answer = smaller_card(server(offers=[L4, cheaper]), POLICY)
    assert isinstance(answer, Advice)
    assert answer.proposed.endswith("NVIDIA-A10")
    nowhere = {**SLICE, "profile": "2g.20gb", "nodes": 0}
    found = mig_slice(server(offers=[nowhere, SLICE], latency="Flexible"), POLICY)
    assert isinstance(found, Advice)
    assert (found.proposed, found.basis) == ("nvidia.com/mig-3g.40gb: 1", Basis.ACTIONABLE)


def test_a_shared_card_saves_an_estimate() -> None:
    """From half of it on, by a trial."""
    shared = {**L4, "perHour": "0.2", "replicas": 2, "resource": "nvidia.com/gpu.shared"}
    light = {"smActive": 20, "p95": 3, "bandwidth": 1, "memory": 9000}
    answer = shared_card(server(offers=[shared], isolation="Waived", monthly=1000, load=light), POLICY)
    assert isinstance(answer, Advice)
    assert (answer.saving.low, answer.saving.high, answer.basis) == (dollars(427), dollars(854), Basis.HYPOTHESIS)


@pytest.mark.parametrize(
    ("said", "obstacle"),
    [
        ({"count": 2}, Obstacle.INTERCONNECT),
        ({"offers": []}, Obstacle.NOT_OFFERED),
        ({"monthly": "1.5"}, Obstacle.NOT_CHEAPER),
        ({"told": 20}, Obstacle.TOO_LITTLE_DATA),
        ({"load": {"smActive": 0}}, Obstacle.TOO_LITTLE_DATA),
        ({"load": {"smActive": 0, "gpuUtil": 9}}, Obstacle.DOUBTFUL_SIGNAL),
        ({"load": {**SERVER["load"], "memory": 60_000}}, Obstacle.MEMORY_NEEDED),  # type: ignore[dict-item] # a table of anything
    ],
)
def test_what_speaks_against_it(said: dict[str, Any], obstacle: Obstacle) -> None:
    """Cards that work together, no other device, no lower price, too little known, no room."""
    answer = smaller_card(server(**said), POLICY)
    assert isinstance(answer, Refused)
    assert answer.obstacle is obstacle


@pytest.mark.parametrize("server", ["CronJob/train", "LeaderWorkerSet/llm"])
def test_pods_that_may_be_one_work_try_another_card_together(server: str) -> None:
    """One pod of the same generation needs no trial."""
    said = {**SERVER, "server": server, "product": "NVIDIA-L40S", "offers": [L4], "latency": "Flexible"}
    said["load"] = {"smActive": 20, "p95": 3, "bandwidth": 4, "memory": 9000}
    one, both = (smaller_card(a_server({**said, "replicas": pods}), POLICY) for pods in (1, 2))
    assert isinstance(one, Advice)
    assert isinstance(both, Advice)
    assert (one.basis, both.basis) == (Basis.ACTIONABLE, Basis.HYPOTHESIS)
    assert both.requires[0].startswith("trial: run all its pods there once and compare how long they take, for ")


def test_who_works_hard_gets_no_slice() -> None:
    """From half of the card on, if enough is known of it."""
    hard = {"smActive": 90, "p95": 50, "bandwidth": 1, "memory": 900}
    answer, early = mig_slice(server(load=hard), POLICY), mig_slice(server(load=hard, told=20), POLICY)
    assert isinstance(answer, Refused)
    assert isinstance(early, Refused)
    assert (answer.obstacle, early.obstacle) == (Obstacle.BUSY, Obstacle.TOO_LITTLE_DATA)


@pytest.mark.parametrize("said", [{"product": H100, "profile": "3g.40gb"}, {"product": H100, "sharing": "mps"}])
def test_it_is_about_whole_cards(said: dict[str, Any]) -> None:
    """Nothing is said of what is a part of a card already."""
    assert mig_slice(server(**said), POLICY) is None
    assert shared_card(server(**said), POLICY) is None
    assert smaller_card(server(**said), POLICY) is None
    assert too_early(Lever.USE_MIG_SLICE, server(), POLICY) is None


def test_a_name_that_two_models_offer_is_not_patched() -> None:
    """Pods would run on either; what must be true first says so."""
    other = {"product": "NVIDIA-A100-SXM4-80GB", "profile": "3g.40gb", "perHour": "1", "nodes": 1}
    answer = mig_slice(server(offers=[SLICE, other], latency="Flexible"), POLICY)
    assert isinstance(answer, Advice)
    assert (answer.change, answer.requires[1]) == (
        None,
        "its pods stay on nodes with H100-80GB, for those with A100-80GB offer nvidia.com/mig-3g.40gb, too",
    )
    nowhere = mig_slice(server(offers=[SLICE, {**other, "nodes": 0}]), POLICY)
    assert isinstance(nowhere, Advice)
    assert nowhere.change


@pytest.mark.parametrize(
    ("offer", "effect"),
    [
        ({**SLICE, "nodes": 0}, Effect.FREED_CAPACITY),
        (SLICE, Effect.BILL_REDUCTION),
    ],
)
def test_a_slice_that_no_node_has_makes_no_bill_smaller(offer: dict[str, Any], effect: Effect) -> None:
    """The card would be cut for this server alone and be paid whole: nothing is saved for certain."""
    answer = mig_slice(server(alone=True, offers=[offer]), POLICY)
    assert isinstance(answer, Advice)
    assert answer.effect is effect
    assert bool(answer.saving.low) is (effect is Effect.BILL_REDUCTION)


def test_a_smaller_card_that_is_only_priced_makes_the_bill_smaller() -> None:
    """It comes whole and the other one goes; half of it is saved at least, if the trial shows that it does."""
    answer = smaller_card(server(alone=True, offers=[{**L4, "nodes": 0}]), POLICY)
    assert isinstance(answer, Advice)
    assert (answer.effect, answer.saving.low * 2) == (Effect.BILL_REDUCTION, answer.saving.high)
