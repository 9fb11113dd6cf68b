"""Closing a month: what the check-list says, what cannot be closed, and when the schedule closes."""

from __future__ import annotations

from dataclasses import replace

import pytest

from aicost.core.closing import Check, Ended, Month, Outcome, check_list, is_due, refusal
from aicost.core.gaps import Feed, Gap
from aicost.core.identity import WorkloadRef
from aicost.core.issued import Issued, UnitCharge, WorkloadCharge
from aicost.core.ledger import IDLE, PARKED, UNCLAIMED, Certainty, Component
from aicost.core.meanings import MEANINGS
from aicost.core.money import NANOS_PER_UNIT
from aicost.core.prices import ExchangeRate
from aicost.core.reasons import CheckReason, GapReason
from aicost.core.window import DAY, HOUR, Instant, Period, Window, instant
from tests.support.builders import CARD_HOUR, T0, a_source, a_total, at, owned_by, usd

OCTOBER = Period("2026-10")
OVER = OCTOBER.window
CHAT = WorkloadRef("support", "chat")
TOTALS = (
    a_total(owned_by(), usd(9), quantity=60),
    a_total(owned_by(), usd(14), component=Component.TOKENS, pool="openai"),
)
CLEAN = Month(
    OCTOBER, "USD", TOTALS, (OVER,), OVER.end, sources=(a_source(),), bills_through=(("openai", OVER.end),)
)  # fmt: skip
MEASURED = Gap(GapReason.NO_UTILISATION, Feed.USAGE, OVER.start, "not measured")


def reasons(month: Month, *, blocks: bool = True) -> list[str]:
    return [check.reason.value for check in check_list(month) if check.blocks is blocks]


def test_a_month_of_which_all_is_known_is_clean() -> None:
    """Nothing is said of it; what only measures use hides no cost and is no point of the list."""
    assert check_list(CLEAN) == check_list(replace(CLEAN, gaps=(MEASURED,))) == ()


def test_an_estimate_is_told_and_blocks_nothing() -> None:
    """What is priced by a list price stays so once the month is closed: a note says how much of whose."""
    estimate = a_total(owned_by(), usd(9), quantity=CARD_HOUR, certainty=Certainty.ESTIMATED)
    (note,) = check_list(replace(CLEAN, totals=(estimate,)))
    assert (note.reason, note.blocks) == (GapReason.BUILT_IN_PRICE, False)
    assert note.message == "1.00 card hours of H100-80GB are estimated by a built-in list price (support/chat)"


@pytest.mark.parametrize(
    ("month", "reason", "words"),
    [
        (replace(CLEAN, settled=Instant(OVER.end - HOUR)), "HoursNotSettled", "hours from 2026-10-31T23:00:00Z on"),
        (replace(CLEAN, settled=Instant(0)), "HoursNotSettled", "hours from 2026-10-01T00:00:00Z on"),
        (
            replace(CLEAN, covered=(Window(OVER.start, Instant(OVER.end - DAY)),)),
            "NoPodHistory",
            "nobody told who held which GPU in [2026-10-31T00:00:00Z, 2026-11-01T00:00:00Z)",
        ),
        (replace(CLEAN, bills_through=()), "BillIncomplete", "the bill of UsageSource openai was not read"),
        (
            replace(CLEAN, bills_through=(("openai", Instant(OVER.end - DAY)),)),
            "BillIncomplete",
            "UsageSource openai is known through 2026-10-31T00:00:00Z",
        ),
        (
            replace(CLEAN, bills_ended=(Ended("old", "which is declared no more", Window(Instant(OVER.end - DAY), OVER.end)),)),
            "BillIncomplete",
            "old, which is declared no more, was not told to the end in [2026-10-31T00:00:00Z, 2026-11-01T00:00:00Z)",
        ),
        (
            replace(CLEAN, gaps=(Gap(GapReason.BILL_UNAVAILABLE, Feed.BILLS, OVER.start, "no answer", source="openai"),)),
            "BillUnavailable",
            "no answer",
        ),
        (
            replace(CLEAN, totals=(a_total(owned_by(), quantity=CARD_HOUR, gap=GapReason.NO_PRICE),)),
            "NoPrice",
            "1.00 card hours of H100-80GB are in no total (support/chat)",
        ),
        (replace(CLEAN, totals=(a_total(PARKED, usd(3), quantity=60),)), "OverAllocated", "3.00 USD are parked"),
        (replace(CLEAN, currency="EUR"), "NoExchangeRate", "no exchange rate to EUR"),
        (
            replace(CLEAN, sources=(replace(a_source(), invoiced=frozenset({"2026-09"})),)),
            "InvoiceMissing",
            "UsageSource openai declares invoices, and none of 2026-10",
        ),
    ],
)  # fmt: skip
def test_what_speaks_against_closing(month: Month, reason: str, words: str) -> None:
    """Each point says what it is, and what to do about it."""
    assert set(reasons(month)) == {reason}
    first = check_list(month)[0]
    assert words in first.message
    assert first.remedy == MEANINGS[first.reason][1]
    assert not Outcome(OCTOBER, check_list(month)).clean


def test_what_is_parked_is_told_by_currency() -> None:
    """Amounts of two currencies are never added, also where one has no rate."""
    euros = replace(a_total(PARKED, usd(4), quantity=60), currency="EUR")
    unpriced = a_total(PARKED, quantity=60, gap=GapReason.NO_PRICE)
    told = check_list(replace(CLEAN, totals=(a_total(PARKED, usd(3), quantity=60), euros, unpriced)))
    parked = [check.message.split(" are ")[0] for check in told if check.reason == GapReason.OVER_ALLOCATED]
    assert parked == [
        "an amount that nobody knows is parked: what pods held does not fit their nodes' cards",
        "4.00 EUR",
        "3.00 USD",
    ]


def test_the_rates_that_the_closing_keeps_are_told() -> None:
    """Those in force when the month began and those that began in it, of the currencies that it has, or is told in."""
    told = (("EUR", -40 * DAY, 5), ("EUR", -35 * DAY, 2), ("EUR", -9 * DAY, 3), ("EUR", 0, 4), ("GBP", -40 * DAY, 7))
    rates = tuple(ExchangeRate(currency, at(since), nanos * NANOS_PER_UNIT) for currency, since, nanos in told)
    month = replace(CLEAN, issued=Issued("USD", rates), currencies=frozenset({"USD", "EUR", "CHF"}))
    checks = check_list(month)
    assert {(check.reason, check.blocks) for check in checks} == {(CheckReason.EXCHANGE_RATE, False)}
    assert [check.message for check in checks] == [
        "1 EUR is 2.00 USD from 2026-09-27 on",
        "1 EUR is 3.00 USD from 2026-10-23 on",
    ]
    for told_in in ({"units": (UnitCharge("eu", "EUR", 1, 1),)}, {"workloads": (WorkloadCharge(CHAT, "EUR", 1),)}):
        issued = replace(Issued("USD", rates), **told_in)
        assert check_list(replace(month, issued=issued, currencies=frozenset({"USD"}))) == checks


def test_what_is_told_and_speaks_against_nothing() -> None:
    """What nobody claims, and that the month is known from some day on only: nobody can do anything about either."""
    unclaimed = a_total(UNCLAIMED, usd(2), component=Component.TOKENS, pool="openai")
    month = replace(
        CLEAN, totals=(*TOTALS, unclaimed, a_total(IDLE, usd(5), quantity=9)), covered=(Window(Instant(OVER.start + DAY), OVER.end),)
    )  # fmt: skip
    assert (reasons(month), reasons(month, blocks=False)) == ([], ["NoPodHistory", "Unclaimed"])
    assert check_list(month)[1].message == "2.00 of 16.00 USD of openai are claimed by nobody"
    assert Outcome(OCTOBER, check_list(month)).clean


def test_corrections_of_bills_are_claimed_or_not() -> None:
    """What a bill of a closed month turned out to be, with the bill of its source; of cards nothing is told."""
    corrects = [
        a_total(UNCLAIMED, usd(5), component=Component.CORRECTION, pool=f"{pool}, correction of 2026-09", certainty=of)
        for pool, of in (
            ("openai", Certainty.BILLED),
            ("openai", Certainty.ESTIMATED),
            ("H100-80GB", Certainty.ESTIMATED),
        )
    ]
    told = check_list(replace(CLEAN, totals=(*corrects, replace(corrects[0], owner=owned_by()))))
    assert [check.message for check in told] == ["10.00 of 15.00 USD of openai are claimed by nobody"]


def test_a_hole_at_the_begin_counts_if_the_month_before_is_known() -> None:
    """Then somebody stopped telling."""
    before = Window(Instant(OVER.start - DAY), Instant(OVER.start - HOUR))
    month = replace(CLEAN, covered=(before, Window(Instant(OVER.start + DAY), OVER.end)))
    assert reasons(month) == ["NoPodHistory"]


def test_a_bill_that_an_elder_one_tells_whole_is_not_needed() -> None:
    """Nobody reads it; of one that tells more than the elder what that leaves out is missing."""
    elder, younger = (replace(a_source(), name=name, created=at(n)) for n, name in enumerate(("openai", "again")))
    assert check_list(replace(CLEAN, sources=(elder, younger))) == ()
    narrow = replace(elder, projects=frozenset({"p"}))
    (point,) = check_list(replace(CLEAN, sources=(narrow, younger)))
    assert point.message == "the bill of UsageSource again was not read"
    other = replace(younger, secret=("openai-other", "key"))
    assert reasons(replace(CLEAN, sources=(elder, other))) == ["BillIncomplete"]


def test_a_month_of_which_no_time_is_known_is_not_clean() -> None:
    """It is no beginning if nothing came after it."""
    assert reasons(replace(CLEAN, covered=())) == ["NoPodHistory"]


def test_sources_without_a_bill_have_no_invoice_and_no_end() -> None:
    """A source that only meters is not waited for; a declared invoice of the month is enough."""
    meter = replace(a_source(), name="meter", role="Meter")
    invoiced = replace(a_source(), invoiced=frozenset({"2026-10"}))
    assert check_list(replace(CLEAN, sources=(meter, invoiced))) == ()


def test_gaps_of_other_months_are_none_of_its() -> None:
    """What is missing since the month ended does not keep it open."""
    assert check_list(replace(CLEAN, gaps=(Gap(GapReason.BILL_UNAVAILABLE, Feed.BILLS, T0, "today"),))) == ()


def test_what_blocks_comes_first() -> None:
    """Whoever reads the list reads what is to do before what is told."""
    month = replace(CLEAN, bills_through=(), totals=(a_total(UNCLAIMED, usd(2), component=Component.TOKENS),))
    assert [check.blocks for check in check_list(month)] == [True, False]
    assert Check(CheckReason.UNCLAIMED, "").blocks


@pytest.mark.parametrize(
    ("period", "oldest", "until", "words"),
    [
        ("2026-10", "2026-10", "2026-11-01T00:00:00Z", "2026-10 is not over: it can be closed after 2026-11-01T00:00:00Z"),
        ("2026-09", "2026-10", "2026-11-02T00:00:00Z", "nothing is known of 2026-09"),
        ("2026-10", None, "2026-11-02T00:00:00Z", "nothing is known of 2026-10"),
        ("2026-10", "2026-09", "2026-11-02T00:00:00Z", "2026-09 is still open: close it first"),
    ],
)  # fmt: skip
def test_what_cannot_be_closed(period: str, oldest: str | None, until: str, words: str) -> None:
    """A month that goes on, one of which nothing is known, and one whose turn it is not, in words."""
    assert words in str(refusal(Period(period), Period(oldest) if oldest else None, instant(until)))


def test_the_oldest_month_that_is_over_can_be_closed() -> None:
    """From the first second of its successor on."""
    assert refusal(OCTOBER, OCTOBER, instant("2026-11-01T00:00:01Z")) is None


@pytest.mark.parametrize(
    ("until", "settled", "due"),
    [
        ("2026-11-05T00:00:00Z", "2026-11-01T00:00:00Z", True),
        ("2026-11-04T23:59:59Z", "2026-11-04T00:00:00Z", False),
        ("2026-11-09T00:00:00Z", "2026-10-31T23:00:00Z", False),
        ("2027-03-01T00:00:00Z", "2027-03-01T00:00:00Z", True),
    ],
)
def test_a_month_is_due_on_its_close_day_once_it_is_settled(until: str, settled: str, *, due: bool) -> None:
    """However late that is."""
    assert is_due(OCTOBER, 5, instant(until), instant(settled)) is due
