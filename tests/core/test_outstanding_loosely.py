"""What is outstanding where rows of a bill lack dimensions that others of their day have, or usage does."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aicost.core.appraisal import NOTHING_PAID, Appraised
from aicost.core.bills import BillRow
from aicost.core.counting import Measure
from aicost.core.declarations import Dimensions
from aicost.core.money import Money
from aicost.core.outstanding import outstanding
from aicost.core.token_prices import Rates
from aicost.core.usage import Tokens, UsageRow
from tests.core.test_payments import least
from tests.support.builders import a_row, dims, usd
from tests.support.tokens import LISTED, counted, used

CENT = 10**7
OTHERS = a_row(usd(0), project="p", apiKey="other", lineItem="gpt-6-sol, input_tokens")
"""A row of nothing that tells all dimensions, of another key."""


def tokens(cents: int, key: str = "a", model: str = "gpt-6-sol") -> Appraised:
    return used(Tokens(output=cents * 1000, requests=1), apiKey=key, model=model)


def row(cents: int, **named: str) -> BillRow:
    return BillRow(dims(**named), usd(0, cents * CENT))


def left(used_by: Sequence[Appraised], *billed: BillRow) -> dict[str, int | None]:
    """Cents by key, or by measure."""
    found = outstanding(used_by, billed, NOTHING_PAID)
    named = ((each.measure or dict(each.row.dimensions).get("apiKey", ""), amount) for each, amount in found)
    return {name: amount.nanos // CENT if amount else None for name, amount in named}


@pytest.mark.parametrize(
    "lacks",
    [
        {"project": "p", "lineItem": "gpt-6-sol, input_tokens"},
        {"project": "p", "apiKey": "a"},
        {"project": "p", "apiKey": "a", "lineItem": "input_tokens"},
        {"apiKey": "a", "model": "gpt-6-sol"},
        {},
    ],
)
def test_a_row_that_lacks_a_dimension_pays_for_usage_that_has_it(lacks: Mapping[str, str]) -> None:
    """A key, a model, a project or all of them: what it pays for is not estimated beside it."""
    assert left([tokens(200)], row(150, **lacks), OTHERS) == {"a": 50}
    assert left([tokens(200)], row(250, **lacks), OTHERS) == {}


def test_the_last_nano_unit_is_paid() -> None:
    """And no other amount is rounded for it: what no row may be of is its own worth, each by itself."""
    one = BillRow(dims(project="p"), usd(0, 1))
    [(_, amount)] = outstanding([tokens(200)], (one, OTHERS), NOTHING_PAID)
    assert amount == usd(1, 10**9 - 1)
    cheap = replace(LISTED, rates=Rates(input=Fraction(1_500_000)), longer=())
    beside = [used(Tokens(1, requests=1), cheap, apiKey="b", model="gpt-6-luna", user=user) for user in ("u", "v")]
    by_model = replace(one, dimensions=dims(project="p", model="gpt-6-sol"))
    found = outstanding([tokens(200), *beside], (by_model, OTHERS), NOTHING_PAID)
    assert [amount.nanos for _, amount in found if amount] == [usd(2).nanos - 1, 2, 2]


def test_usage_of_another_key_or_model_is_left_whole() -> None:
    """What a row contradicts it does not pay for."""
    of = [tokens(200), tokens(100, "b", "gpt-6-luna")]
    assert left(of, row(900, project="p", lineItem="gpt-6-sol, input_tokens"), OTHERS) == {"b": 100}
    assert left(of, row(900, project="p", apiKey="b"), OTHERS) == {"a": 200}
    assert left(of, row(900, project="q"), OTHERS) == {"a": 200, "b": 100}


def test_what_tells_the_same_comes_first() -> None:
    """A row without a key pays usage without one; only what is left of it is off what was used by keys, by its worth."""
    of = [tokens(100), tokens(300, "b"), replace(tokens(100), row=_without_key(100))]
    line = {"project": "p", "lineItem": "gpt-6-sol, input_tokens"}
    assert left(of, row(60, **line), OTHERS) == {"a": 100, "b": 300, "": 40}
    assert left(of, row(140, **line), OTHERS) == {"a": 90, "b": 270}
    assert left(of, row(500, **line, apiKey="a"), OTHERS) == {"b": 300}


def test_usage_that_lacks_a_dimension_is_paid_by_rows_that_have_it() -> None:
    """Embeddings that only a project tells, and their bill by key: after what tells the key, and not of another model."""
    of = [tokens(100), replace(tokens(100), row=_without_key(100))]
    assert left(of, row(150, project="p", apiKey="a", model="gpt-6-sol")) == {"": 50}
    assert left(of, row(150, project="p", apiKey="a", model="gpt-6-luna")) == {"a": 100, "": 100}


def _without_key(cents: int) -> UsageRow:
    return replace(tokens(cents).row, dimensions=dims(project="p", model="gpt-6-sol"))


def test_a_row_without_a_key_is_taken_off_each_measure_but_once() -> None:
    """Tokens first; what says that it is of no token never is off tokens of a bill that names models."""
    searches = counted(Measure.WEB_SEARCH_CALLS, 100, "0.01", apiKey="a")
    of = [tokens(200), searches]
    assert left(of, row(250, project="p"), OTHERS) == {"webSearchCalls": 50}
    assert left(of, row(250, project="p", lineItem="web search tool calls"), OTHERS) == {"a": 200}
    assert left(of, row(250, project="p", lineItem="gpt-6-sol, input_tokens"), OTHERS) == {"webSearchCalls": 100}


def test_a_bill_without_models_tells_of_tokens_what_it_tells_of_anything() -> None:
    """A line item of whatever kind, with a key or without."""
    lines = row(50, project="p", lineItem="standard"), row(10, project="p", apiKey="other", lineItem="standard")
    assert left([tokens(200)], *lines) == {"a": 150}


def test_usage_without_a_price_that_a_row_may_be_of_stays_a_gap() -> None:
    """It is counted, and nobody knows whether it is what was billed; where a row is just of it, it is billed."""
    unpriced = replace(tokens(200), price=None)
    assert left([unpriced], row(150, project="p"), OTHERS) == {"a": None}
    assert left([unpriced], row(150, project="p", apiKey="a", model="gpt-6-sol"), OTHERS) == {}


def test_a_row_in_another_currency_is_off_nothing_that_it_may_be_of() -> None:
    """Nobody can tell how much of it that would be."""
    euros = replace(row(150, project="p"), amount=Money(150 * CENT, "EUR"))
    assert left([tokens(200)], euros, OTHERS) == {"a": 200}
    assert left([tokens(200)], euros, row(20, model="gpt-6-sol"), OTHERS) == {"a": 180}


def test_a_credit_is_off_rows_that_tell_the_same() -> None:
    """And by itself it makes no usage more, nor less."""
    paid, credit = row(150, project="p", lineItem="gpt-6-sol, input_tokens"), row(-50, project="p", model="gpt-6-sol")
    assert left([tokens(200)], paid, credit, OTHERS) == {"a": 100}
    assert left([tokens(200)], credit, OTHERS) == {"a": 200}


def test_rows_that_come_to_nothing_leave_no_credit() -> None:
    """What is compared later is not more for it."""
    searches = counted(Measure.WEB_SEARCH_CALLS, 100, "0.01")
    by_model = replace(searches, row=replace(searches.row, dimensions=dims(project="p", model="gpt-6-sol")))
    paid, credit = (
        row(cents, project="p", lineItem=f"gpt-6-sol, {of}") for cents, of in ((5, "input_tokens"), (-5, "x"))
    )
    assert left([tokens(200), by_model], paid, credit, OTHERS) == {"a": 200, "webSearchCalls": 100}


_SOME = st.fixed_dictionaries(
    {}, optional={name: st.sampled_from("ab") for name in ("project", "apiKey", "model", "user")}
).map(lambda named: dims(**named))
AMOUNTS = st.dictionaries(_SOME, st.integers(1, 9), max_size=4)


@given(AMOUNTS, AMOUNTS)
def test_what_is_estimated_is_what_nothing_that_is_billed_can_be_of(
    worths: dict[Dimensions, int], amounts: dict[Dimensions, int]
) -> None:
    """What tells the same is compared; of the rest, the most by which any part of usage exceeds all rows that may be of it."""
    of = [replace(tokens(cents), row=replace(tokens(cents).row, dimensions=named)) for named, cents in worths.items()]
    bill = [BillRow(named, usd(0, cents * CENT)) for named, cents in amounts.items()]
    found = {each.row.dimensions: amount for each, amount in outstanding(of, bill, NOTHING_PAID)}
    turned = outstanding(of[::-1], bill[::-1], NOTHING_PAID)
    assert {each.row.dimensions: amount for each, amount in turned} == found
    names = _names(worths) & _names(amounts)
    owed, paid = _told(worths, names), _told(amounts, names)
    certain = {named: min(owed[named], paid[named]) for named in owed.keys() & paid.keys()}
    for named, cents in certain.items():
        owed[named] -= cents
        paid[named] -= cents
    assert sum(amount.nanos for amount in found.values() if amount) == least(paid, owed) * CENT


def _names(rows: Mapping[Dimensions, int]) -> set[str]:
    return {name for named in rows for name, _ in named}


def _told(rows: Mapping[Dimensions, int], names: set[str]) -> dict[Dimensions, int]:
    sums: dict[Dimensions, int] = defaultdict(int)
    for named, cents in rows.items():
        sums[frozenset(pair for pair in named if pair[0] in names)] += cents
    return dict(sums)
