"""The desk for advice: when advisers are asked, and what of their answers workloads and units are told."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from functools import partial

import pytest
import yaml

from aicost.core.identity import ObjectRef, WorkloadRef
from aicost.core.recommendations.advice import Answer, Lever, Obstacle, Part, Refused, Saving, Target
from aicost.core.recommendations.asking import AskAbout
from aicost.core.recommendations.changes import Resize, Scale
from aicost.core.recommendations.live import Scaler
from aicost.core.recommendations.shapes import Place, Shape
from aicost.core.window import DAY, Window
from aicost.ports import ResourceRef
from aicost.reconcile.known import Known
from tests.reconcile.world import BOOK, CARE, CHAT, CHAT_SPEC, FIND, RANK, World, a_book_of
from tests.support.advising import ADVICE
from tests.support.builders import at, usd

REF = WorkloadRef("support", "chat")
SAVES = replace(
    ADVICE,
    saving=Saving(usd(70).nanos, usd(100).nanos),
    touched=Part(("gpu", "support", "chat"), usd(400).nanos),
    change=Scale(0),
)
LOOKED = Refused(Lever.USE_MIG_SLICE, ADVICE.target, Obstacle.TOO_LITTLE_DATA, "two days only", ADVICE.evidence)


@dataclass
class FakeAdviser:
    """Answers what a test says, and keeps what it was asked."""

    answers: list[tuple[WorkloadRef, Answer]] = field(default_factory=lambda: [(REF, SAVES)])
    asked: list[Known] = field(default_factory=list)
    fault: Exception | None = None
    failing: set[Lever] = field(default_factory=set)

    def __call__(self, known: Known, ask: AskAbout) -> Iterable[tuple[WorkloadRef, Answer]]:
        self.asked.append(known)
        if self.fault:
            raise self.fault
        return [(ref, of) for ref, answer in self.answers for of in ask(ref)(answer.lever, partial(self._said, answer))]

    def _said(self, answer: Answer) -> Iterable[Answer]:
        if answer.lever in self.failing:
            raise ZeroDivisionError
        yield answer


async def advised(*advisers: FakeAdviser, now: int = 9 * DAY) -> World:
    """A world that was evaluated once, with these advisers."""
    world = World(now)
    world.advisers = advisers
    world.restart()
    world.declare()
    world.populate()
    await world.cycle()
    return world


async def test_advice_is_told_to_its_workload_and_its_unit() -> None:
    """As recommendations, in the column SAVE at least, and among the unit's savings; the others say nothing."""
    world = await advised(FakeAdviser())
    status = world.store.status(CHAT)
    assert [of["id"] for of in status["recommendations"]] == [SAVES.id]
    assert status["recommendations"][0]["monthlySaving"] == {"low": "70.00", "high": "100.00"}
    assert status["summary"]["saving"] == "70.00"
    assert world.store.status(CARE)["savings"] == {"low": "70.00", "high": "100.00", "recommendations": 1}
    assert world.store.status(CARE)["summary"]["saving"] == "70.00"
    for ref in (RANK, FIND):
        assert not world.store.status(ref).keys() & {"recommendations", "savings"}
        assert "saving" not in world.store.status(ref)["summary"]


async def test_new_advice_is_announced_once() -> None:
    """As a normal Event about the workload, not again after a restart."""
    world = await advised(FakeAdviser())
    world.restart()
    await world.cycles(3, 1800)
    (told,) = [(ref, words, bad) for ref, reason, words, bad in world.announcer.told if reason == "Recommended"]
    words = (
        "ScaleToZero of StatefulSet notebook saves 70.00 to 100.00 USD a month (FreedCapacity, Actionable): "
        "see status.recommendations. Nothing ran for 7 days."
    )
    assert told == (CHAT, words, False)


async def test_no_advice_after_a_look_is_a_saving_of_nothing() -> None:
    """Unlike where nobody looked."""
    world = await advised(FakeAdviser([(REF, LOOKED)]))
    assert world.store.status(CHAT)["recommendations"] == []
    assert world.store.status(CHAT)["summary"]["saving"] == "0.00"


async def test_advisers_look_at_the_last_whole_settled_days() -> None:
    """In the currency of the price book."""
    adviser = FakeAdviser()
    await advised(adviser)
    assert [(known.window, known.currency) for known in adviser.asked] == [(Window(at(1 * DAY), at(8 * DAY)), "USD")]


async def test_advisers_are_asked_when_something_changed_and_not_each_cycle() -> None:
    """An hour that settled, an edit, another day."""
    adviser = FakeAdviser()
    world = await advised(adviser)
    await world.cycles(10)
    assert len(adviser.asked) == 1
    await world.cycle(1800)
    assert len(adviser.asked) == 2
    world.store.apply("PriceBook", "default", a_book_of("5"))
    await world.cycle()
    assert len(adviser.asked) == 3


async def test_advisers_know_who_is_autoscaled() -> None:
    """And are asked again when that changes."""
    adviser = FakeAdviser()
    world = await advised(adviser)
    chat = Scaler("support", ObjectRef("apps", "Deployment", "chat"), 1, 4, "HorizontalPodAutoscaler chat")
    world.inventory.scalers = (chat,)
    await world.cycles(2)
    assert [known.live.scalers for known in adviser.asked] == [(), (chat,)]


async def test_an_adviser_that_fails_is_logged_and_what_it_said_stands(caplog: pytest.LogCaptureFixture) -> None:
    """Money is told all the same, and others are asked."""
    first, second = FakeAdviser(), FakeAdviser([(REF, LOOKED)])
    world = await advised(first, second)
    first.fault = RuntimeError("of its own")
    caplog.set_level(logging.ERROR)
    world.store.apply("PriceBook", "default", a_book_of("5"))
    await world.cycle(1800)
    assert [of["id"] for of in world.store.status(CHAT)["recommendations"]] == [SAVES.id]
    assert (len(second.asked), world.condition(BOOK, "Ready")["status"]) == (2, "True")
    assert "an adviser failed" in caplog.text


async def test_a_lever_that_fails_silences_no_other(caplog: pytest.LogCaptureFixture) -> None:
    """What it said before stands, over a restart too, until it answers again; it is logged with its workload, and counted."""
    slice_ = replace(SAVES, lever=Lever.USE_MIG_SLICE)
    adviser = FakeAdviser([(REF, SAVES), (REF, slice_)])
    world = await advised(adviser)
    both = [SAVES.id, slice_.id]
    adviser.failing = {Lever.SCALE_TO_ZERO}
    caplog.set_level(logging.ERROR)
    for restarts in (False, True):
        if restarts:
            world.restart()
        await world.cycles(2, 1800)
        assert [of["id"] for of in world.store.status(CHAT)["recommendations"]] == both
        assert world.evaluation.advice.asking.failures == {"ScaleToZero": 1}
    assert "the lever ScaleToZero failed on support/chat by a fault of aicost" in caplog.text
    assert [promise.ended for promise in world.ledger.promises()] == [None, None]
    adviser.failing, adviser.answers = set(), [(REF, slice_)]
    await world.cycle(3600)
    assert [of["id"] for of in world.store.status(CHAT)["recommendations"]] == [slice_.id]


@pytest.mark.parametrize(
    ("wishes", "told"),
    [
        ({"mode": "Off"}, None),
        ({"minimumMonthlySaving": "100.01"}, []),
        ({"ignore": [{"id": SAVES.id, "until": "2026-11-11"}]}, []),
        ({"ignore": [{"id": SAVES.id, "until": "2026-11-10"}]}, [SAVES.id]),
        ({"isolation": "Required"}, [SAVES.id]),
    ],
)
async def test_a_workload_is_told_what_its_spec_asks_for(wishes: dict[str, object], told: list[str] | None) -> None:
    """On 10 November."""
    world = await advised(FakeAdviser())
    world.store.apply("AIWorkload", "chat", {**CHAT_SPEC, "rightSizing": wishes}, namespace="support")
    await world.cycle()
    shown = world.store.status(CHAT).get("recommendations")
    assert (shown if shown is None else [of["id"] for of in shown]) == told


async def test_savings_are_told_in_the_unit_s_currency() -> None:
    """At the rate of the last day that was looked at; without a rate nobody knows them."""
    world = await advised(FakeAdviser())
    world.store.apply("BusinessUnit", "euro", {"currency": "EUR", "namespaces": [{"name": "support"}]})
    world.store.apply("AIWorkload", "chat", {**CHAT_SPEC, "businessUnit": "euro"}, namespace="support")
    await world.cycle()
    assert "recommendations" not in world.store.status(CHAT)
    rates = [{"from": "2026-11-01", "currency": "EUR", "rate": "1.25"}]
    world.store.apply("PriceBook", "default", {**a_book_of("4"), "exchangeRates": rates})
    await world.cycle(900)
    assert world.store.status(CHAT)["recommendations"][0]["monthlySaving"] == {"low": "56.00", "high": "80.00"}
    assert world.store.status(ResourceRef("BusinessUnit", "", "euro"))["summary"]["saving"] == "56.00"


async def test_small_moves_of_a_saving_are_not_told() -> None:
    """So that no status is written for noise."""
    adviser = FakeAdviser()
    world = await advised(adviser)
    adviser.answers = [(REF, replace(SAVES, saving=Saving(usd(69).nanos, usd(95).nanos)))]
    await world.cycle(3600)
    assert world.store.status(CHAT)["summary"]["saving"] == "70.00"
    adviser.answers = [(REF, replace(SAVES, saving=Saving(usd(50).nanos, usd(60).nanos)))]
    await world.cycle(3600)
    assert world.store.status(CHAT)["summary"]["saving"] == "50.00"


LWS = ObjectRef("leaderworkerset.x-k8s.io", "LeaderWorkerSet", "llm")
CUT = replace(SAVES, target=Target(LWS, "app"), change=Resize("app", (("nvidia.com/gpu", 1),)))


async def test_a_patch_of_a_list_waits_for_how_its_object_looks() -> None:
    """It is asked for once there is advice; a restart asks anew, and tells the patch that was told."""
    world = await advised(FakeAdviser([(REF, CUT)]))
    assert "patch" not in world.store.status(CHAT)["recommendations"][0]
    at_app = ("spec", "app")
    seen = Place("app", at_app, (((*at_app, "name"), "app"),), (("nvidia.com/gpu", 2),))
    world.inventory.shapes = (Shape("support", LWS, (seen,)), Shape("search", LWS, missing="no right to read it"))
    await world.cycles(2, 1800)
    told = world.store.status(CHAT)["recommendations"][0]
    assert yaml.safe_load(told["patch"]) == [
        {"op": "test", "path": "/spec/app/name", "value": "app"},
        {"op": "add", "path": "/spec/app/resources/limits/nvidia.com~1gpu", "value": 1},
    ]
    world.inventory.shapes = ()
    world.restart()
    await world.cycles(2, 1800)
    assert world.store.status(CHAT)["recommendations"][0] == told
