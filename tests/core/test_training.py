"""Trainings: what was bought is used up exactly once, in equal parts, and by those who use the model."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aicost.core.declarations import Declarations, Workload
from aicost.core.identity import WorkloadRef
from aicost.core.training import Asset, Investment, Spread, Trained, Users, users_of
from aicost.core.window import DAY, Instant, Period, instant
from tests.support.builders import a_unit, a_workload

TUNE, CHAT, RANK = (WorkloadRef("support", name) for name in ("tune", "chat", "rank"))
OCTOBER, NOVEMBER, DECEMBER = (Period(f"2026-{month}") for month in (10, 11, 12))
AFTER = instant("2037-01-01T00:00:00Z")

amounts = st.integers(-(10**12), 10**12)
instants = st.integers(NOVEMBER.window.start, AFTER).map(Instant)


@st.composite
def investments(draw: st.DrawFn) -> Investment:
    """Of two trainings in two units, over up to ten years."""
    training, unit = draw(st.sampled_from((TUNE, RANK))), draw(st.sampled_from(("care", "find")))
    period = draw(st.sampled_from((OCTOBER, NOVEMBER, DECEMBER)))
    return Investment(training, unit, period, draw(st.integers(1, 120)), draw(amounts))


def user(name: str, unit: str = "care", trained_by: WorkloadRef | None = TUNE) -> Workload:
    return replace(a_workload(name, unit=unit), trained_by=trained_by)


def test_a_month_that_is_over_has_all_its_days() -> None:
    """Up to its end it is told whole, though that instant begins the next month, of which nothing is used up yet."""
    trained = Trained(
        (Investment(TUNE, "care", OCTOBER, 3, 90), Investment(RANK, "find", NOVEMBER, 2, 8)), NOVEMBER.window.end
    )
    assert trained.spreads_in(NOVEMBER) == (Spread(RANK, "find", 8, 0), Spread(TUNE, "care", 0, 30))
    assert all(not (spread.invested or spread.amortised) for spread in trained.spreads())


def test_what_is_bought_in_parts_is_told_together() -> None:
    """Over as many months as each: what was charged before the terms were edited, and after it."""
    parts = Investment(TUNE, "care", NOVEMBER, 3, 90), Investment(TUNE, "care", NOVEMBER, 2, 10)
    assert Trained(parts, NOVEMBER.window.end).spreads_in(NOVEMBER) == (Spread(TUNE, "care", 100, 0),)
    assert Trained(parts, DECEMBER.window.end).spreads_in(DECEMBER) == (Spread(TUNE, "care", 0, 35),)


@given(investments())
def test_what_was_bought_is_used_up_in_the_end(bought: Investment) -> None:
    """The parts of all months sum to the investment, to the nano-unit; before the next month there is none."""
    assert bought.amortised(AFTER) == bought.nanos
    assert bought.amortised(bought.period.window.end) == 0
    later, parts = bought.period, 0
    for _ in range(bought.months):
        later = Period.of(later.window.end)
        parts += bought.monthly(later)
    assert parts == bought.nanos
    assert bought.monthly(Period.of(later.window.end)) == 0


@given(investments(), st.lists(instants, min_size=2, max_size=2))
def test_it_is_used_up_evenly(bought: Investment, instants: list[Instant]) -> None:
    """Never back, and two equal months differ by a nano-unit at most."""
    sign = 1 if bought.nanos >= 0 else -1
    earlier, later = (sign * bought.amortised(at) for at in sorted(instants))
    assert earlier <= later
    months = [bought.monthly(Period.of(at)) for at in instants if bought.period < Period.of(at)]
    within = [part for part in months if part]
    assert not within or abs(max(within) - min(within)) <= 1


def test_a_months_part_accrues_by_complete_days() -> None:
    """So a status that tells it changes once a day."""
    bought = Investment(TUNE, "care", OCTOBER, 2, 60 * 10**9)
    start = NOVEMBER.window.start
    ends = (start, start + DAY - 1, start + DAY, start + 15 * DAY, start + 30 * DAY)
    assert [bought.amortised(Instant(at)) // 10**9 for at in ends] == [0, 0, 1, 15, 30]


def used_by(*workloads: Workload) -> Users:
    """By these, as far as they name units of theirs."""
    units = a_unit("bots", "support"), a_unit("care", "support"), a_unit("find", "search")
    return users_of(Declarations(workloads, units))


@given(
    st.lists(investments(), max_size=6),
    st.lists(st.lists(st.sampled_from(("chat", "bot", "ask")), unique=True), max_size=3),
    instants,
    st.data(),
)
def test_spreading_conserves(
    bought: list[Investment], reigns: list[list[str]], until: Instant, data: st.DataObject
) -> None:
    """What all use up in a month to date is what accrued in it, whoever uses it, in any order; what is bought stays."""
    period = Period.of(until)
    days = data.draw(st.lists(st.integers(0, 30), min_size=len(reigns), max_size=len(reigns), unique=True))
    users = tuple(
        (Instant(period.window.start + day * DAY), used_by(*map(user, names)))
        for day, names in zip(sorted(days), reigns, strict=True)
    )
    spread = Trained(tuple(bought), until, users).spreads()
    accrued = sum(each.amortised(until) - each.amortised(period.window.start) for each in bought)
    assert sum(each.amortised for each in spread) == accrued
    assert sum(each.invested for each in spread) == sum(each.nanos for each in bought if each.period == period)
    assert Trained(tuple(bought[::-1]), until, users).spreads() == spread


@given(st.lists(investments(), max_size=6), instants)
def test_an_asset_is_its_investments(bought: list[Investment], until: Instant) -> None:
    """What is used up and what is left are what was bought, training by training."""
    told = Trained(tuple(bought), until).assets()
    assert {of: asset.amortised + asset.book_value for of, asset in told.items()} == {
        of: sum(each.nanos for each in bought if each.training == of) for of in told
    }
    assert set(told) == {each.training for each in bought}


def test_who_names_the_training_uses_it_up_in_equal_parts() -> None:
    """In their own units; who names another one has none of it."""
    bought = (Investment(TUNE, "find", OCTOBER, 1, 101), Investment(RANK, "find", NOVEMBER, 1, 7))
    users = used_by(user("chat"), user("bot", unit="bots"), user("ask", trained_by=WorkloadRef("search", "tune")))
    end = Instant(NOVEMBER.window.end - 1)
    month = tuple(replace(each, nanos=each.nanos * 30) for each in bought)
    assert Trained(month, end, ((NOVEMBER.window.start, users),)).spreads() == (
        Spread(WorkloadRef("support", "bot"), "bots", amortised=1465),
        Spread(CHAT, "care", amortised=1464),
        Spread(RANK, "find", invested=210),
    )


def test_a_training_that_nobody_names_uses_itself_up() -> None:
    """In the unit in which it was bought, also when it is gone."""
    bought = (Investment(TUNE, "care", OCTOBER, 12, 12), Investment(TUNE, "find", OCTOBER, 12, 24))
    told = Trained(bought, Instant(DECEMBER.window.start + DAY))
    assert told.spreads() == (Spread(TUNE, "care"), Spread(TUNE, "find"))
    assert told.assets() == {TUNE: Asset(36, 3, 3)}


def test_each_day_is_used_up_by_those_who_named_it_then() -> None:
    """Of a month of 30 parts 9 by the training itself, 10 by one and 10 by two; the last day is not over."""
    start = NOVEMBER.window.start
    users = (
        (Instant(start + 9 * DAY), used_by(user("chat"))),
        (Instant(start + 19 * DAY), used_by(user("bot", unit="bots"), user("chat"))),
    )
    bought = Investment(TUNE, "find", OCTOBER, 1, 30)
    assert Trained((bought,), Instant(start + 30 * DAY - 1), users).spreads() == (
        Spread(WorkloadRef("support", "bot"), "bots", amortised=5),
        Spread(CHAT, "care", amortised=15),
        Spread(TUNE, "find", amortised=9),
    )


def test_nobody_uses_up_for_a_unit_that_is_not_his() -> None:
    """Who names a unit that does not list his namespace, or that is not there, is no user; all others are."""
    named = ((CHAT, "care"),)
    assert used_by(user("thief", unit="find"), user("lost", unit="gone"), user("chat")) == {TUNE: named}


def test_a_training_is_spread_over_a_month_at_least() -> None:
    """Nothing is divided by zero months."""
    with pytest.raises(ValueError, match="support/tune cannot be spread over 0 months"):
        Investment(TUNE, "care", OCTOBER, 0, 1)
