"""Of files that tell of the same service and day one counts, and where nobody knows which, none."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from pathlib import PurePath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aicost.core.declarations import MONTH_TO_DATE, PARTS
from aicost.core.window import DAY, Instant
from aicost.sources.tokens.focus.accounts import Counted, account_of, counting, told_again

Amounts = dict[Instant, dict[str, Counted]]


def day(number: int) -> Instant:
    return Instant(number * DAY)


def told(*days: int | tuple[int, ...], since: int = 1, used: bool = True, named: bool = False) -> Amounts:
    """Amounts of each day, from a day of November on."""
    amounts = (day if isinstance(day, tuple) else (day,) for day in days)
    return {
        day(number): {f"team-{place}": Counted(Decimal(each), used=used, named=named) for place, each in enumerate(of)}
        for number, of in enumerate(amounts, since)
    }


@given(st.lists(st.integers(1, 99), min_size=3, max_size=6, unique=True))
def test_of_months_so_far_the_latest_counts(costs: list[int]) -> None:
    """Each file adds a day, and knew its last one in part only: nothing is added up, and nothing is doubted after the third."""
    runs = {f"run-{last}": told(*costs[: last - 1], costs[last - 1] + 100) for last in range(1, len(costs) + 1)}
    counts, doubted = counting(runs)
    assert counts == {day(number): (f"run-{len(costs)}",) for number in range(1, len(costs) + 1)}
    assert doubted == {}


_TOLD = st.dictionaries(
    st.integers(1, 4).map(day),
    st.dictionaries(st.sampled_from("ab"), st.integers(0, 2).map(Decimal).map(Counted), min_size=1),
    min_size=1,
)


@given(st.dictionaries(st.sampled_from("xyz"), _TOLD), st.sampled_from(("", MONTH_TO_DATE, PARTS)))
def test_no_day_that_is_told_is_lost(accounts: dict[str, Amounts], exports: str) -> None:
    """Accounts of it count, which tell it, or two are named that nobody can tell apart; parts all count."""
    counts, doubted = counting(accounts, exports)
    assert {*counts, *doubted} == {at for of in accounts.values() for at in of}
    assert not counts.keys() & doubted.keys()
    assert all(at in accounts[account] for at, added in counts.items() for account in added)
    if exports == PARTS:
        assert {at: set(added) for at, added in counts.items()} == {
            at: {name for name, of in accounts.items() if at in of} for of in accounts.values() for at in of
        }
    assert all(one != other and at in accounts[one] and at in accounts[other] for at, (one, other) in doubted.items())


def test_days_of_their_own_all_count() -> None:
    """A file of each day, or of each month."""
    counts, doubted = counting({"a": told(1), "b": told(2, 3, since=2)})
    assert (counts, doubted) == ({day(1): ("a",), day(2): ("b",), day(3): ("b",)}, {})


def test_a_restated_month_replaces_the_one_before() -> None:
    """It tells the same days again, most amounts as they were, and was written later."""
    counts, doubted = counting({"first": told((1, 2), 3), "again": told((1, 2), 4)})
    assert (set(counts.values()), doubted) == ({("again",)}, {})


@pytest.mark.parametrize("other", [told(7, 8), told(1, since=2), told(9, since=1)])
def test_what_may_be_another_part_is_doubted(other: Amounts) -> None:
    """Other amounts of the same days, or a later file that lacks a day: nobody knows whether they add up or replace."""
    counts, doubted = counting({"a": told(1, 2), "b": other})
    shared = other.keys() & told(1, 2).keys()
    assert doubted == dict.fromkeys(shared, ("a", "b"))
    assert not shared & counts.keys()


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (told(24, 24, 24), told(24, 24, 24)),
        (told(24, 24), told(24, 24, 24)),
        (told(24), told(24, 24)),
        (told(10), told(10)),
        (told((100, 1), (100, 2)), told((100, 7), (100, 8), (100, 9))),
        (told((100, 50), used=False), told((100, 50), 9, used=False)),
    ],
)
def test_parts_that_cost_alike_are_doubted(one: Amounts, other: Amounts) -> None:
    """Two regions of provisioned throughput, two payers of one commitment, morning and evening: none of them is dropped."""
    counts, doubted = counting({"a": one, "b": other})
    assert doubted == dict.fromkeys(one, ("a", "b"))
    assert counts.keys() == other.keys() - one.keys()


def test_resources_that_cost_the_same_each_day_are_told_again() -> None:
    """What is the same row of the same resource is the same charge; another row of the same sum is not."""
    one, other = told(24, 24, named=True), told(24, 24, 24, named=True)
    assert counting({"a": one, "b": other}) == (dict.fromkeys(other, ("b",)), {})
    region = {at: {team: replace(each, rows=1) for team, each in of.items()} for at, of in one.items()}
    assert counting({"a": region, "b": other})[1] == dict.fromkeys(one, ("a", "b"))


def test_what_shows_of_one_service_holds_of_all() -> None:
    """A tax of the month is one row, which by itself shows nothing."""
    tax, usage = told(100, used=False), {"first": told(1, 2), "again": told(1, 2, 3)}
    both = {"first": tax, "again": tax}
    assert counting(both)[1] == {day(1): ("first", "again")}
    assert counting(both, again=told_again(usage)) == ({day(1): ("again",)}, {})
    assert counting({"first": told(1, 5), "again": tax}, again=told_again(usage))[1] == {day(1): ("first", "again")}


def test_what_is_declared_is_not_guessed() -> None:
    """Parts add up; of months so far the latest counts, but a month does not replace the one before."""
    alike = {"a": told(24, 24), "b": told(24, 20)}
    assert counting(alike, PARTS) == (dict.fromkeys(alike["a"], ("a", "b")), {})
    assert counting(alike, MONTH_TO_DATE) == (dict.fromkeys(alike["a"], ("b",)), {})
    months = {"october": told(10, 10), "november": told(-1, 7, since=2)}
    assert counting(months, MONTH_TO_DATE)[1] == {day(2): ("october", "november")}


def test_what_cost_nothing_is_replaced_without_a_doubt() -> None:
    """Usage that a commitment covers is billed at zero: no money is lost with it."""
    counts, doubted = counting({"a": told(0, 0), "b": told(0, 0, 5)})
    assert (set(counts.values()), doubted) == ({("b",)}, {})


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("run/part_0_0001.csv", "run/part_1_0001.csv"),
        ("run/part_0_0001.csv", "run/part_0_0012.csv"),
        ("run/focus-00001.snappy.parquet", "run/focus-00002.snappy.parquet"),
        ("focus-000000000000.csv", "focus-000000000012.csv"),
        ("part-00000-1b2c.snappy.parquet", "part-00017-1b2c.snappy.parquet"),
    ],
)
def test_parts_of_an_export_are_one_account(one: str, other: str) -> None:
    """As Azure, AWS, BigQuery and Spark number them; another folder, date or run is another account."""
    assert account_of(PurePath(one)) == account_of(PurePath(other))
    assert account_of(PurePath("2", one)) != account_of(PurePath("1", other))
    assert account_of(PurePath("export-20261101.csv")) != account_of(PurePath("export-20261102.csv"))


@pytest.mark.parametrize("one", ["part_1_20261101.csv", "part_1_2026_11_01.csv", "part_0_0001a.csv"])
def test_what_follows_a_part_and_is_no_number_of_it_tells_accounts_apart(one: str) -> None:
    """Parts of two days, or of two runs, do not add up by their names."""
    assert account_of(PurePath(one)) != account_of(PurePath(one.replace("1.", "2.").replace("1a", "1b")))
