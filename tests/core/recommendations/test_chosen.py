"""Choosing advice: steady numbers, and savings that never add up to more than there is."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aicost.core.recommendations.advice import Part, Saving
from aicost.core.recommendations.chosen import steady, together
from tests.support.advising import ADVICE


@pytest.mark.parametrize(("high", "moved"), [(1_000, False), (901, False), (900, False), (899, True)])
def test_a_saving_is_told_anew_once_it_moved_by_more_than_a_tenth(high: int, *, moved: bool) -> None:
    """So that a status is not written for noise."""
    found = replace(ADVICE, saving=Saving(high, high))
    assert steady(found, ADVICE) == (found if moved else ADVICE)


def test_another_proposal_is_told_at_once() -> None:
    """Steadiness is of numbers only."""
    found = replace(ADVICE, proposed="replicas: 2")
    assert steady(found, ADVICE) == found
    assert steady(found, None) == found


amounts = st.integers(0, 10**12)


@given(st.lists(st.tuples(st.integers(0, 3), amounts, amounts, amounts), max_size=8))
def test_savings_together_never_exceed_what_the_parts_cost(drawn: list[tuple[int, int, int, int]]) -> None:
    """Advice about one part of the cost is never stacked."""
    costs = {part: cost for part, cost, _, _ in drawn}
    advice = [
        replace(
            ADVICE,
            touched=Part((str(part),), costs[part]),
            saving=Saving(*sorted((min(one, costs[part]), min(other, costs[part])))),
        )
        for part, _, one, other in drawn
    ]
    saved = together(advice)
    assert saved.low <= saved.high <= sum(costs.values())
    assert all(each.saving.high <= saved.high for each in advice)
