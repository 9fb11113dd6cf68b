"""Closing months over evaluations: by the schedule, in order, and because somebody asked."""

from __future__ import annotations

import logging
from dataclasses import replace
from pathlib import Path

import pytest

from aicost.core.closing import Closing
from aicost.core.gaps import Feed
from aicost.core.money import NANOS_PER_UNIT, Money
from aicost.core.reasons import CheckReason, GapReason
from aicost.core.window import DAY, HOUR, Instant, Period
from aicost.ports import Malformed, Unavailable
from aicost.store import SqlLedger
from tests.reconcile import test_recharges
from tests.reconcile.october import BEGIN, NOVEMBER, OCTOBER, THE_29TH, a_world, close, restate
from tests.reconcile.world import BILL_POLL, CARE, OPENAI, World, a_book_of, bill_of
from tests.support.builders import a_row, at

NO_MORE = "the bill of UsageSource openai, which is declared no more, was not told to the end in "
LAST_DAY = "[2026-10-31T00:00:00Z, 2026-11-01T00:00:00Z)"
UNBILLED = (CheckReason.BILL_INCOMPLETE, GapReason.BILL_PENDING)


def closings(world: World) -> list[Closing]:
    """What the operator knows of closed months."""
    return list(world.months.closings)


async def test_the_schedule_closes_on_the_close_day() -> None:
    """Not a second before; what nobody could do anything about, and what is open, is remembered."""
    world = await a_world(4 * DAY - 300)
    world.bills.days = (*world.bills.days, bill_of(4))
    assert closings(world) == []
    await world.cycle(300)
    (closing,) = closings(world)
    assert (closing.period, closing.at, closing.by) == (OCTOBER, at(4 * DAY), "schedule")
    assert closing.left == ()
    assert world.store.status(CARE)["previousMonth"]["state"] == "Open"  # numbers alone wait for their turn
    await world.cycle(900)
    assert world.store.status(CARE)["previousMonth"]["state"] == "Closed"
    world.restart()
    await world.cycle(60)
    assert closings(world) == [closing]


async def test_the_schedule_waits_for_hours_and_bills() -> None:
    """A month whose history is still being read, or before bills were asked for since the start, is not closed yet."""
    world = await a_world(3 * DAY)
    world.history.failure = Unavailable("down")
    world.inventory.watching = False
    await world.cycle(HOUR)
    world.bills.answering.clear()
    world.restart()
    world.inventory.watching = True
    world.history.failure = None
    world.clock.advance(2 * DAY)
    world.evaluation.watch()
    world.evaluation.attend(0.0)
    await world.evaluation.catch_up()
    await world.evaluation.run()
    assert closings(world) == []
    world.bills.answering.set()
    await world.desk.settle()
    await world.evaluation.run()
    assert [closing.period for closing in closings(world)] == [OCTOBER]


async def test_a_month_is_closed_though_the_next_is_not_due() -> None:
    """Whoever comes back after a month closes the one that waited, not the one before this."""
    world = await a_world()
    world.history.told = world.inventory.devices(Instant(at(70 * DAY)))
    world.clock.advance(31 * DAY)
    world.restart()
    await world.cycle()
    assert [closing.period.month for closing in closings(world)] == ["2026-10"]


async def test_months_of_a_long_absence_are_closed_in_order() -> None:
    """All of them at the first evaluation that knows them whole, and each once."""
    world = await a_world()
    world.history.told = world.inventory.devices(Instant(at(70 * DAY)))
    world.clock.advance(34 * DAY)
    world.restart()
    await world.cycle()
    assert [closing.period.month for closing in closings(world)] == ["2026-10", "2026-11"]
    assert world.ledger.verify().broken == ()


async def test_a_dry_run_tells_and_closes_nothing() -> None:
    """The check-list, and the month as open as before."""
    world = await a_world()
    outcome = await close(world, dry_run=True)
    assert [(check.reason.value, check.blocks) for check in outcome.checks] == [
        ("NoPodHistory", False), ("Unclaimed", False)
    ]  # fmt: skip
    assert (outcome.clean, outcome.closing, closings(world)) == (True, None, [])


async def test_a_month_that_is_not_clean_is_closed_only_by_force() -> None:
    """Then its closing says what was open."""
    world = await a_world()
    world.store.apply("PriceBook", "default", {**a_book_of("8"), "gpus": [], "builtInPrices": False})
    await world.cycle(60)
    assert not (await close(world, force=False)).closing
    closing = (await close(world)).closing
    assert closing is not None
    assert [point.split(":")[0] for point in closing.left] == ["NoPrice"]


async def test_a_second_close_shows_the_first() -> None:
    """Nothing is changed, by a dry run neither."""
    world = await a_world()
    first = await close(world)
    for dry_run in (False, True):
        again = await close(world, dry_run=dry_run)
        assert (again.before, again.closing) == (True, first.closing)


@pytest.mark.parametrize(("month", "words"), [("2026-11", "is not over"), ("2026-09", "nothing is known")])
async def test_what_cannot_be_closed_is_refused(month: str, words: str) -> None:
    """With or without force."""
    world = await a_world()
    with pytest.raises(Malformed, match=words):
        await close(world, Period(month))


async def test_a_close_that_fails_is_tried_again(caplog: pytest.LogCaptureFixture) -> None:
    """The evaluation in which it was due goes on and shows its numbers; the next one closes."""
    world = await a_world(4 * DAY - 300)
    world.months.ledger = SqlLedger(world.ledger._engine, world.ledger._term, "is read-only")  # noqa: SLF001 # the same database, looked at
    world.bills.days = (*world.bills.days, bill_of(4))
    await world.cycle(300)
    assert "a month that is due was not closed, it is tried again: ledger :memory: is read-only" in caplog.text
    assert closings(world) == []
    assert world.evaluation.facts is not None
    assert world.evaluation.facts.through[Feed.GPU] == at(4 * DAY)
    world.months.ledger = world.ledger
    await world.cycle()
    assert [closing.period for closing in closings(world)] == [OCTOBER]


class Uncopied(SqlLedger):
    """The ledger of a world whose volume has no room for a copy."""

    def back_up(self, period: Period, keep: int, *, again: bool = True) -> Path | None:
        raise Unavailable(f"no room for {keep} of {period}, again: {again}")


async def test_a_month_is_closed_without_a_copy(caplog: pytest.LogCaptureFixture) -> None:
    """A copy that cannot be made is told in the log, and keeps no month open."""
    world = await a_world()
    world.months.ledger = Uncopied(world.ledger._engine, world.ledger._term)  # noqa: SLF001 # the same database, looked at
    with caplog.at_level(logging.ERROR):
        closing: Closing | None = (await close(world)).closing
    assert closing is not None
    assert "2026-10 is closed, and no back-up was made" in caplog.text


async def test_a_bill_in_another_currency_keeps_a_month_open_only_without_a_rate() -> None:
    """What the price book converts is no gap of the month's close either."""
    world = await a_world()
    restate(world, bill_of(-1, a_row(Money(10 * NANOS_PER_UNIT, "EUR"), project="p")))
    await world.cycle(BILL_POLL)
    said = {check.reason for check in (await close(world, dry_run=True)).checks}
    assert GapReason.NO_EXCHANGE_RATE in said
    rates = [{"from": "2026-01-01", "currency": "EUR", "rate": "1.1"}]
    world.store.apply("PriceBook", "default", a_book_of("4") | {"exchangeRates": rates})
    await world.cycle()
    converted = {check.reason for check in (await close(world, dry_run=True)).checks}
    assert converted == said - {GapReason.NO_EXCHANGE_RATE} | {CheckReason.EXCHANGE_RATE}


@pytest.mark.parametrize("told", [-DAY, DAY])
@pytest.mark.parametrize("renamed", [False, True])
async def test_a_bill_that_is_deleted_in_the_month_speaks_against_closing_it(told: int, *, renamed: bool) -> None:
    """Also in the next process; not once it told of a day after the month, nor where another name tells all of it."""
    world = await a_world(told)
    world.store.delete(OPENAI)
    if renamed:
        world.store.apply(
            "UsageSource", "prod", {"type": "OpenAI", "secretRef": {"name": "openai-admin", "key": "token"}}
        )
        days = tuple(bill_of(day) for day in range(THE_29TH, 3))
        world.bills.days = tuple(replace(day, source="prod") for day in days)
    await world.cycle(BILL_POLL)
    world.restart()
    await world.cycle(2 * DAY)
    said = [check.message for check in (await close(world, dry_run=True)).checks if check.reason in UNBILLED]
    assert said == ([NO_MORE + LAST_DAY] if told < 0 and not renamed else [])


@pytest.mark.parametrize("lacking", ["no day", "a day", "a part of two days"])
async def test_a_bill_that_is_deleted_hides_no_day_that_it_did_not_tell(lacking: str) -> None:
    """Though it told of days after it; also in the next process."""
    world, open_ = await a_world(BEGIN), (OCTOBER.window.end - 2 * DAY, OCTOBER.window.end - DAY)
    days = [bill_of(day) for day in range(THE_29TH, 2)]
    if lacking == "a day":
        days = [day for day in days if day.day.start != open_[1]]
    elif lacking == "a part of two days":
        days = [replace(day, whole=day.day.start not in open_) for day in days]
    world.bills.days = tuple(days)
    await world.cycle(BILL_POLL)
    await world.cycle(4 * DAY + HOUR)
    world.store.delete(OPENAI)
    await world.cycle(BILL_POLL)
    world.restart()
    await world.cycle(2 * DAY)
    said = [check.message for check in (await close(world, dry_run=True)).checks if check.reason in UNBILLED]
    of_two = LAST_DAY.replace("31T", "30T")
    assert said == {"no day": [], "a day": [NO_MORE + LAST_DAY], "a part of two days": [NO_MORE + of_two]}[lacking]


async def test_a_bill_that_told_the_month_whole_and_was_deleted_is_no_point() -> None:
    """It need not tell of a day after it."""
    world = await a_world(BEGIN)
    world.bills.days = tuple(bill_of(day) for day in range(THE_29TH, 0))
    await world.cycle(4 * DAY + HOUR)
    world.store.delete(OPENAI)
    await world.cycle(2 * DAY)
    assert not [check for check in (await close(world, dry_run=True)).checks if check.reason in UNBILLED]


async def test_a_meter_that_is_down_speaks_against_closing() -> None:
    """What callers owe a server would stay with it for good: the check-list names the days."""
    world = test_recharges.a_world(30 * DAY + 2 * HOUR)
    world.store.delete(OPENAI)
    world.called.failure = Unavailable("down")
    await world.cycles(2, seconds=0)
    outcome = await close(world, NOVEMBER, dry_run=True, force=False)
    assert {check.reason for check in outcome.checks if check.blocks} == {GapReason.METER_UNAVAILABLE}
