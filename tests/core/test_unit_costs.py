"""Unit costs: quotients of what is whole, and none of anything else."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aicost.core.cost import Cost
from aicost.core.directions import Directions
from aicost.core.gaps import Feed, Gap
from aicost.core.identity import WorkloadRef
from aicost.core.reasons import GapReason
from aicost.core.statement import State, WorkloadStatement
from aicost.core.unit_costs import UnitCosts, unit_costs
from aicost.core.usage import Tokens
from tests.support.builders import CARD_HOUR, a_workload, at

NOTHING = WorkloadStatement(a_workload(), Cost(), 0, 0, 0, None, None, (), (), (), State.OK)
TUNED = replace(a_workload(), trained_by=WorkloadRef("support", "tune"))

amounts = st.integers(0, 10**15)
counts = st.builds(Tokens, input=st.integers(0, 10**12), output=st.integers(0, 10**12), requests=st.integers(0, 10**9))


def statement(cost: Cost, tokens: Tokens | None = None, *gaps: Gap, cards: int = 0) -> WorkloadStatement:
    return replace(NOTHING, cost=cost, tokens=tokens, gaps=gaps, card_microseconds=cards)


@given(amounts, amounts, counts)
def test_a_quotient_times_its_divisor_is_the_cost(gpu: int, tokens: int, counted: Tokens) -> None:
    """Up to rounding: less than one nano-unit for each thousand or million, and never more than the cost."""
    told = unit_costs(statement(Cost(gpu=gpu, tokens=tokens), counted)) or UnitCosts()
    both, cost = counted.input + counted.output, gpu + tokens
    for quotient, count, many in (
        (told.million_tokens, both, 1_000_000),
        (told.thousand_requests, counted.requests, 1_000),
    ):
        assert (quotient is None) is (count == 0)
        assert quotient is None or 0 <= cost * many - quotient * count < count


@given(amounts, counts, st.integers(1, 1000))
def test_twice_as_much_of_both_costs_the_same(cost: int, counted: Tokens, times: int) -> None:
    """Unit costs do not depend on how long one looks."""
    more = Tokens(counted.input * times, 0, 0, counted.output * times, counted.requests * times)
    once = unit_costs(statement(Cost(tokens=cost), counted))
    assert unit_costs(statement(Cost(tokens=cost * times), more)) == once


def test_what_is_passed_on_is_still_incurred() -> None:
    """A model server whose callers pay all of it has a price; corrections of other months have no part in it."""
    server = statement(Cost(gpu=8_000_000, corrections=5, passed_on=8_000_000), Tokens(1, 0, 0, 3, 2), cards=CARD_HOUR)
    assert unit_costs(server) == UnitCosts(4_000_000_000, 2_000_000_000_000, None, 8_000_000)


def test_a_trained_model_also_costs_its_training() -> None:
    """Where the workload says who trained it, also while nothing of it is used up."""
    served = statement(Cost(tokens=10), Tokens(input=1_000_000))
    told = unit_costs(replace(served, workload=TUNED, amortised=5))
    assert told == UnitCosts(million_tokens=10, million_tokens_with_training=15)


@pytest.mark.parametrize(
    ("reason", "feed", "told"),
    [
        (GapReason.BILL_UNAVAILABLE, Feed.BILLS, False),
        (GapReason.NO_TOKEN_COUNTS, Feed.USAGE, False),
        (GapReason.BILL_MALFORMED, Feed.USAGE, False),
        (GapReason.NO_UTILISATION, Feed.USAGE, True),
        (GapReason.BUILT_IN_PRICE, Feed.GPU, True),
    ],
)
def test_what_is_not_whole_is_not_divided(reason: GapReason, feed: Feed, told: bool) -> None:
    """A missing amount would make it too cheap, missing counts too dear; use and estimates are no matter."""
    gap = Gap(reason, feed, at(0), "because")
    assert (unit_costs(statement(Cost(tokens=1), Tokens(input=1), gap)) is not None) is told


def test_input_and_output_have_costs_of_their_own() -> None:
    """Of what the bill tells apart; of what it does not tell there is none."""
    told = replace(statement(Cost(tokens=10)), directions=Directions(6, 2_000_000, 4, 0))
    assert unit_costs(told) == UnitCosts(million_input=3)
    assert unit_costs(replace(told, directions=Directions(0, 0, 4, 1_000))) == UnitCosts(million_output=4000)


def test_nothing_counted_is_nothing_told() -> None:
    """Never zero, never infinite."""
    assert unit_costs(statement(Cost(gpu=5))) is None
