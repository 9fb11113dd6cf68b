"""Holes of a closed month: what nobody had told by then, and which whole hours are known better since."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aicost.core.coverage import missing, union, within
from aicost.core.holes import Holes, holes_of
from aicost.core.prices import ExchangeRate
from aicost.core.window import DAY, HOUR, Period, Window
from tests.support.builders import T0, a_book, at, between

NOVEMBER = Period("2026-11")
MONTH = NOVEMBER.window
_HALVES = st.lists(st.integers(0, 11).map(lambda n: between(n * HOUR // 2, (n + 1) * HOUR // 2)), max_size=6)


@given(_HALVES, _HALVES)
def test_holes_and_what_is_known_tile_the_month(covered: list[Window], lost: list[Window]) -> None:
    """But for what nobody can tell any more."""
    holes = holes_of(NOVEMBER, union(covered), lost, None)
    assert holes
    assert union((*holes.parts, *covered, *lost)) == (MONTH,)
    assert not [part for part in holes.parts for each in (*covered, *lost) if part.overlap(each)]


def test_a_month_that_is_known_has_no_holes() -> None:
    """Nor has one of which the rest is lost for good."""
    known, lost = (between(-DAY, DAY),), (between(DAY, 40 * DAY),)
    assert holes_of(NOVEMBER, union((*known, *lost)), (), a_book()) is None
    assert holes_of(NOVEMBER, known, lost, a_book()) is None


@given(_HALVES, _HALVES)
def test_an_hour_is_known_better_where_its_hole_is_filled(before: list[Window], since: list[Window]) -> None:
    """Whole hours, and only those; what is left of the holes is what nothing covers."""
    covered = union((*before, *since))
    holes = holes_of(NOVEMBER, union(before), (), None)
    assert holes
    better = {hour for hour in MONTH.pieces(HOUR) if within(covered, hour) != within(union(before), hour)}
    assert union(better) == holes.told_since(covered)
    assert holes.left(covered) == missing(MONTH, covered)


def test_the_prices_of_then_are_those_of_cards() -> None:
    """Exchange rates are kept with what was charged."""
    book = a_book()
    rated = replace(book, exchange_rates=(ExchangeRate("EUR", T0, 10**9),))
    holes = holes_of(NOVEMBER, (), (), rated)
    assert holes == Holes((MONTH,), book)


@pytest.mark.parametrize("parts", [(), (between(5, 9), between(0, 5)), (between(0, 5), between(4, 9))])
def test_what_are_no_holes_is_refused(parts: tuple[Window, ...]) -> None:
    """None at all, out of order, or one in another."""
    with pytest.raises(ValueError, match="sorted and disjoint"):
        Holes(parts)


def test_holes_that_touch_at_an_hour_are_one_stretch_of_hours() -> None:
    """Hours are whole, however small the part of them that became known."""
    holes = Holes((between(1800, 1860), between(3600 + 60, 7200)))
    assert holes.told_since((between(0, 7200),)) == (between(0, 7200),)
    assert holes.told_since((between(1830, 1831),)) == (between(0, 3600),)
    assert holes.left((Window(at(0), at(1800)),)) == holes.parts
