"""What rows have in common is understood once, and as it would be each time."""

from __future__ import annotations

import pytest

from aicost.core.billed_files import Charge
from aicost.core.window import DAY, Instant, instant
from aicost.ports import Malformed
from aicost.sources.tokens.answers import Answer
from aicost.sources.tokens.focus import repeated
from aicost.sources.tokens.focus.repeated import Kind, Line, Repeated, Span, kept
from tests.sources.tokens.focus.files import a_charge
from tests.support.builders import dims

NOVEMBER = instant("2026-11-01T00:00:00Z")


def a_row(**more: str) -> Answer:
    texts = a_charge("1", **more)
    return Answer({name: text or None for name, text in texts.items()}, Answer(None), "nov.csv, row 7")


def test_a_row_is_of_a_day_a_line_and_a_kind() -> None:
    """Each from its own columns; the second row that is alike has the same."""
    known = Repeated({"project": "team"})
    row, other = a_row(team="care", ConsumedUnit="Tokens"), a_row(team="shop", ChargeCategory="Tax")
    bill = ("Amazon Bedrock", "4711", "", "")
    for _ in range(2):
        assert known.span(row) == known.span(other) == Span(NOVEMBER, Instant(NOVEMBER + DAY))
        assert known.line(row) == Line(bill, "Amazon Bedrock", "Usage", used=True)
        assert known.line(other) == Line(bill, "Amazon Bedrock", "Tax", used=False)
        of = {"service": "Amazon Bedrock", "account": "4711"}
        paid = Charge("Amazon Bedrock", "4711", "", "USD")
        assert known.kind(row) == Kind((dims(project="care", **of), "USD"), paid, tokens=True)
        taxed = (dims(project="shop", category="Tax", **of), "USD")
        assert known.kind(other) == Kind(taxed, paid._replace(category="Tax"), tokens=False)
    assert known.kind(row) is known.kind(a_row(team="care", ConsumedUnit="Tokens"))


def test_whose_invoice_a_row_is_on_is_known_of_its_line_and_its_kind() -> None:
    """Two of them are two charges, whatever else is the same."""
    known = Repeated({})
    rows = (a_row(BillingAccountId="p"), a_row(BillingAccountId="q"), a_row(BillingPeriodStart="2026-11-01"))
    invoices = (("p", ""), ("q", ""), ("", "2026-11-01T00:00:00Z"))
    for row, (payer, period) in zip(rows, invoices, strict=True):
        assert known.line(row).bill == ("Amazon Bedrock", "4711", payer, period)
        assert known.kind(row).charge == Charge("Amazon Bedrock", "4711", "", "USD", payer, period)


def test_a_fee_of_a_month_reaches_to_its_begin() -> None:
    """As do all charges of more than a day."""
    fee = a_row(ChargePeriodEnd="2026-12-01T00:00:00Z")
    assert Repeated({}).span(fee) == Span(NOVEMBER, NOVEMBER)


def test_what_is_wrong_is_said_of_each_row() -> None:
    """With its place: nothing that is wrong is remembered."""
    known = Repeated({"project": "team"})
    for number in (1, 2):
        row = Answer({**a_charge("1"), "Tags": "{", "BillingCurrency": "USD"}, Answer(None), f"row {number}")
        with pytest.raises(Malformed, match=f"row {number}.Tags is not a JSON object"):
            known.kind(row)


def test_what_is_remembered_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tags may be of one row only; what was forgotten is understood again."""
    monkeypatch.setattr(repeated, "MOST", 2)
    known = dict[int, str]()
    for key in range(5):
        assert kept(known, key, f"{key}") == f"{key}"
        assert len(known) <= 2
