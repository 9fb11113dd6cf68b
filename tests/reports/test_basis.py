"""Bases as a document and as tables: the wire, what is unknown, and sums by currency."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aicost.core.ledger import Total
from aicost.core.money import parse_nanos
from aicost.reports.basis import NAMES, Bases, On, Told, bases, render_bases
from aicost.reports.known import Known
from tests.support.builders import facts
from tests.support.strategies import totals

KNOWN = Known("2026-11-01T00:00:00Z", (), (), ())


def told(workload: str = "", used: int | None = None, currency: str = "USD", **amounts: int) -> Told:
    return Told("care", workload, currency, dict.fromkeys(NAMES, 0) | amounts, used)


def month(*workloads: Told, units: tuple[Told, ...] = ()) -> Bases:
    return Bases("2026-11", "eu-1", KNOWN, units, workloads)


@given(st.lists(totals(), max_size=5))
def test_bases_survive_the_wire(some: list[Total]) -> None:
    """Written as JSON text and read again they are the same, to the nano-unit."""
    written = bases(facts(*some), "eu-1")
    assert Bases.from_json(json.loads(json.dumps(written.to_json()))) == written


@given(st.lists(totals(), min_size=1, max_size=6))
def test_what_units_are_charged_is_what_they_incurred(some: list[Total]) -> None:
    """In the whole: what one passes on another receives, but for re-charges that a test draws one by one."""
    charged = render_bases(bases(facts(*some)), On.CHARGED, "table").split("Workloads")[0].splitlines()
    (row,) = [line.split() for line in charged if line.startswith("sum ")]
    incurred, passed_on, received, total = (parse_nanos(cell) for cell in row[1:5])
    assert total == incurred - passed_on + received


def test_what_nobody_saw_is_unknown() -> None:
    """Never zero; the sum is that of what is known."""
    rows = (told("a/seen", 25, gpu=100), told("a/unseen", None, gpu=300))
    lines = [line.split() for line in render_bases(month(*rows), On.USED, "table").splitlines()]
    assert ["a/unseen", "care", "0.0000003", "unknown", "USD"] in lines
    assert ["a/seen", "care", "0.0000001", "0.000000025", "25.0", "%", "USD"] in lines
    assert ["sum", "of", "what", "is", "known", "0.0000001", "0.000000025", "25.0", "%", "USD"] in lines


@pytest.mark.parametrize("on", On)
def test_currencies_have_sums_of_their_own(on: On) -> None:
    """And the largest stand first."""
    rows = (told("a/small", 1, tokens=1), told("a/large", 9, tokens=9), told("a/euro", 5, "EUR", tokens=5))
    printed = render_bases(month(*rows), on, "table")
    names = [line.split()[0] for line in printed.splitlines() if line.startswith(("a/", "sum"))]
    assert names == ["a/large", "a/euro", "a/small", "sum", "sum"]


@pytest.mark.parametrize("on", On)
def test_a_month_of_nothing_still_says_how_far_it_is_known(on: On) -> None:
    """An empty table is left out, what is missing is not."""
    printed = render_bases(month(), on, "markdown")
    assert printed.startswith(f"{on.value} in 2026-11 in cluster eu-1: ")
    assert printed.endswith("missing: none")


def test_amortised_is_cash_with_trainings_when_they_are_used_up() -> None:
    """What bought them goes to later months, what is used up comes to who uses it; cash says what bought them."""
    rows = (told("a/tune", gpu=90, invested=90), told("a/chat", gpu=10, amortised=7))
    cells = [line.split() for line in render_bases(month(*rows), On.AMORTISED, "table").splitlines()]
    assert ["a/chat", "care", "0.00000001", "0.00", "0.000000007", "0.000000017", "USD"] in cells
    assert ["a/tune", "care", "0.00000009", "0.00000009", "0.00", "0.00", "USD"] in cells
    assert ["sum", "0.0000001", "0.00000009", "0.000000007", "0.000000017", "USD"] in cells
    cash = [line.split() for line in render_bases(month(*rows), On.CASH, "table").splitlines()]
    assert ["sum", "0.00000009", "0.00000001", "0.0000001", "USD"] in cash
