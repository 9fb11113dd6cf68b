"""What advice promised and what came of it: followed in a real evaluation over a real ledger."""

from __future__ import annotations

from dataclasses import replace

import pytest

from aicost.core.bills import BillDay
from aicost.core.holdings import FOREVER
from aicost.core.identity import ObjectRef
from aicost.core.recommendations.advice import Advice, Evidence, Part, Saving, Target
from aicost.core.recommendations.changes import Change, Resize, Scale, SetVariable
from aicost.core.recommendations.operations import located
from aicost.core.recommendations.promises import Outcome, Promise
from aicost.core.window import DAY, HOUR, Window
from tests.reconcile.test_advice import REF, FakeAdviser, advised
from tests.reconcile.world import CHAT_SPEC, World, bill_of, running
from tests.support.advising import ADVICE
from tests.support.builders import a_row, at, between, usd

POD = Target(ObjectRef("", "Pod", "chat-0"))
WEEK = Window(at(1 * DAY), at(8 * DAY))
MONTHLY = usd(2 * 4 * 730).nanos
"""Two cards at 4.00."""
IDLE = replace(
    ADVICE,
    target=POD,
    saving=Saving(MONTHLY, MONTHLY),
    touched=Part(("gpu", "support", "pod", "chat-0"), MONTHLY),
    evidence=Evidence(WEEK, 168),
    change=Scale(0),
)
TOLD = located(IDLE, None)
"""As it is told: with what no patch says of a Pod."""
OLDER = replace(
    ADVICE,
    target=Target(ObjectRef("apps", "Deployment", "chat"), "app", "old"),
    saving=Saving(1, 2),
    touched=Part(("tokens", "openai", "old"), usd(10**4).nanos),
    evidence=Evidence(WEEK, 168),
    change=SetVariable("app", "MODEL", "new-2026-10-01"),
)


def promise(world: World) -> Promise:
    """The one that the ledger has."""
    (found,) = world.ledger.promises()
    return found


def ends(world: World, second: int) -> None:
    """The pod is over at that second."""
    gone = replace(running("chat-0", "support", "chat"), window=between(0, second))
    world.inventory.holdings = (gone, *world.inventory.holdings[1:])
    world.history.told = world.inventory.devices(FOREVER)


async def told(advice: Advice, *, now: int = 9 * DAY) -> tuple[World, FakeAdviser]:
    """A world in which that is told to the workload."""
    adviser = FakeAdviser([(REF, advice)])
    return await advised(adviser, now=now), adviser


async def test_a_promise_stands_since_it_was_told_over_restarts() -> None:
    """And what was told stays steady over them, too."""
    world, adviser = await told(IDLE)
    assert promise(world) == Promise(REF, TOLD, at(9 * DAY))
    adviser.answers = [(REF, replace(IDLE, saving=Saving(MONTHLY - 1, MONTHLY - 1)))]
    world.restart()
    await world.cycle(HOUR)
    assert promise(world) == Promise(REF, TOLD, at(9 * DAY))
    assert world.evaluation.advice.told[REF].advice == (TOLD,)


async def test_what_is_told_no_longer_ended_and_saved_nothing_that_is_known() -> None:
    """Nobody made the change: the pod holds what it held."""
    world, adviser = await told(IDLE)
    adviser.answers = []
    world.store.apply("AIWorkload", "chat", {**CHAT_SPEC, "rightSizing": {"mode": "Off"}}, namespace="support")
    await world.cycle(HOUR)
    await world.cycle(3 * DAY)
    assert promise(world) == Promise(REF, TOLD, at(9 * DAY), ended=at(9 * DAY + HOUR))


async def test_what_a_change_saved_is_its_cost_before_less_its_cost_after() -> None:
    """From the first whole day that shows it; a week at most is compared, also when the advice is told still."""
    world, _ = await told(IDLE)
    ends(world, 9 * DAY + HOUR)
    await world.cycle(DAY)
    assert promise(world).outcome is None
    await world.cycle(DAY + HOUR)
    assert promise(world).outcome == Outcome(at(10 * DAY), 1, MONTHLY, 0)
    await world.cycle(DAY)
    world.restart()
    await world.cycle(10 * DAY)
    known = promise(world).outcome
    assert known == Outcome(at(10 * DAY), 7, MONTHLY, 0)
    assert known.realised == MONTHLY
    assert world.evaluation.facts is not None
    assert world.evaluation.facts.promises == (promise(world),)


async def test_what_other_pods_of_the_workload_took_over_is_not_saved() -> None:
    """The pod that was idle is over, and one of another name holds the same cards from then on: the bill is what it was."""
    world, _ = await told(IDLE)
    ends(world, 9 * DAY)
    heir = replace(running("chat-v2-0", "support", "chat"), window=between(9 * DAY, 99 * DAY))
    world.inventory.holdings = (*world.inventory.holdings, heir)
    world.history.told = world.inventory.devices(FOREVER)
    await world.cycle(2 * DAY)
    outcome = promise(world).outcome
    assert outcome == Outcome(at(9 * DAY), 1, MONTHLY, MONTHLY)
    assert outcome.realised == 0


async def unwanted(world: World, second: int) -> None:
    """Chat wants no advice from then on."""
    off = {**CHAT_SPEC, "rightSizing": {"mode": "Off"}}
    world.store.apply("AIWorkload", "chat", off, namespace="support")
    await world.cycle(second)


async def test_what_changes_long_after_advice_ended_has_other_reasons() -> None:
    """Nobody is told it any more, and the pod is over a month later."""
    world, _ = await told(IDLE)
    await unwanted(world, HOUR)
    ends(world, 40 * DAY)
    for _ in range(5):
        await world.cycle(7 * DAY)
    assert promise(world) == Promise(REF, TOLD, at(9 * DAY), ended=at(9 * DAY + HOUR))


async def test_what_ends_because_it_was_followed_is_compared() -> None:
    """The pod is over at once, and the first whole day after that is known much later only."""
    world, _ = await told(IDLE)
    ends(world, 9 * DAY + HOUR)
    await unwanted(world, HOUR)
    await world.cycle(5 * DAY)
    assert promise(world).outcome == Outcome(at(10 * DAY), 4, MONTHLY, 0)


async def test_of_advice_that_is_told_anew_the_last_one_has_the_saving() -> None:
    """One change is never saved twice."""
    world, _ = await told(IDLE)
    await unwanted(world, HOUR)
    world.store.apply("AIWorkload", "chat", CHAT_SPEC, namespace="support")
    await world.cycle(HOUR)
    ends(world, 9 * DAY + 3 * HOUR)
    await world.cycle(2 * DAY)
    made = [each.outcome.made if each.outcome else None for each in world.evaluation.advice.promises.all_of()]
    assert made == [None, at(10 * DAY)]


async def test_that_nobody_told_who_held_cards_is_no_change() -> None:
    """A watch that is lost and series that are not there show nothing."""
    world, _ = await told(IDLE)
    world.inventory.watching = False
    world.history.covers = (between(0, 9 * DAY),)
    ends(world, 9 * DAY + HOUR)
    await world.cycle(3 * DAY)
    assert promise(world).outcome is None


@pytest.mark.parametrize(
    ("change", "made"),
    [
        (Scale(1), True),
        (Resize("app", (("nvidia.com/gpu", 2),)), True),
        (Resize("app", (("nvidia.com/gpu", 1),)), False),
        (Resize("app", (("nvidia.com/gpu", None), ("nvidia.com/mig-1g.10gb", 1))), False),
        (SetVariable("app", "MODEL", "new"), False),
        (None, False),
    ],
)
async def test_a_change_is_seen_by_what_pods_hold(change: Change | None, *, made: bool) -> None:
    """A pod that holds two cards: that is what some advice proposes, and what other advice does not."""
    world, _ = await told(replace(IDLE, change=change))
    await world.cycle(2 * DAY)
    assert (promise(world).outcome is not None) is made


def of_models(day: int, old: int, new: int) -> BillDay:
    """A day's bill of two models; the newer one is billed by its snapshot's name or without."""
    rows = (a_row(usd(old), project="p", model="old"), a_row(usd(new), project="p", model="new"))
    return bill_of(day, *(row for row in rows if row.amount.nanos))


async def test_a_model_that_took_another_s_place_is_compared_by_both() -> None:
    """By complete days of the bill only: what is not billed yet would look saved."""
    world = World(9 * DAY)
    adviser = FakeAdviser([(REF, OLDER)])
    world.advisers = (adviser,)
    world.restart()
    world.declare()
    world.populate()
    world.bills.days = tuple(of_models(day, 70, 7) for day in range(9))
    await world.cycle()
    world.bills.days = (*world.bills.days, *(of_models(day, 0, 44) for day in (9, 10)))
    await world.cycle(2 * DAY)
    outcome = promise(world).outcome
    assert outcome == Outcome(at(9 * DAY), 1, (usd(77 * 7).nanos * 730) // (7 * 24), usd(44).nanos * 730 // 24)
    world.bills.days = (*world.bills.days, of_models(11, 0, 20))
    await world.cycle(2 * DAY)
    later = promise(world).outcome
    assert later is not None
    assert (later.days, later.after) == (3, usd(108).nanos * 730 // 72)
