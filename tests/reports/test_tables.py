"""Tables from documents: whole ones as files, and what must hold of the sums in any of them."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aicost.core.ledger import IDLE, PARKED, UNCLAIMED, Certainty, Component, Owner, OwnerKind, Proof, Total
from aicost.core.money import parse_nanos
from aicost.core.reasons import GapReason
from aicost.core.window import HOUR, Period
from aicost.reports.document import Document, document
from aicost.reports.tables import Style, proof, render
from tests.support.builders import a_total, owned_by, usd
from tests.support.expected import expected
from tests.support.strategies import totals

EXPECTED = Path(__file__).parent / "expected"
NOVEMBER = Period("2026-11")
STYLES: tuple[Style, ...] = ("table", "markdown")


def a_proof(origins: int, lines: int, currency: str = "USD", broken: int = 0) -> Proof:
    return Proof(NOVEMBER, Component.GPU, currency, 2, origins, lines, broken)


def a_document(*rows: Total, proofs: tuple[Proof, ...] = ()) -> Document:
    return document(NOVEMBER, rows, proofs, "0" * 64)


def named(total: Total, subject: str) -> Total:
    return Total(total.owner, total.component, total.pool, total.certainty, total.currency, total.nanos,
                 total.quantity, total.gap, subject)  # fmt: skip


MONTH = a_document(
    named(a_total(owned_by("chat"), usd(384, 1), quantity=96 * HOUR), "support/chat-0"),
    named(
        a_total(owned_by("chat"), usd(1400), component=Component.TOKENS, certainty=Certainty.BILLED, pool="openai"),
        "project p",
    ),
    named(a_total(Owner(OwnerKind.UNIT, "find"), usd(8), quantity=2 * HOUR), "search/job|odd_name"),
    named(a_total(IDLE, usd(672), quantity=168 * HOUR), "node-a"),
    named(a_total(PARKED, usd(4), quantity=HOUR), "node-b"),
    named(a_total(UNCLAIMED, usd(-3), component=Component.TOKENS, certainty=Certainty.BILLED, pool="openai"), "q"),
    named(a_total(UNCLAIMED, quantity=90, gap=GapReason.NO_PRICE, pool="B200-180GB"), "search/x"),
    proofs=(a_proof(usd(1065, 1).nanos, usd(1065, 1).nanos), a_proof(usd(1400).nanos, usd(1400).nanos)),
)


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize(("name", "of"), {"month": MONTH, "empty": a_document()}.items(), ids=["month", "empty"])
def test_a_report_is_as_expected(name: str, of: Document, style: Style) -> None:
    """To the last character, for a terminal and as Markdown; an empty month has its proof only."""
    printed = "\n".join(line.rstrip() for line in render(of, style).splitlines()) + "\n"
    assert printed == expected(EXPECTED / f"{name}-{style}.txt", printed)


@given(st.lists(totals(), max_size=12))
def test_units_sum_to_the_whole_by_currency(rows: list[Total]) -> None:
    """The row `sum` of each currency is what all priced rows of it sum to."""
    printed = render(a_document(*rows), "table")
    sums = {
        currency: parse_nanos(amount) for amount, currency in re.findall(r"^sum +(\S+) +(\S+)$", printed, re.MULTILINE)
    }
    priced = [total for total in rows if total.gap is None]
    assert sums == {c: sum(t.nanos for t in priced if t.currency == c) for c in {t.currency for t in priced}}


@given(st.lists(totals(), max_size=8), st.randoms())
def test_the_order_of_rows_does_not_matter(rows: list[Total], random: object) -> None:
    """The same totals in another order print the same report."""
    shuffled = sorted(rows, key=lambda _: random.random())  # type: ignore[attr-defined] # Hypothesis's Random
    assert render(a_document(*shuffled), "table") == render(a_document(*rows), "table")


@pytest.mark.parametrize(
    ("proofs", "difference"),
    [
        ((), "0.000000000"),
        ((a_proof(5, 5), a_proof(7, 7, "EUR")), "0.000000000"),
        ((a_proof(5, 4),), "0.000000001"),
        ((a_proof(4, 5),), "0.000000001"),
        ((a_proof(5, 4), a_proof(4, 5, "EUR")), "0.000000002"),
        ((a_proof(usd(3).nanos, 0),), "3.000000000"),
    ],
)
def test_the_difference_is_said_in_nine_decimals(proofs: tuple[Proof, ...], difference: str) -> None:
    """Differences of two currencies never cancel each other."""
    assert f"\ndifference {difference}\n" in proof(a_document(proofs=proofs), "table")


def test_broken_entries_are_counted_even_where_sums_agree() -> None:
    """Lines that miss their origins in ways that cancel are still shown."""
    assert proof(a_document(proofs=(a_proof(5, 5, broken=2),)), "table").splitlines()[3].split()[-1] == "2"
