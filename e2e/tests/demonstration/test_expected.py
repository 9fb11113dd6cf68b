"""The demonstration's own arithmetic, against the numbers that the scenario's file tells in words."""

from __future__ import annotations

from fractions import Fraction

from e2e.demonstration import stage
from e2e.demonstration.__main__ import NOW, SCENARIO
from e2e.demonstration.expected import Month, deviations, expected
from e2e.scenario.load import load

WANTED = expected(load(SCENARIO), stage.examples(), Month.to_date(NOW))


def test_it_comes_to_what_the_scenario_says() -> None:
    """1,603.20 of GPUs, whole and shared, and bills of 5,000, a shared key's among its callers; llm's callers carry it."""
    assert {
        "gpu": Fraction("1603.2"),
        "tokens": 5000,
        "recharge": 0,
        "idle": Fraction("700.8"),
        "unclaimed": 480,
        "workload support/chat": Fraction("2696.8"),
        "workload platform/llm": 0,
        "workload fraud/train": 384,
        "workload fraud/scoring": Fraction("1220.8"),
        "workload search/notebook": 96,
        "workload search/rank": Fraction("1024.8"),
        "unit customer-care": Fraction("2696.8"),
        "unit platform": 0,
        "unit fraud-risk": Fraction("1604.8"),
        "unit search": Fraction("1120.8"),
        "unit unallocated": Fraction("1180.8"),
    } == WANTED


def test_the_last_digit_counts() -> None:
    """A billionth too much, an amount that is missing and one that nobody asked for are told, each by its name."""
    found = {**WANTED, "idle": WANTED["idle"] + Fraction(1, 10**9), "parked": Fraction(1)}
    del found["unit search"]
    assert deviations(WANTED, found) == [
        "idle: 700.800000001 instead of 700.800000000",
        "parked: 1.000000000 instead of nothing",
        "unit search: nothing instead of 1120.800000000",
    ]
    assert deviations(WANTED, WANTED) == []
