"""Requests by day, and when so many fail that it is told."""

from __future__ import annotations

import pytest

from aicost.core.recommendations.models.asked import Asked, goes_on, in_all, numbers_of
from aicost.core.recommendations.models.policy import POLICY
from aicost.core.window import DAY, Instant, Window
from tests.support.model_corpus import START

DAYS = tuple(Window(Instant(START + day * DAY), Instant(START + (day + 1) * DAY)) for day in range(3))


def test_what_cost_nothing_counts_as_answered() -> None:
    """In all there are as many."""
    asked = Asked(90, 10, 4)
    assert (asked.requests, asked.failed_percent) == (100, 10)
    assert asked.costly == Asked(94, 6)
    assert in_all(((DAYS[0], asked), (DAYS[1], Asked(1)))) == Asked(91, 10, 4)
    assert Asked().failed_percent == 0


@pytest.mark.parametrize(
    ("failed", "told"),
    [
        ((5, 5, 0, 0), False),
        ((10, 10, 0, 0), True),
        ((20, 0, 0, 0), False),
        ((4, 4, 4, 4), False),
        ((5, 5, 5, 5), True),
    ],
)
def test_so_many_have_to_fail_in_all_and_on_half_of_the_days(failed: tuple[int, ...], told: bool) -> None:
    """One bad day is an outage; a few on all days are what always fails."""
    assert goes_on([Asked(100 - each, each) for each in failed], POLICY) is told


def test_the_worst_day_is_named() -> None:
    """By how many failed; of equal days the first."""
    days = tuple(zip(DAYS, (Asked(90, 10), Asked(980, 20), Asked(80, 20)), strict=True))
    numbers = numbers_of(days)
    assert (numbers["worstDay"], numbers["failedPercentOfWorstDay"]) == ("2026-11-03", "2")
    assert (numbers["days"], numbers["requests"], numbers["failedRequests"]) == ("3", "1200", "50")
    assert numbers["failedPercent"] == "4"
