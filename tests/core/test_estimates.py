"""Estimates: beyond what is billed and never on top of it, owned as bills are, a gap where there is no price."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from aicost.core.appraisal import Appraised
from aicost.core.bills import TOKENS, BillRow
from aicost.core.declarations import Source
from aicost.core.estimates import Awaited, Estimation, estimated_of, estimates
from aicost.core.ledger import UNCLAIMED, Certainty, Entry, OwnerKind
from aicost.core.money import MOST_NANOS, NANOS_PER_UNIT
from aicost.core.reasons import GapReason
from aicost.core.refining import refinement, refiners_of
from aicost.core.token_prices import Rates
from aicost.core.usage import Tokens, UsageRow
from aicost.core.window import DAY
from tests.support.builders import (
    T0,
    a_claim,
    a_grant,
    a_row,
    a_source,
    a_unit,
    a_workload,
    between,
    dims,
    owned_by,
    ownership,
    usd,
)
from tests.support.tokens import LISTED, used

CHAT = ownership(a_unit(), a_source(a_grant("p")), a_workload(usage=(a_claim(project="p"),)))
A_MILLION = Tokens(1_000_000, requests=100)
"""Worth 2.00."""


def made(*of: Appraised, billed: tuple[BillRow, ...] = (), paid: Fraction | None = None) -> tuple[Entry, ...]:
    awaited = Awaited("openai", between(0, DAY), of, billed)
    return estimates(Estimation((awaited,), {} if paid is None else {("openai", ""): paid}), CHAT)[0]


def nanos(entries: tuple[Entry, ...]) -> int:
    return sum(entry.origin.amount.nanos for entry in entries if entry.origin.amount)


def billed(cents: int) -> BillRow:
    return a_row(usd(0, cents * 10**7), project="p", apiKey="k", lineItem="gpt-6-sol, input_tokens")


def test_what_is_used_and_not_billed_is_estimated() -> None:
    """Its key is of the bill's family, its owner as a bill row's, its tokens its quantity."""
    [entry] = made(used(A_MILLION))
    origin = entry.origin
    assert (origin.amount, origin.certainty, origin.quantity) == (usd(2), Certainty.ESTIMATED, 1_000_000)
    assert origin.key[:4] == ("bill", "openai", "2026-11-01", "estimate=openai")
    assert estimated_of(origin.key) == ("openai", "gpt-6-sol")
    assert [line.owner for line in entry.lines] == [owned_by()]
    assert made(used(A_MILLION, project="q"))[0].lines[0].owner == UNCLAIMED


def test_only_estimates_are_known_as_such() -> None:
    """A bill row's key names no estimate, nor does that of anything else."""
    assert estimated_of(("bill", "openai", "2026-11-01", "model=m")) is None
    assert estimated_of(("gpu", "openai", "2026-11-01", "estimate=openai")) is None


def test_what_is_billed_already_is_not_estimated_again() -> None:
    """Of 2.00 used 0.50 are billed: 1.50 are outstanding, and nothing when more is billed than the list would say."""
    assert nanos(made(used(A_MILLION), billed=(billed(50),))) == usd(1, 500_000_000).nanos
    assert made(used(A_MILLION), billed=(billed(201),)) == ()


@given(st.integers(0, 400), st.integers(0, 10**7), st.integers(0, 10**7))
def test_a_growing_day_is_the_larger_of_bill_and_usage(cents: int, one: int, other: int) -> None:
    """Bill and estimate together are what is billed, or what was used where that is more: never both, to the nano-unit."""
    rows = (used(Tokens(one, requests=one)), used(Tokens(0, output=other, requests=1), user="u"))
    worth = one * 2000 + other * 10_000
    amount = cents * 10**7
    assert nanos(made(*rows, billed=(billed(cents),))) == max(0, worth - amount)


def test_what_a_bill_tells_less_finely_is_compared_as_it_tells() -> None:
    """A bill by project and an estimate by key: the project's keys are outstanding together."""
    keys = used(A_MILLION, apiKey="a"), used(A_MILLION, apiKey="b")
    by_project = a_row(usd(1), project="p")
    entries = made(*keys, billed=(by_project,))
    assert [entry.origin.amount for entry in entries] == [usd(1, 500_000_000)] * 2
    assert made(*keys, billed=(a_row(usd(5)),)) == ()


def test_what_is_paid_of_the_list_is_estimated_so() -> None:
    """As the source's own bills show it."""
    assert nanos(made(used(A_MILLION), paid=Fraction(88, 100))) == usd(1, 760_000_000).nanos


def test_an_unknown_model_is_a_gap_with_its_tokens() -> None:
    """No amount, never zero; but not where its bill tells of it."""
    [entry] = made(used(A_MILLION, None))
    assert (entry.origin.amount, entry.origin.gap, entry.origin.quantity) == (None, GapReason.NO_TOKEN_PRICE, 1_000_000)
    assert made(used(A_MILLION, None), billed=(billed(50),)) == ()


def test_what_the_ledger_cannot_hold_is_a_gap() -> None:
    """An absurd price spoils nothing else."""
    dear = replace(LISTED, rates=Rates(input=Fraction(MOST_NANOS)), longer=())
    [entry] = made(used(Tokens(2_000_000), dear))
    assert (entry.origin.amount, entry.origin.gap) == (None, GapReason.AMOUNT_TOO_LARGE)


def test_amounts_of_two_currencies_are_not_compared() -> None:
    """A price in another currency than the bill's tells nothing of what is outstanding of it."""
    euros = replace(LISTED, currency="EUR")
    assert made(used(A_MILLION, euros), billed=(billed(50),)) == ()
    assert [entry.origin.amount and entry.origin.amount.currency for entry in made(used(A_MILLION, euros))] == ["EUR"]


@given(st.lists(st.integers(0, 10**9), min_size=1, max_size=5))
def test_estimates_conserve(counts: list[int]) -> None:
    """Each entry is its row's worth, rounded once; tokens and lines sum."""
    rows = [used(Tokens(count, requests=count), apiKey=str(i)) for i, count in enumerate(counts)]
    entries = made(*rows)
    assert nanos(entries) == sum(counts) * 2 * NANOS_PER_UNIT // 1_000_000
    assert sum(entry.origin.quantity for entry in entries) == sum(counts)
    assert {line.owner.kind for entry in entries for line in entry.lines} == {OwnerKind.WORKLOAD}


def test_an_estimate_of_a_shared_key_divides_among_whom_a_gateway_saw() -> None:
    """By what each used, at its price; what nobody saw stays with who owns the key, and all of it is an estimate still."""
    gateway = Source("gw", "LiteLLM", "Refine", refines=frozenset({("openai", "k")}))
    own = used(Tokens(1_000_000, output=200_000, requests=100))
    seen = UsageRow("gw", between(0, DAY), dims(apiKey="rank", model="gpt-6-sol"), Tokens(output=100_000, requests=9))
    refined = refinement({T0: refiners_of((gateway,))}, (own.row, seen))
    of = Estimation((Awaited("openai", between(0, DAY), (own,)),))
    [entry], _ = estimates(of, CHAT, refined)
    assert [(line.subject, line.amount) for line in entry.lines] == [
        ("apiKey rank, seen by gw", usd(1)),
        ("project p", usd(3)),
    ]
    assert entry.origin.certainty is Certainty.ESTIMATED


def test_what_was_seen_is_not_spent_on_bill_and_estimate_alike() -> None:
    """Of a day of which half is billed the estimate's part of what was seen is the smaller one."""
    gateway = Source("gw", "LiteLLM", "Refine", refines=frozenset({("openai", "k")}))
    own = used(Tokens(output=200_000, requests=100))
    seen = UsageRow("gw", between(0, DAY), dims(apiKey="rank", model="gpt-6-sol"), Tokens(output=100_000, requests=9))
    half = a_row(usd(1), 100_000, project="p", apiKey="k", lineItem="gpt-6-sol, output_tokens")
    day = Awaited("openai", between(0, DAY), (own,), (replace(half, unit=TOKENS),))
    [entry], _ = estimates(Estimation((day,)), CHAT, refinement({T0: refiners_of((gateway,))}, (own.row, seen)))
    assert entry.origin.amount == usd(1)
    [rank] = [line.amount.nanos for line in entry.lines if line.amount and line.subject.endswith("gw")]
    assert rank == usd(1).nanos // 3


def test_what_was_seen_is_spent_once_however_finely_usage_is_told() -> None:
    """Usage by batch and tier divides an estimate as usage without them does: the bill beside it spends its part."""
    gateway = Source("gw", "LiteLLM", "Refine", refines=frozenset({("openai", "k")}))
    seen = UsageRow("gw", between(0, DAY), dims(apiKey="rank", model="gpt-6-sol"), Tokens(500_000, requests=5))

    def seen_of_it(own: Appraised) -> int:
        day = Awaited("openai", between(0, DAY), (own,), (billed(100),))
        refined = refinement({T0: refiners_of((gateway,))}, (own.row, seen))
        [entry], _ = estimates(Estimation((day,)), CHAT, refined)
        return sum(line.amount.nanos for line in entry.lines if line.amount and line.subject.endswith("gw"))

    plain, told = used(A_MILLION), used(A_MILLION, batch="false", tier="default")
    assert seen_of_it(told) == seen_of_it(plain) == usd(0, 250_000_000).nanos
