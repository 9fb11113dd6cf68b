"""Of files that tell of the same service and day one counts, and where nobody knows which, none."""

from __future__ import annotations

from decimal import Decimal
from pathlib import PurePath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aicost.core.window import DAY, Instant
from aicost.sources.tokens.focus.accounts import account_of, counting

Told = dict[Instant, dict[str, Decimal]]


def day(number: int) -> Instant:
    return Instant(number * DAY)


def told(*days: int | tuple[int, ...], since: int = 1) -> Told:
    """Amounts of each day, from a day of November on."""
    amounts = (day if isinstance(day, tuple) else (day,) for day in days)
    return {
        day(number): {f"team-{place}": Decimal(each) for place, each in enumerate(of)}
        for number, of in enumerate(amounts, since)
    }


@given(st.lists(st.integers(1, 99), min_size=3, max_size=6))
def test_of_months_so_far_the_latest_counts(costs: list[int]) -> None:
    """Each file adds a day, and knew its last one in part only: nothing is added up, and nothing is doubted after the third."""
    runs = {f"run-{last}": told(*costs[: last - 1], costs[last - 1] + 100) for last in range(1, len(costs) + 1)}
    counts, doubted = counting(runs)
    assert counts == {day(number): f"run-{len(costs)}" for number in range(1, len(costs) + 1)}
    assert doubted == {}


_TOLD = st.dictionaries(
    st.integers(1, 4).map(day),
    st.dictionaries(st.sampled_from("ab"), st.integers(0, 2).map(Decimal), min_size=1),
    min_size=1,
)


@given(st.dictionaries(st.sampled_from("xyz"), _TOLD))
def test_no_day_that_is_told_is_lost(accounts: dict[str, Told]) -> None:
    """One account of it counts, which tells it, or two are named that nobody can tell apart."""
    counts, doubted = counting(accounts)
    assert {*counts, *doubted} == {at for of in accounts.values() for at in of}
    assert not counts.keys() & doubted.keys()
    assert all(at in accounts[account] for at, account in counts.items())
    assert all(one != other and at in accounts[one] and at in accounts[other] for at, (one, other) in doubted.items())


def test_days_of_their_own_all_count() -> None:
    """A file of each day, or of each month."""
    counts, doubted = counting({"a": told(1), "b": told(2, 3, since=2)})
    assert (counts, doubted) == ({day(1): "a", day(2): "b", day(3): "b"}, {})


def test_a_restated_month_replaces_the_one_before() -> None:
    """It tells the same days again, most amounts as they were, and was written later."""
    counts, doubted = counting({"first": told((1, 2), 3), "again": told((1, 2), 4)})
    assert (set(counts.values()), doubted) == ({"again"}, {})


@pytest.mark.parametrize("other", [told(7, 8), told(1, since=2), told(9, since=1)])
def test_what_may_be_another_part_is_doubted(other: Told) -> None:
    """Other amounts of the same days, or a later file that lacks a day: nobody knows whether they add up or replace."""
    counts, doubted = counting({"a": told(1, 2), "b": other})
    shared = other.keys() & told(1, 2).keys()
    assert doubted == dict.fromkeys(shared, ("a", "b"))
    assert not shared & counts.keys()


def test_what_cost_nothing_is_replaced_without_a_doubt() -> None:
    """Usage that a commitment covers is billed at zero: no money is lost with it."""
    counts, doubted = counting({"a": told(0, 0), "b": told(0, 0, 5)})
    assert (set(counts.values()), doubted) == ({"b"}, {})


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("run/part_0_0001.csv", "run/part_1_0001.csv"),
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
