"""Tables from documents: whole ones as files, and what must hold of the sums in any of them."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aicost.core.closing import Closing
from aicost.core.issued import Issued, UnitCharge
from aicost.core.ledger import IDLE, PARKED, UNCLAIMED, Certainty, Component, Owner, OwnerKind, Proof, Total
from aicost.core.money import parse_nanos
from aicost.core.reasons import GapReason
from aicost.core.window import Period
from aicost.reports.closing import closing_to_json
from aicost.reports.document import Document, document
from aicost.reports.known import Known, Missing
from aicost.reports.layout import Style
from aicost.reports.tables import proof, reach, render
from tests.reports.test_advice import DOCUMENT
from tests.support.builders import CARD_HOUR, T0, a_total, owned_by, usd
from tests.support.expected import expected
from tests.support.strategies import totals

EXPECTED = Path(__file__).parent / "expected"
NOVEMBER = Period("2026-11")
WHOLE = Known("2026-11-01T00:00:00Z", (("gpu", "2026-11-02T00:00:00Z"),), (), ())
STYLES: tuple[Style, ...] = ("table", "markdown")


def a_proof(origins: int, lines: int, currency: str = "USD", broken: int = 0) -> Proof:
    return Proof(NOVEMBER, Component.GPU, currency, 2, origins, lines, broken)


def a_document(*rows: Total, proofs: tuple[Proof, ...] = (), told: Known | None = None) -> Document:
    return document(NOVEMBER, rows, proofs, "0" * 64, told, cluster="eu-1")


def named(total: Total, subject: str) -> Total:
    return Total(total.owner, total.component, total.pool, total.certainty, total.currency, total.nanos,
                 total.quantity, total.gap, subject)  # fmt: skip


MONTH = a_document(
    named(a_total(owned_by("chat"), usd(384, 1), quantity=96 * CARD_HOUR), "support/chat-0"),
    named(
        a_total(owned_by("chat"), usd(1400), component=Component.TOKENS, certainty=Certainty.BILLED, pool="openai"),
        "project p",
    ),
    named(a_total(owned_by("chat"), usd(96), component=Component.RECHARGE, pool="llm-meter"), "customer chat"),
    named(a_total(owned_by("llm"), usd(-96), component=Component.RECHARGE, pool="llm-meter"), "passed on by llm-meter"),
    named(a_total(Owner(OwnerKind.UNIT, "find"), usd(8), quantity=2 * CARD_HOUR), "search/job|odd_name"),
    named(a_total(Owner(OwnerKind.RESERVED, "find"), usd(6), quantity=2 * CARD_HOUR), "node-c"),
    named(a_total(IDLE, usd(672), quantity=168 * CARD_HOUR), "node-a"),
    named(a_total(PARKED, usd(4), quantity=CARD_HOUR), "node-b"),
    named(a_total(UNCLAIMED, usd(-3), component=Component.TOKENS, certainty=Certainty.BILLED, pool="openai"), "q"),
    named(a_total(UNCLAIMED, quantity=CARD_HOUR // 40, gap=GapReason.NO_PRICE, pool="B200-180GB"), "search/x"),
    proofs=(a_proof(usd(1071, 1).nanos, usd(1071, 1).nanos), a_proof(usd(1400).nanos, usd(1400).nanos)),
    told=Known(
        "2026-11-01T00:00:00Z",
        (("gpu", "2026-11-02T00:00:00Z"), ("usage", "2026-11-01T23:00:00Z")),
        (("openai", "2026-11-01T00:00:00Z"),),
        (
            Missing("NoPrice", "gpu", "", "2026-11-01T00:00:00Z", "0.02 card hours", "no price covers B200-180GB"),
            Missing("BuiltInPrice", "gpu", "", "2026-11-01T00:00:00Z", "1.00 card hours", "estimated by a list price"),
            Missing("BillPending", "bills", "source openai", "2026-11-01T00:00:00Z", "", "openai was not read yet"),
        ),
    ),
)


def test_hosts_have_a_column_where_there_are_any() -> None:
    """What a workload cost by component is whole; what of hosts has no price is told in its own hours."""
    cpu = a_total(owned_by("chat"), usd(7), component=Component.COMPUTE, pool="CPU")
    lost = a_total(
        UNCLAIMED, quantity=6_000_000 * 3600, component=Component.COMPUTE, pool="CPU", gap=GapReason.NO_PRICE
    )
    printed = render(a_document(named(cpu, "support/chat-0"), named(lost, "search/x")), "table")
    assert re.search(r"WORKLOAD +UNIT +GPU +COMPUTE +TOKENS", printed)
    assert re.search(r"support/chat +care +0.00 +7.00 +0.00 +0.00 +7.00 +USD", printed)
    assert "6.00 core hours" in printed


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize(("name", "of"), {"month": MONTH, "empty": a_document()}.items(), ids=["month", "empty"])
def test_a_report_is_as_expected(name: str, of: Document, style: Style) -> None:
    """To the last character, for a terminal and as Markdown; of an empty month nothing is claimed."""
    printed = f"{render(of, style)}\n"
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


def test_nothing_missing_is_said_of_what_was_evaluated_only() -> None:
    """A month of which no gap is known is another thing than a month of which gaps are not known."""
    told = "known from 2026-11-01T00:00:00Z, through\n- gpu: 2026-11-02T00:00:00Z\n\nmissing: none"
    assert reach(a_document(told=WHOLE)) == told
    assert "none" not in reach(a_document())


@pytest.mark.parametrize(
    ("told", "title"),
    [
        (replace(WHOLE, distributed=False), "Business units\n"),
        (
            replace(WHOLE, distributed=True),
            "Business units, before distribution; after it: aicost report --basis charged\n",
        ),
        (None, "Business units, before distribution\n"),
    ],
)
def test_what_is_told_before_distribution_says_so(told: Known | None, title: str) -> None:
    """Unless it is known that no unit passes anything on: then what a unit caused is what it carries."""
    assert title in render(a_document(a_total(owned_by(), usd(4)), told=told), "table")


def test_owners_come_before_the_parts_that_nobody_owns_and_the_largest_first() -> None:
    """In every table: what to look at first stands first, whatever its name."""
    owned = [a_total(owned_by(name), usd(amount)) for name, amount in (("a", 1), ("z", 3), ("m", 2))]
    parts = [a_total(part, usd(9)) for part in (PARKED, IDLE)]
    lines = render(a_document(*parts, *owned), "table").split("\n\n")[1].splitlines()
    assert [line.split()[0] for line in lines[2:]] == ["support/z", "support/m", "support/a", "idle", "parked"]


def test_a_workload_has_a_row_for_each_currency_and_unit() -> None:
    """Dollars and euros are never summed, nor is what it cost under another unit."""
    euros = replace(a_total(owned_by(), usd(2)), currency="EUR")
    moved = a_total(owned_by(unit="new"), usd(5))
    printed = render(a_document(a_total(owned_by(), usd(4)), euros, moved), "table")
    rows = printed.split("Workloads\n\n")[1].split("\n\n")[0].splitlines()[1:]
    assert [line.split() for line in rows] == [
        ["support/chat", "new", "5.00", "0.00", "0.00", "5.00", "USD"],
        ["support/chat", "care", "4.00", "0.00", "0.00", "4.00", "USD"],
        ["support/chat", "care", "2.00", "0.00", "0.00", "2.00", "EUR"],
    ]


def test_a_closed_month_shows_what_units_were_charged() -> None:
    """Beside what its lines say, which know of no distribution; a closing that kept nothing of it shows nothing."""
    units = UnitCharge("care", "USD", usd(7).nanos, usd(9).nanos), UnitCharge("eu", "EUR", 0, 0)
    closing = Closing(NOVEMBER, T0, "jane", "d1", issued=Issued("USD", units=units))
    document = replace(a_document(a_total(owned_by(), usd(5))), closed=closing_to_json(closing))
    printed = render(document, "table")
    assert re.search(r"^Charged when it was closed, after distribution$", printed, re.MULTILINE)
    assert re.search(r"^care +7\.00 +9\.00 +USD$", printed, re.MULTILINE)
    assert re.search(r"^eu +0\.00 +0\.00 +EUR$", printed, re.MULTILINE)
    without = replace(document, closed=closing_to_json(replace(closing, issued=None)))
    assert "Charged when" not in render(without, "table")


def test_what_nobody_claims_is_called_by_its_name() -> None:
    """Behind the id, by which it is claimed; of another source the same id has no name."""
    rows = [
        named(a_total(UNCLAIMED, usd(1), component=Component.TOKENS, pool=pool), "project p_1")
        for pool in ("openai", "other")
    ]
    told = replace(WHOLE, names=(("openai", "project", "p_1", "Support"),))
    printed = render(a_document(*rows, told=told), "table")
    assert re.findall(r"unclaimed: project p_1(?: \(\w+\))?", printed) == [
        "unclaimed: project p_1 (Support)",
        "unclaimed: project p_1",
    ]


def test_advice_stands_in_the_report_by_unit() -> None:
    """Only the evaluated month's; the whole page is `aicost recommend`'s."""
    printed = render(replace(MONTH, advice=DOCUMENT), "table")
    assert re.search(r"^care +1460.00 +1760.00 +USD$", printed, re.MULTILINE)
    assert re.search(r"support/chat +reduce-replicas-deployment-chat +\(730.00\) +\(1000.00\)", printed)
    assert "Advice" not in render(MONTH, "table")
