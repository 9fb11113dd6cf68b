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
from aicost.core.ledger import UNCLAIMED, Certainty, Component, Entry, Origin, OwnerKind
from aicost.core.money import MOST_NANOS
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
    at,
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
    assert entry.origin == Origin(
        key=("bill", "openai", "2026-11-01", "estimate=openai", "apiKey=k", "model=gpt-6-sol", "project=p"),
        component=Component.TOKENS,
        pool="openai",
        window=between(0, DAY),
        amount=usd(2),
        certainty=Certainty.ESTIMATED,
        quantity=1_000_000,
        unit=TOKENS,
        description="openai apiKey k, model gpt-6-sol, project p, estimated",
    )
    assert estimated_of(entry.origin.key) == ("openai", "gpt-6-sol")
    assert [line.owner for line in entry.lines] == [owned_by()]
    assert made(used(A_MILLION, project="q"))[0].lines[0].owner == UNCLAIMED


def test_only_estimates_are_known_as_such() -> None:
    """A bill row's key names no estimate, nor does that of anything else."""
    assert estimated_of(("bill", "openai", "2026-11-01", "model=m")) is None
    assert estimated_of(("gpu", "openai", "2026-11-01", "estimate=openai")) is None
    assert estimated_of(("bill", "openai", "2026-11-01")) is None


def test_the_key_of_an_estimate_says_whose_model_it_is_of() -> None:
    """A name may hold what parts names from values; usage without a model is of a provider all the same."""
    day = ("bill", "openai", "2026-11-01")
    assert estimated_of((*day, "estimate=openai", "model=ft=m")) == ("openai", "ft=m")
    assert estimated_of((*day, "estimate=anthropic")) == ("anthropic", "")


def test_what_is_billed_already_is_not_estimated_again() -> None:
    """Of 2.00 used 0.50 are billed: 1.50 are outstanding, and nothing when more is billed than the list would say."""
    assert nanos(made(used(A_MILLION), billed=(billed(50),))) == usd(1, 500_000_000).nanos
    assert made(used(A_MILLION), billed=(billed(201),)) == ()


def test_the_last_nano_unit_is_outstanding() -> None:
    """Half a token more is used than is billed."""
    almost = replace(billed(0), amount=usd(0, 1999))
    assert nanos(made(used(Tokens(1, requests=1)), billed=(almost,))) == 1


def test_a_credit_on_what_has_no_price_leaves_nothing_outstanding() -> None:
    """Nobody knows what its usage is worth; of what has a price all of it is, and the credit beside it is not lost."""
    assert made(used(A_MILLION, None), billed=(billed(-50),)) == ()
    assert nanos(made(used(A_MILLION), used(A_MILLION, None), billed=(billed(-50),))) == usd(2, 500_000_000).nanos


def test_models_are_compared_each_by_itself() -> None:
    """A bill that names models, in its line item or apart, tells nothing of another model; snapshots are one model."""
    old = used(A_MILLION, model="gpt-6-sol-2026-09-01")
    other = used(A_MILLION, model="gpt-6-luna")
    dated = "gpt-6-sol-2026-09-01"
    apart = a_row(usd(0, 500_000_000), project="p", apiKey="k", model=dated, lineItem="input_tokens")
    for row in (billed(50), apart):
        entries = made(used(A_MILLION), old, other, billed=(row,))
        assert {estimated_of(of.origin.key): nanos((of,)) for of in entries} == {
            ("openai", "gpt-6-sol"): usd(1, 750_000_000).nanos,
            ("openai", "gpt-6-sol-2026-09-01"): usd(1, 750_000_000).nanos,
            ("openai", "gpt-6-luna"): usd(2).nanos,
        }


def test_the_bill_of_one_project_tells_nothing_of_another() -> None:
    """What the other used is outstanding whole."""
    entries = made(used(A_MILLION), used(A_MILLION, project="q"), billed=(billed(50),))
    assert [entry.origin.amount for entry in entries] == [usd(1, 500_000_000), usd(2)]


def test_what_is_outstanding_divides_by_worth() -> None:
    """To the fraction of a nano-unit: a third of the rest is of the first token, two thirds are of the other two."""
    cheap = replace(LISTED, rates=Rates(input=Fraction(1_500_000)), longer=())
    rows = used(Tokens(1, requests=1), cheap), used(Tokens(2, requests=1), cheap, user="u")
    entries = made(*rows, billed=(replace(billed(0), amount=usd(0, 1)),))
    assert [entry.origin.amount for entry in entries] == [usd(0, 1), usd(0, 3)]


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


def test_what_a_bill_tells_more_finely_is_compared_as_usage_tells() -> None:
    """A bill by workspace, and usage that has none; names that end in a date are no snapshots, unless of models."""
    dated = "p-2026-09-01"
    finer = [a_row(usd(0, 250_000_000), project=dated, workspace=of) for of in ("a", "b")]
    assert nanos(made(used(A_MILLION, project=dated), billed=tuple(finer))) == usd(1, 500_000_000).nanos


def test_what_is_paid_of_the_list_is_estimated_so() -> None:
    """As the source's own bills show it."""
    assert nanos(made(used(A_MILLION), paid=Fraction(88, 100))) == usd(1, 760_000_000).nanos


def test_an_unknown_model_is_a_gap_with_its_tokens() -> None:
    """No amount, never zero; but not where its bill tells of it."""
    [entry] = made(used(A_MILLION, None))
    assert (entry.origin.amount, entry.origin.gap, entry.origin.quantity) == (None, GapReason.NO_TOKEN_PRICE, 1_000_000)
    assert made(used(A_MILLION, None), billed=(billed(50),)) == ()
    [entry] = made(used(A_MILLION, replace(LISTED, rates=Rates(output=Fraction(1)), longer=())))
    assert (entry.origin.amount, entry.origin.gap) == (None, GapReason.NO_TOKEN_PRICE)


def test_a_claim_that_is_lost_is_told() -> None:
    """Of each row of usage by itself."""
    rival = a_workload("late", usage=(a_claim(project="p"),), claimed_at=at(9))
    owners = ownership(a_unit(), a_source(a_grant("p")), a_workload(usage=(a_claim(project="p"),)), rival)
    days = (Awaited("openai", between(0, DAY), (used(A_MILLION, project="q"), used(A_MILLION))),)
    _, contests = estimates(Estimation(days), owners)
    assert [(contest.loser.name, contest.subject) for contest in contests] == [("late", "openai project p")]


def test_a_day_that_is_billed_and_not_used_is_not_estimated() -> None:
    """Its bill stands by itself."""
    assert made(billed=(billed(50),)) == ()


def test_what_the_ledger_cannot_hold_is_a_gap() -> None:
    """An absurd price spoils nothing else."""
    dear = replace(LISTED, rates=Rates(input=Fraction(MOST_NANOS)), longer=())
    [entry] = made(used(Tokens(2_000_000), dear))
    assert (entry.origin.amount, entry.origin.gap) == (None, GapReason.AMOUNT_TOO_LARGE)
    [most] = made(used(Tokens(1), replace(dear, rates=Rates(input=Fraction(MOST_NANOS * 10**6)))))
    assert most.origin.amount == usd(0, MOST_NANOS)


def test_amounts_of_two_currencies_are_not_compared() -> None:
    """A price in another currency than the bill's tells nothing of what is outstanding of it."""
    euros = replace(LISTED, currency="EUR")
    assert made(used(A_MILLION, euros), billed=(billed(50),)) == ()
    assert made(used(A_MILLION), used(A_MILLION, euros, user="u"), billed=(billed(50),)) == ()
    assert [entry.origin.amount and entry.origin.amount.currency for entry in made(used(A_MILLION, euros))] == ["EUR"]


@given(st.lists(st.integers(0, 10**9), min_size=1, max_size=5))
def test_estimates_conserve(counts: list[int]) -> None:
    """Each entry is its row's worth, rounded once; tokens of both directions and lines sum."""
    rows = [used(Tokens(count, output=1, requests=count), apiKey=str(i)) for i, count in enumerate(counts)]
    entries = made(*rows)
    assert nanos(entries) == sum(counts) * 2000 + len(counts) * 10_000
    assert sum(entry.origin.quantity for entry in entries) == sum(counts) + len(counts)
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


def test_a_gateway_may_name_the_provider_before_the_model() -> None:
    """Bill and estimate spend what it saw all the same; a count of something else is no count of tokens."""
    gateway = Source("gw", "LiteLLM", "Refine", refines=frozenset({("openai", "k")}))
    own = used(Tokens(output=200_000, requests=100))
    counted = a_row(usd(1), 7, project="p", apiKey="k", lineItem="gpt-6-sol, output_tokens")

    def seen_as(model: str, bill: BillRow) -> list[int]:
        seen = UsageRow("gw", between(0, DAY), dims(apiKey="rank", model=model), Tokens(output=100_000, requests=9))
        day = Awaited("openai", between(0, DAY), (own,), (bill,))
        [entry], _ = estimates(Estimation((day,)), CHAT, refinement({T0: refiners_of((gateway,))}, (own.row, seen)))
        return [line.amount.nanos for line in entry.lines if line.amount and line.subject.endswith("gw")]

    assert seen_as("openai/gpt-6-sol", counted) == seen_as("gpt-6-sol", counted) == [usd(0, 250_000_000).nanos]


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
