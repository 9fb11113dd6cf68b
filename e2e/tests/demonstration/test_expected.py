"""The demonstration's own arithmetic, against the numbers that the scenario's file tells in words."""

from __future__ import annotations

from fractions import Fraction

from e2e.demonstration import stage
from e2e.demonstration.__main__ import NOW, SCENARIO
from e2e.demonstration.expected import Month, deviations, expected
from e2e.scenario.load import load

WANTED = expected(load(SCENARIO), stage.examples(), Month.to_date(NOW))


def test_it_comes_to_what_the_scenario_says() -> None:
    """16 cards x 24 h x 4.00, and a bill of 3,200 of which one project is granted; llm's callers carry its 384."""
    assert WANTED == {
        "gpu": 1536,
        "tokens": 3200,
        "recharge": 0,
        "idle": 672,
        "unclaimed": 1800,
        "workload support/chat": 1592,
        "workload platform/llm": 0,
        "workload search/rank": 96,
        "workload fraud/scoring": 96,
        "workload fraud/train": 384,
        "workload search/notebook": 96,
        "unit customer-care": 1592,
        "unit platform": 0,
        "unit fraud-risk": 480,
        "unit search": 192,
        "unit unallocated": 2472,
    }


def test_the_last_digit_counts() -> None:
    """A billionth too much, an amount that is missing and one that nobody asked for are told, each by its name."""
    found = {**WANTED, "idle": WANTED["idle"] + Fraction(1, 10**9), "parked": Fraction(1)}
    del found["unit search"]
    assert deviations(WANTED, found) == [
        "idle: 672.000000001 instead of 672.000000000",
        "parked: 1.000000000 instead of nothing",
        "unit search: nothing instead of 192.000000000",
    ]
    assert deviations(WANTED, WANTED) == []
