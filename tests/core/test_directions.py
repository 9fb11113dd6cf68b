"""What input and output cost apart: by the bill's own lines, and not at all where it does not tell."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aicost.core.bills import TOKENS, BillRow, bill_entries
from aicost.core.directions import Directions, directions, together
from aicost.core.identity import WorkloadRef
from aicost.core.ledger import Certainty, Component, Entry, withdrawn
from aicost.core.reasons import GapReason
from aicost.core.usage import Tokens
from tests.support.builders import a_bill, a_claim, a_grant, a_row, a_source, a_unit, a_workload, dims, ownership, usd

CHAT = WorkloadRef("support", "chat")
CARE = ownership(a_unit(), a_source(a_grant("p")), a_workload(usage=(a_claim(project="p"),)))
COUNTED = {CHAT: Tokens(1000, 400, 0, 50, 7)}


def row(kind: str, dollars: int, tokens: int = 0, unit: str = TOKENS, project: str = "p") -> BillRow:
    return BillRow(dims(project=project, lineItem=kind), usd(dollars), tokens, unit if tokens else "")


def of(*rows: BillRow, currency: str = "USD") -> Directions | None:
    """Of what chat was billed on a day."""
    return directions(bill_entries([a_bill(*rows)], CARE)[0], COUNTED, currency).get(CHAT)


def test_the_bills_own_tokens_count() -> None:
    """Input is all that is not output, cached or not; what others were billed is nothing of it."""
    rows = row("m, input_tokens", 5, 600), row("m, cached_input_tokens", 1, 400), row("m, output_tokens", 4, 60)
    assert of(*rows, row("m, output_tokens", 99, 9, project="q")) == Directions(usd(6).nanos, 1000, usd(4).nanos, 60)


def test_where_rows_say_no_number_what_was_used_counts() -> None:
    """As of Anthropic, whose searches are beside tokens."""
    rows = row("uncached_input_tokens", 5), row("output_tokens", 4), row("web_search", 9)
    assert of(*rows) == Directions(usd(5).nanos, 1000, usd(4).nanos, 50)
    assert of(row("m, input_tokens", 5, 600), row("m, images", 9, 3, "images")) == Directions(usd(5).nanos, 600)


@pytest.mark.parametrize(
    "other",
    [
        row("m, thought_tokens", 1, 5),
        row("m, thought_tokens", 0, 5),
        row("a credit", -1),
        a_row(usd(1), project="p", model="m"),
    ],
)
def test_a_row_that_does_not_tell_leaves_all_untold(other: BillRow) -> None:
    """A quotient of a part would be too small, and nobody could see it."""
    assert of(row("m, input_tokens", 5, 600), other) is None
    assert of(row("m, input_tokens", 5, 600), currency="EUR") is None


def test_what_costs_and_was_not_counted_is_untold() -> None:
    """There is nothing to divide by; one token is something."""
    assert [Directions(5, tokens).counted for tokens in (0, 1)] == [False, True]
    entries = bill_entries([a_bill(row("output_tokens", 4))], CARE)[0]
    assert directions(entries, {}, "USD") == {}


def test_what_was_withdrawn_tells_nothing() -> None:
    """An estimate that gave way to its bill is no row of it any more."""
    entries = bill_entries([a_bill(a_row(usd(1), project="p"))], CARE)[0]
    rows = bill_entries([a_bill(row("m, output_tokens", 4, 60))], CARE)[0]
    assert directions((*rows, *withdrawn(entries, rows)), {}, "USD") == {CHAT: Directions(0, 0, usd(4).nanos, 60)}


def test_only_what_is_billed_tells() -> None:
    """An estimate of a row leaves all untold, and so does one without an amount; what is no token cost is nothing of it."""
    rows = bill_entries([a_bill(row("m, output_tokens", 4, 60))], CARE)[0]
    guess, none, other = (
        [Entry(replace(of.origin, **changed), tuple(replace(line, amount=amount) for line in of.lines)) for of in rows]
        for changed, amount in (
            ({"certainty": Certainty.ESTIMATED}, usd(4)),
            ({"amount": None, "gap": GapReason.NO_TOKEN_PRICE}, None),
            ({"component": Component.CORRECTION}, usd(4)),
        )
    )
    assert directions(guess, COUNTED, "USD") == directions((*rows, *none), COUNTED, "USD") == {}
    assert directions((*rows, *other), COUNTED, "USD") == {CHAT: Directions(0, 0, usd(4).nanos, 60)}


@given(st.lists(st.builds(Directions, *(st.integers(0, 10**9),) * 4), max_size=4))
def test_days_add_up(days: list[Directions]) -> None:
    """In any order."""
    whole = together({CHAT: day} for day in days)
    assert whole == together({CHAT: day} for day in reversed(days))
    assert sum(days, Directions()) == whole.get(CHAT, Directions())
