"""The backlog: everything that nobody claims."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from aicost.core.ledger import IDLE, UNCLAIMED, Certainty, Component, Total
from aicost.core.reasons import GapReason
from aicost.reports.backlog import backlog, table
from aicost.reports.document import Document, Row
from aicost.reports.known import Known
from tests.support.builders import a_total, owned_by, usd
from tests.support.strategies import totals


def told(*some: Total) -> Document:
    return Document("2026-11", "", "", tuple(Row.of(total) for total in some), ())


def pod(name: str, dollars: int) -> Total:
    return replace(a_total(UNCLAIMED, usd(dollars)), subject=name)


def billed(subject: str, dollars: int) -> Total:
    of = a_total(UNCLAIMED, usd(dollars), component=Component.TOKENS, certainty=Certainty.BILLED, pool="openai")
    return replace(of, subject=subject)


SOME = told(
    pod("lab/a", 3),
    pod("lab/b", 4),
    pod("dev/x", 5),
    billed("project p_1", 9),
    billed("no project", 2),
    billed("project credit", -1),
    a_total(owned_by(), usd(50)),
    a_total(IDLE, usd(60)),
    replace(a_total(UNCLAIMED, quantity=1, gap=GapReason.NO_PRICE), subject="lab/unpriced"),
)


def test_what_has_a_name_is_called_by_it() -> None:
    """For people, behind the id."""
    named = Known("2026-11-01T00:00:00Z", (), (), (), names=(("openai", "project", "p_1", "Support"),))
    first, *_ = backlog(replace(SOME, known=Known.from_json(named.to_json())))
    assert first.what == "openai: project p_1 (Support)"


def test_the_dearest_comes_first() -> None:
    """Pods by namespace, bills by subject; what is owned or idle is not there, and what has no amount comes last."""
    assert [(each.what, each.nanos) for each in backlog(SOME)] == [
        ("openai: project p_1", usd(9).nanos),
        ("pods of lab: lab/b and 1 more", usd(7).nanos),
        ("pods of dev: dev/x", usd(5).nanos),
        ("openai: no project", usd(2).nanos),
        ("openai: project credit", usd(-1).nanos),
        ("pods of lab: lab/unpriced", 0),
    ]


def test_a_correction_of_a_bill_is_told_with_it() -> None:
    """By its subject, so that it can be claimed: no pod is called so."""
    corrected = replace(billed("project p_1", 5), component=Component.CORRECTION, pool="openai, correction of 2026-10")
    (item,) = backlog(told(billed("project p_1", 9), corrected))
    assert (item.what, item.amount) == ("openai: project p_1", "14.00")


def test_what_has_no_price_is_not_zero() -> None:
    """It says why it has no amount, and is in no sum."""
    *_, last, total = table(backlog(SOME)).splitlines()
    assert (last.split()[0], total.split()) == ("NoPrice", ["22.00", "USD", "sum"])


def test_time_that_nobody_is_known_to_have_held_is_nobodys_to_claim() -> None:
    """It is listed all the same, by its node."""
    untold = replace(a_total(UNCLAIMED, quantity=1, gap=GapReason.NO_CLAIM_HISTORY), subject="node-a")
    (item,) = backlog(told(untold))
    assert (item.what, item.amount) == ("node-a", "NoClaimHistory")


@given(st.lists(totals(), max_size=8))
def test_it_is_all_that_is_unclaimed(some: list[Total]) -> None:
    """In every currency it sums to the report's unclaimed cost, exactly."""
    for currency in ("USD", "EUR"):
        unclaimed = sum(t.nanos for t in some if t.owner == UNCLAIMED and t.gap is None and t.currency == currency)
        assert sum(each.nanos for each in backlog(told(*some)) if each.currency == currency) == unclaimed


def test_a_table_tells_amounts_or_that_there_are_none() -> None:
    """An empty backlog is said in words."""
    assert table(backlog(SOME)).splitlines()[:2] == [
        "  AMOUNT  CURRENCY    WHAT NOBODY CLAIMS",
        "    9.00  USD         openai: project p_1",
    ]
    assert table(()) == "nothing is unclaimed"
