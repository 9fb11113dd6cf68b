"""Closed months over evaluations: they stay, what comes later is a correction, and the schedule closes in order."""

from __future__ import annotations

import logging
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aicost.core.closing import Closing, Outcome
from aicost.core.ledger import UNCLAIMED, Component, Owner
from aicost.core.window import DAY, HOUR, Instant, Period
from aicost.ports import Malformed, ResourceRef, Unavailable
from aicost.store import SqlLedger
from tests.reconcile.october import THE_29TH, a_world, restate
from tests.reconcile.world import CARE, CHAT, CHAT_SPEC, OPENAI, UNALLOCATED, World, a_book_of, bill_of
from tests.support.builders import a_row, at, owned_by, usd

OCTOBER, NOVEMBER = Period("2026-10"), Period("2026-11")


async def close(world: World, period: Period = OCTOBER, *, dry_run: bool = False, force: bool = True) -> Outcome:
    return await world.evaluation.close(period, "jane", dry_run=dry_run, force=force)


def corrected(world: World, month: Period = NOVEMBER) -> list[tuple[Owner, int]]:
    """Owners and amounts of the correction lines that a month holds."""
    entries = world.ledger.entries(month.window, Component.CORRECTION)
    return [(line.owner, line.amount.nanos) for entry in entries for line in entry.lines if line.amount]


def closings(world: World) -> list[Closing]:
    """What the operator knows of closed months."""
    return list(world.months.closings)


async def test_a_closed_month_and_its_late_restatement() -> None:
    """October closed, the 29th restated by +12.34: October is what it was, November has one line more, and says so."""
    world = await a_world()
    outcome = await close(world)
    october, november = world.digest("2026-10"), world.billed()
    assert outcome.closing == world.months.closing(OCTOBER)
    assert outcome.closing is not None
    assert (outcome.closing.by, outcome.closing.digest) == ("jane", october)
    restate(world, bill_of(THE_29TH, a_row(usd(26, 340_000_000), project="p"), a_row(usd(2), project="q")))
    await world.cycle(3600)
    assert (world.digest("2026-10"), world.billed("2026-10")) == (october, (3 * 24 * 8 * 4 + 48) * 10**9)
    assert corrected(world) == [(owned_by(), 12_340_000_000)]
    gpu = 8 * 4 * 10**9
    assert world.billed() == november + 12_340_000_000 + gpu
    shown = world.store.status(CHAT)
    assert shown["cost"]["incurred"]["corrections"] == "12.34"
    assert shown["previousMonth"]["state"] == "Closed"
    assert world.store.status(OPENAI)["billed"] == "32.00"
    assert all(proof.difference == proof.broken == 0 for proof in world.ledger.proofs(NOVEMBER))
    assert world.ledger.verify().broken == ()


async def test_evaluating_again_corrects_nothing_twice() -> None:
    """Nor after a restart; and what the provider takes back again leaves nothing."""
    world = await a_world()
    await close(world)
    restate(world, bill_of(THE_29TH, a_row(usd(20), project="p")))
    await world.cycle(3600)
    digest = world.digest()
    world.ledger.new.clear()
    await world.cycle()
    world.restart()
    await world.cycle()
    assert (world.digest(), world.ledger.new) == (digest, [0, 0])
    restate(world, bill_of(THE_29TH))
    await world.cycle(3600)
    assert corrected(world) == []


async def test_an_issued_report_is_read_again() -> None:
    """As of the close, both months are what they were, whatever was restated since."""
    world = await a_world()
    await close(world)
    issued, at_close = world.ledger.totals(NOVEMBER.window, as_of=world.clock.now()), world.clock.now()
    october = world.ledger.totals(OCTOBER.window)
    restate(world, bill_of(THE_29TH, a_row(usd(99), project="p")), bill_of(0, a_row(usd(7), project="p")))
    await world.cycle(3600)
    assert world.ledger.totals(NOVEMBER.window, as_of=at_close) == issued
    assert world.ledger.totals(OCTOBER.window, as_of=at_close) == world.ledger.totals(OCTOBER.window) == october
    assert world.ledger.totals(NOVEMBER.window) != issued


async def test_closed_lines_keep_their_owner_and_new_rows_go_by_the_claims() -> None:
    """A claim made after the close takes nothing of the closed rows' corrections, and a row that was not there."""
    world = await a_world()
    await close(world)
    grants = [{"dimension": "project", "value": value, "namespaces": ["support"]} for value in ("p", "q", "new")]
    secret = {"name": "openai-admin", "key": "token"}
    world.store.apply("UsageSource", "openai", {"type": "OpenAI", "secretRef": secret, "grants": grants})
    usage = [{"name": value, "source": "openai", "match": {"project": value}} for value in ("q", "new")]
    world.store.apply("AIWorkload", "late", {"businessUnit": "care", "usage": usage}, namespace="support")
    rows = a_row(usd(14), project="p"), a_row(usd(5), project="q"), a_row(usd(1), project="new")
    restate(world, bill_of(THE_29TH, *rows))
    await world.cycle(3600)
    assert sorted(corrected(world), key=lambda each: each[1]) == [(owned_by("late"), 10**9), (UNCLAIMED, 3 * 10**9)]
    assert world.store.status(UNALLOCATED)["pools"]["unclaimed"] == "3.00"


async def test_a_price_that_is_edited_never_moves_a_closed_month() -> None:
    """Neither itself nor by a correction."""
    world = await a_world()
    await close(world)
    october = world.digest("2026-10")
    world.store.apply("PriceBook", "default", a_book_of("8"))
    world.store.apply("AIWorkload", "chat", {**CHAT_SPEC, "businessUnit": "find"}, namespace="support")
    await world.cycle(3600)
    assert world.digest("2026-10") == october
    assert corrected(world) == []


async def test_a_split_that_is_refused_is_no_news() -> None:
    """The same amounts told for less than was known correct nothing: a grouping that the provider refuses, after a start."""
    world = await a_world()
    await close(world)
    world.restart()
    restate(world, bill_of(THE_29TH, a_row(usd(16))))
    await world.cycle(3600)
    assert corrected(world) == []


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


async def test_another_account_is_no_correction() -> None:
    """A source that is renamed, narrowed or new tells days of a closed month that were never in it: they stay out."""
    world = await a_world()
    await close(world)
    source = dict((world.store.resource(OPENAI) or {})["spec"])
    world.store.apply("UsageSource", "openai", {**source, "include": {"projects": ["p"]}})
    restate(world, bill_of(THE_29TH, a_row(usd(14), project="p")))
    await world.cycle(3600)
    world.store.delete(OPENAI)
    world.store.apply("UsageSource", "openai-2", source)
    world.bills.days = tuple(replace(day, source="openai-2") for day in world.bills.days)
    await world.cycle(3600)
    assert corrected(world) == []
    world.store.delete(ResourceRef("UsageSource", "", "openai-2"))
    world.store.apply("UsageSource", "openai", source)
    world.bills.days = tuple(replace(day, source="openai") for day in world.bills.days)
    await world.cycle(3600)
    assert corrected(world) == [(UNCLAIMED, -2 * 10**9)]


async def test_months_of_a_long_absence_are_closed_in_order() -> None:
    """All of them at the first evaluation that knows them whole, and each once."""
    world = await a_world()
    world.history.told = world.inventory.devices(Instant(at(70 * DAY)))
    world.clock.advance(40 * DAY)
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
    world.store.apply("PriceBook", "default", {**a_book_of("8"), "gpus": []})
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


class Uncopied(SqlLedger):
    """The ledger of a world whose volume has no room for a copy."""

    def back_up(self, period: Period, keep: int) -> Path | None:
        raise Unavailable(f"no room for {keep} of {period}")


async def test_a_month_is_closed_without_a_copy(caplog: pytest.LogCaptureFixture) -> None:
    """A copy that cannot be made is told in the log, and keeps no month open."""
    world = await a_world()
    world.months.ledger = Uncopied(world.ledger._engine)  # noqa: SLF001 # the same database, looked at
    with caplog.at_level(logging.ERROR):
        closing: Closing | None = (await close(world)).closing
    assert closing is not None
    assert "2026-10 is closed, and no back-up was made" in caplog.text


_AMOUNTS = st.dictionaries(st.sampled_from(["p", "q", "r"]), st.integers(-99, 99), max_size=3)


@settings(max_examples=6)
@given(st.lists(st.tuples(st.integers(THE_29TH, 0), _AMOUNTS), min_size=1, max_size=2))
async def test_any_restatement_is_tied_to_what_was_closed(learnt: list[tuple[int, dict[str, int]]]) -> None:
    """Closed October stays to the digest; with its corrections it is what the provider says now, to the nano-unit."""
    world = await a_world()
    await close(world)
    october, tokens = world.digest("2026-10"), Component.TOKENS
    for day, amounts in learnt:
        rows = [a_row(usd(0, nanos), project=project) for project, nanos in amounts.items()] or [a_row(usd(0))]
        restate(world, bill_of(day, *rows))
        await world.cycle(3600)
        assert world.digest("2026-10") == october
        booked = sum(nanos for _, nanos in corrected(world))
        closed = sum(t.nanos for t in world.ledger.totals(OCTOBER.window) if t.component is tokens)
        truth = sum(row.amount.nanos for told in world.bills.days if told.day.start < at(0) for row in told.rows)
        assert closed + booked == truth
