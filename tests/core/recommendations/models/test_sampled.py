"""A sample and what it says of all: within bounds that hold 19 times of 20, each day by its own weight."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from itertools import zip_longest
from math import comb

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aicost.core.recommendations.models.sampled import Sampled, Stratum, whole, wilson
from aicost.core.window import DAY, Window
from tests.support.builders import at


def sampled(*strata: Stratum) -> Sampled:
    """One for each day."""
    days = tuple((Window(at(day * DAY), at((day + 1) * DAY)), of) for day, of in enumerate(strata))
    return Sampled(sum(of.requests for of in strata), days)


def test_wilsons_bounds_are_the_published_ones() -> None:
    """Newcombe (Statistics in Medicine 17, 1998, table I, method 3): 81 of 263, 15 of 148, 0 of 20 and 1 of 29."""
    published = {
        (81, 263): (0.2553, 0.3662),
        (15, 148): (0.0624, 0.1605),
        (0, 20): (0, 0.1611),
        (1, 29): (0.0061, 0.1718),
    }
    for (short, of), bounds in published.items():
        assert tuple(map(float, wilson(Fraction(short, of), Fraction(of)))) == pytest.approx(bounds, abs=6e-5)


@pytest.mark.parametrize("short", [10, 50, 90])
def test_the_bounds_hold_19_times_of_20(short: int) -> None:
    """Of all samples of 100 by their probability, counted exactly."""
    share = Fraction(short, 100)
    held = sum(
        comb(100, seen) * share**seen * (1 - share) ** (100 - seen)
        for seen in range(101)
        if (bounds := wilson(Fraction(seen, 100), Fraction(100)))[0] <= share <= bounds[1]
    )
    assert float(held) == pytest.approx(0.95, abs=0.016)


@given(st.integers(1, 10_000).flatmap(lambda of: st.tuples(st.integers(0, of), st.just(of))), st.integers(1, 9))
def test_bounds_have_the_share_between_them_and_narrow_with_more(seen: tuple[int, int], more: int) -> None:
    """They never leave 0 to 1."""
    share, counts = Fraction(*seen), Fraction(seen[1])
    wide, narrow = wilson(share, counts), wilson(share, counts * (more + 1))
    assert 0 <= wide[0] <= narrow[0] <= share <= narrow[1] <= wide[1] <= 1


def test_a_day_weighs_as_much_as_it_has_requests() -> None:
    """Of as many that were looked at on a quiet and on a busy day, the busy one's say nine times as much."""
    both = sampled(Stratum(100, 50, 50, 50, 5_000, 500), Stratum(900, 50, 50))
    assert (both.share, both.looked_at) == (Fraction(1, 10), 100)
    assert both.mean_short == (Fraction(100), Fraction(10))


def test_a_day_without_any_request_that_was_looked_at_says_nothing() -> None:
    """It is not one of long requests."""
    told = Stratum(100, 50, 50, 25, 5_000, 500)
    assert sampled(told, told, Stratum(900)).bounds(1) == sampled(told, told).bounds(1)
    nothing = sampled(Stratum(900))
    assert nothing.share == 0
    assert nothing.bounds(2) == (Fraction(0), Fraction(1))
    assert nothing.mean_short == sampled(Stratum(10, 5, 5)).mean_short == (Fraction(0), Fraction(0))


def test_uneven_weights_and_requests_that_are_alike_count_less() -> None:
    """The bounds are wider for both."""
    evenly = sampled(Stratum(500, 50, 50, 20), Stratum(500, 50, 50, 20))
    uneven = sampled(Stratum(100, 50, 50, 20), Stratum(900, 50, 50, 20))
    assert evenly.share == uneven.share
    widths = [high - low for low, high in (evenly.bounds(1), uneven.bounds(1), uneven.bounds(2))]
    assert widths == sorted(set(widths))


def test_days_that_differ_and_stretches_that_differ_count_less() -> None:
    """Of two that have as many short requests in the mean, the bounds are the wider the more days or stretches differ."""
    same = Stratum(500, 50, 500, 200, squares=25_000, short_squares=4_000, products=10_000)
    apart = sampled(replace(same, short=100), replace(same, short=300))
    by_stretch = replace(same, short_squares=10_000)
    assert sampled(same, same).share == apart.share == sampled(by_stretch, by_stretch).share
    widths = [high - low for low, high in (each.bounds(1) for each in (sampled(same, same), apart))]
    assert widths == sorted(set(widths))
    low, high = sampled(by_stretch, by_stretch).bounds(1)
    assert widths[0] < high - low


def test_stretches_of_one_sort_leave_room_for_those_of_another() -> None:
    """Of four pages of short requests nobody knows that all pages are such; of one day nothing is promised."""
    page = Stratum(1_000, 100, 1_000, 1_000, squares=500_000, short_squares=500_000, products=500_000)
    low, high = sampled(page, page).bounds(2)
    assert high == 1
    assert float(low) == pytest.approx(wilson(Fraction(1), Fraction(100))[0] * wilson(Fraction(1), Fraction(4))[0])
    long = replace(page, short=0, short_squares=0, products=0)
    assert tuple(map(float, sampled(long, long).bounds(2))) == pytest.approx((0, 1 - low))
    assert sampled(page).bounds(2) == (Fraction(0), Fraction(1))


pages = st.lists(st.tuples(st.integers(1, 9), st.integers(0, 9)), min_size=1, max_size=6)
"""Of each page, how many requests a row has there, and of how many of them it is short at most."""


def _row(counts: Sequence[tuple[int, int]]) -> Stratum:
    of = [(seen, min(short, seen)) for seen, short in counts]
    seen, short = (sum(each) for each in zip(*of, strict=True))
    return Stratum(
        *(seen, seen, seen, short),
        squares=sum(each**2 for each, _ in of),
        short_squares=sum(each**2 for _, each in of),
        products=sum(each * other for each, other in of),
    )


@given(st.lists(pages, min_size=1, max_size=4), st.integers(0, 10))
def test_rows_of_the_same_pages_never_differ_by_less_than_they_do_together(
    rows: list[list[tuple[int, int]]], tenths: int
) -> None:
    """Whatever each of several keys has on them; one row differs by what it does."""
    share = Fraction(tenths, 10)
    apart = whole([_row(row) for row in rows])
    together = _row(
        [(sum(seen for seen, _ in page), sum(min(of) for of in page)) for page in zip_longest(*rows, fillvalue=(0, 0))]
    )
    assert (apart.looked_at, apart.short) == (together.looked_at, together.short)
    assert apart.squares >= together.squares
    assert apart.astray(share) >= together.astray(share)
    assert whole([together]) == together


def test_rows_that_are_alike_differ_by_what_they_do_together() -> None:
    """Two keys that have as much of each page as the other are as one key that has all of it."""
    one, both = (_row([(times * 9, times * of) for of in (4, 0, 9)]) for times in (1, 2))
    assert whole([one, one]) == both
    assert whole([one, Stratum(100)]) == replace(one, requests=127)


@given(st.lists(st.tuples(st.integers(1, 9), st.integers(0, 100)), min_size=2, max_size=8), st.integers(1, 9))
def test_a_neighbour_that_makes_every_request_stand_for_more_changes_no_share(
    days: list[tuple[int, int]], times: int
) -> None:
    """Of a caller the weights say what is short, whatever a request stands for."""
    alone, beside = (
        sampled(*(Stratum(100 * of, 100, 100 * each, short * each) for of, short in days)) for each in (1, times)
    )
    assert alone.bounds(2) == beside.bounds(2)
