"""Trainings over months: the terms of a closed month stand, over edits, deletions and restarts, and so does its cost."""

from __future__ import annotations

from aicost.core.basis import workload_bases
from aicost.core.money import NANOS_PER_UNIT, Money, decimal, parse_nanos
from aicost.core.window import DAY
from aicost.ports import ResourceRef
from tests.reconcile.october import NOVEMBER, THE_29TH, a_world, close, restate
from tests.reconcile.world import CHAT, CHAT_SPEC, World, a_book_of, bill_of
from tests.support.builders import a_row, usd

TRAINING = {**CHAT_SPEC, "purpose": "Training", "training": {"amortiseMonths": 2}}
USER = {"businessUnit": "care", "pods": {"selector": {"matchLabels": {"app": "serve"}}}, "model": {"trainedBy": "chat"}}
SERVE = ResourceRef("AIWorkload", "support", "serve")
IN_OCTOBER = 42
"""Dollars: 14 on each of the three days that are known of it."""


async def a_training() -> World:
    """Chat trained in October and goes on; serve uses its model."""
    world = await a_world()
    world.store.apply("AIWorkload", "chat", TRAINING, namespace="support")
    world.store.apply("AIWorkload", "serve", USER, namespace="support")
    await world.cycle(900)
    return world


def asset(world: World) -> dict[str, str]:
    """The training as its status tells it."""
    told: dict[str, str] = world.store.status(CHAT)["training"]
    return told


def used_up(world: World) -> dict[str, str]:
    """What of trainings workloads used up in the month to date."""
    assert world.evaluation.facts is not None
    told = workload_bases(world.evaluation.facts)
    return {str(each.workload): decimal(each.amortised) for each in told if each.amortised}


async def test_a_training_is_used_up_from_the_month_after_it_on() -> None:
    """By the workload that names it, day by day; what it cost in November is used up from December on."""
    world = await a_training()
    invested = usd(IN_OCTOBER).nanos + parse_nanos(world.charged(CHAT))
    monthly = usd(IN_OCTOBER // 2).nanos
    assert asset(world) == {
        "invested": decimal(invested),
        "amortisedToDate": decimal(monthly // 30),
        "bookValue": decimal(invested - monthly // 30),
        "monthlyCharge": decimal(monthly),
    }
    assert used_up(world) == {"support/serve": "0.70"}
    await world.cycle(2 * DAY)
    assert used_up(world) == {"support/serve": "2.10"}


async def test_an_edit_counts_for_open_months_only() -> None:
    """October is spread over two months for good, once it is closed."""
    world = await a_training()
    world.store.apply("AIWorkload", "chat", {**TRAINING, "training": {"amortiseMonths": 3}}, namespace="support")
    await world.cycle(900)
    assert asset(world)["monthlyCharge"] == "14.00"
    await close(world)
    world.store.apply("AIWorkload", "chat", {**TRAINING, "training": {"amortiseMonths": 1}}, namespace="support")
    await world.cycle(900)
    assert asset(world)["monthlyCharge"] == "14.00"
    world.restart()
    await world.cycle(900)
    assert asset(world)["monthlyCharge"] == "14.00"


async def test_a_closed_month_keeps_what_it_used_up() -> None:
    """As it stood on its last day, whatever is edited or deleted since, and after a restart."""
    world = await a_training()
    await close(world)
    await world.cycle(33 * DAY)
    open_yet = world.evaluation.look().issued(NOVEMBER)
    outcome = await close(world, NOVEMBER)
    assert outcome.closing is not None
    assert outcome.closing.issued == open_yet
    spreads = {(str(of.workload), decimal(of.amortised)) for _, of in open_yet.spreads or () if of.amortised}
    assert spreads == {("support/serve", decimal(usd(IN_OCTOBER // 2).nanos))}
    world.store.apply("AIWorkload", "chat", {**TRAINING, "training": {"amortiseMonths": 1}}, namespace="support")
    world.store.delete(SERVE)
    await world.cycle(900)
    world.restart()
    await world.cycle(900)
    assert [closing.issued for closing in world.months.closings][-1] == open_yet
    assert world.ledger.verify().broken == ()


async def test_a_training_that_is_deleted_is_still_used_up() -> None:
    """Its money was spent; one that nobody names any more uses itself up, in its unit, from the next day on."""
    world = await a_training()
    await close(world)
    world.store.delete(CHAT)
    await world.cycle(900)
    assert used_up(world) == {"support/serve": "0.70"}
    world.store.delete(SERVE)
    await world.cycle(900)
    world.restart()
    await world.cycle(2 * DAY)
    assert used_up(world) == {"support/chat": "0.70", "support/serve": "1.40"}


async def test_each_day_is_used_up_by_those_who_named_the_training_then() -> None:
    """Who comes within the month has a part of later days; who goes keeps the days that he had, after a restart too."""
    world = await a_training()
    await world.cycle(900)
    world.store.apply("AIWorkload", "bot", USER, namespace="support")
    await world.cycle(2 * DAY)
    assert used_up(world) == {"support/bot": "0.35", "support/serve": "1.75"}
    world.store.delete(SERVE)
    await world.cycle(900)
    world.restart()
    await world.cycle(2 * DAY)
    assert used_up(world) == {"support/bot": "1.40", "support/serve": "2.10"}


async def test_who_names_a_unit_that_is_not_his_uses_nothing_up() -> None:
    """Of a unit nothing is told that a namespace which it does not list would put there."""
    world = await a_training()
    await world.cycle(DAY)
    world.store.apply("AIWorkload", "serve", {**USER, "businessUnit": "find"}, namespace="support")
    await world.cycle(2 * DAY)
    assert used_up(world) == {"support/chat": "0.70", "support/serve": "2.10"}


async def test_what_is_no_training_any_more_was_none_in_an_open_month() -> None:
    """A purpose that is mended in time takes its spreading back."""
    world = await a_training()
    world.store.apply("AIWorkload", "chat", CHAT_SPEC, namespace="support")
    await world.cycle(900)
    assert "training" not in world.store.status(CHAT)
    assert used_up(world) == {}


async def test_a_closed_month_is_used_up_at_its_own_rates() -> None:
    """Whatever the euro is worth since: what was paid was paid."""
    world = await a_world()
    euros = {**a_book_of("4"), "exchangeRates": [{"from": "2026-10-01", "currency": "EUR", "rate": "1.25"}]}
    world.store.apply("PriceBook", "default", euros)
    world.store.apply("AIWorkload", "chat", {**CHAT_SPEC, "purpose": "FineTuning"}, namespace="support")
    restate(world, bill_of(THE_29TH, a_row(Money(120 * NANOS_PER_UNIT, "EUR"), project="p")))
    await world.cycle(3600)
    await close(world)
    await world.cycle(900)
    monthly = world.store.status(CHAT)["training"]["monthlyCharge"]
    dearer = {**euros, "exchangeRates": [{"from": "2026-10-01", "currency": "EUR", "rate": "2.50"}]}
    world.store.apply("PriceBook", "default", dearer)
    await world.cycle(900)
    assert world.store.status(CHAT)["training"]["monthlyCharge"] == monthly
    world.restart()
    await world.cycle(900)
    assert world.store.status(CHAT)["training"]["monthlyCharge"] == monthly
