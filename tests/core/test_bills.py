"""Provider bills: every row is an entry of its own day, with one owner and the provider's own amount."""

from __future__ import annotations

from dataclasses import replace
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aicost.core.bills import BillRow, bill_entries, describe, named_by_caller
from aicost.core.ledger import UNCLAIMED, Certainty, Component
from aicost.core.money import Money
from aicost.core.window import DAY
from tests.support.builders import (
    a_bill,
    a_claim,
    a_grant,
    a_line,
    a_row,
    a_source,
    a_unit,
    a_workload,
    between,
    dims,
    owned_by,
    ownership,
    successive,
    usd,
)

BEFORE = (a_unit(), a_source(a_grant("p")), a_workload(usage=(a_claim(project="p"),)))
CARE = ownership(*BEFORE)
_ROWS = st.lists(
    st.builds(
        BillRow,
        st.dictionaries(st.sampled_from(["project", "lineItem"]), st.sampled_from("pqr")).map(
            lambda d: frozenset(d.items())
        ),
        st.integers(-(10**12), 10**12).map(lambda nanos: Money(nanos, "USD")),
        st.integers(0, 9),
    ),
    unique_by=lambda row: row.dimensions,
)


@given(_ROWS, st.randoms(use_true_random=False))
def test_entries_sum_to_the_bill(rows: list[BillRow], random: Random) -> None:
    """Credits included, the entries of a day sum to the day's rows to the last nano-unit, in any order of rows."""
    entries, _ = bill_entries([a_bill(*rows)], CARE)
    assert sum(e.origin.amount.nanos for e in entries if e.origin.amount) == sum(row.amount.nanos for row in rows)
    assert len({entry.origin.key for entry in entries}) == len(rows)
    again, _ = bill_entries([a_bill(*random.sample(rows, len(rows)))], CARE)
    assert set(again) == set(entries)


def test_a_row_is_told_whole() -> None:
    """A row keeps the provider's day, amount, quantity and name, and says what it was for."""
    row = replace(a_row(usd(7), 3, project="p", lineItem="gpt"), unit="tokens")
    (entry,), _ = bill_entries([a_bill(row)], CARE)
    origin = entry.origin
    assert origin.key == ("bill", "openai", "2026-11-01", "lineItem=gpt", "project=p")
    assert (origin.component, origin.certainty, origin.pool) == (Component.TOKENS, Certainty.BILLED, "openai")
    assert (origin.window, origin.amount, origin.quantity) == (between(0, DAY), usd(7), 3)
    assert origin.unit == "tokens"
    assert origin.description == "openai lineItem gpt, project p"
    assert [(line.owner, line.subject) for line in entry.lines] == [(owned_by(), "project p")]


def test_what_nobody_ownership_is_unclaimed() -> None:
    """A row without a project, or of one that nobody ownership, stays in the bill and is unclaimed."""
    entries, contests = bill_entries([a_bill(a_row(usd(1)), a_row(usd(2), project="q"))], CARE)
    assert [(line.owner, line.subject) for entry in entries for line in entry.lines] == [
        (UNCLAIMED, "no project"),
        (UNCLAIMED, "project q"),
    ]
    assert contests == frozenset()


def test_days_and_sources_keep_apart() -> None:
    """The same dimensions on another day or from another source are another origin."""
    row = a_row(usd(1), project="p")
    entries, _ = bill_entries([a_bill(row), a_bill(row, day=1), a_bill(row, source="anthropic")], CARE)
    assert len({entry.origin.key for entry in entries}) == 3
    assert [entry.lines[0].owner for entry in entries] == [owned_by(), owned_by(), UNCLAIMED]


def test_a_day_names_each_combination_once() -> None:
    """A provider that gives the same dimensions twice on a day contradicts itself: no day can be built of it."""
    with pytest.raises(ValueError, match="openai gives the same dimensions twice on 2026-11-01"):
        a_bill(a_row(usd(1), project="p"), a_row(usd(2), project="p"))


def test_rivals_for_a_row_are_told() -> None:
    """Two workloads that claim the same project leave a contest that names source and project."""
    rivals = [a_workload(name, usage=(a_claim(project="p"),)) for name in ("a", "b")]
    _, contests = bill_entries(
        [a_bill(a_row(usd(1), project="p"))], ownership(a_unit(), a_source(a_grant("p")), *rivals)
    )
    assert [(str(c.winner), str(c.loser), c.subject) for c in contests] == [
        ("support/a", "support/b", "openai project p")
    ]


def test_dimensions_in_words() -> None:
    """Dimensions are told in a stable order; none at all are everything."""
    assert describe(dims(project="p", lineItem="gpt")) == "lineItem gpt, project p"
    assert describe(frozenset()) == "everything"


def test_a_row_keeps_its_owner() -> None:
    """A day that is read again after ownership changed leaves a workload what it owned, and gives away what nobody did."""
    rows = a_bill(a_row(usd(1), project="p"), a_row(usd(2), project="q"))
    rival = a_workload("rival", usage=(a_claim(project="p", lineItem="x"), a_claim(project="q")))
    of = successive((0, BEFORE), (DAY, (a_unit(), a_source(a_grant("q")), rival)))
    entries, _ = bill_entries([rows], of)
    assert [line.owner for entry in entries for line in entry.lines] == [owned_by("chat"), owned_by("rival")]


@given(st.integers(-(10**12), 10**12), st.integers(0, 10**6), st.integers(1, DAY - 1))
def test_a_row_that_changes_hands_is_divided_by_the_seconds_of_its_day(nanos: int, quantity: int, cut: int) -> None:
    """Each owner's part is his share of the day to less than a nano-unit, and the parts sum to the row exactly."""
    after = a_unit(), a_source(a_grant("p")), a_workload("next", usage=(a_claim(project="p"),))
    row = a_row(Money(nanos, "USD"), quantity, project="p")
    (entry,), _ = bill_entries([a_bill(row)], successive((0, BEFORE), (cut, after)))
    first, second = entry.lines
    assert (first.owner, second.owner) == (owned_by("chat"), owned_by("next"))
    assert first.amount is not None
    assert abs(first.amount.nanos * DAY - nanos * cut) < DAY
    assert abs(first.quantity * DAY - quantity * cut) < DAY


def test_a_row_may_be_given_an_owner() -> None:
    """Whoever keeps it, whatever is claimed: as lines of closed months do."""
    day = a_bill(a_row(usd(1), project="p"))
    (entry,), _ = bill_entries([day], CARE)
    (kept,), _ = bill_entries([day], CARE, {(entry.origin.key, "project p"): UNCLAIMED})
    assert [line.owner for line in kept.lines] == [UNCLAIMED]


def test_a_workspace_names_a_row_that_has_no_project() -> None:
    """Lines say what they are of by what a bill is read by, and by whose key it is where it has none: keys can be claimed."""
    named = {"project": "p", "workspace": "w", "apiKey": "k", "serviceAccount": "s", "user": "u"}
    rows = [a_row(usd(1), 0, **dict(list(named.items())[place:]), model="m") for place in range(len(named) + 1)]
    entries, _ = bill_entries([a_bill(*rows)], CARE)
    subjects = ["project p", "workspace w", "apiKey k", "serviceAccount s", "user u", "no project"]
    assert [entry.lines[0].subject for entry in entries] == subjects


def test_a_line_that_is_kept_without_a_name_stays_so() -> None:
    """A month that was closed before keys were told keeps its lines as they are, so that nothing is corrected."""
    day = a_bill(a_row(usd(1), apiKey="k"))
    (entry,), _ = bill_entries([day], CARE)
    (kept,), _ = bill_entries([day], CARE, {(entry.origin.key, "no project"): owned_by("next")})
    assert [(line.owner, line.subject) for line in kept.lines] == [(owned_by("next"), "no project")]


@pytest.mark.parametrize(
    ("subject", "named"),
    [
        ("customer acme, feature replies, user u, seen by gw", {"customer": "acme", "feature": "replies"}),
        ('apiKey "k", customer "Acme, Inc.", project "p", seen by gw', {"customer": "Acme, Inc."}),
        ('feature "a, seen by b", seen by gw', {"feature": "a, seen by b"}),
        ('customer "acme, feature x, seen by gw", user "u", seen by gw', {"customer": "acme, feature x, seen by gw"}),
        ("apiKey k, user u, seen by gw", {}),
        ("customer acme, project p", {}),
    ],
)
def test_a_callers_line_names_customer_and_feature(subject: str, named: dict[str, str]) -> None:
    """Whatever they are called; of a line of nobody whom a gateway saw nothing."""
    assert named_by_caller(a_line(owned_by(), usd(1), subject=subject)) == named
