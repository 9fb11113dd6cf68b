"""Choosing advice: steady numbers, and savings that never add up to more than there is."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aicost.core.identity import ObjectRef
from aicost.core.recommendations.advice import Advice, Basis, Effect, Evidence, Lever, Part, Saving, Target
from aicost.core.recommendations.chosen import steady, together
from aicost.core.window import Instant, Window

WEEK = Window(Instant(0), Instant(7 * 86400))
NOTEBOOK = Target(ObjectRef("apps", "StatefulSet", "notebook"))
ADVICE = Advice(
    lever=Lever.SCALE_TO_ZERO,
    effect=Effect.FREED_CAPACITY,
    basis=Basis.ACTIONABLE,
    target=NOTEBOOK,
    current="replicas: 1",
    proposed="replicas: 0",
    saving=Saving(1_000, 1_000),
    currency="USD",
    touched=Part(("gpu", "notebook"), 1_000),
    reason="Nothing ran for 7 days.",
    evidence=Evidence(WEEK, 168),
)


def test_an_id_is_made_of_lever_and_target_and_of_no_number() -> None:
    """So that it is the same next week."""
    assert ADVICE.id == "scale-to-zero-statefulset-notebook"
    assert replace(ADVICE, saving=Saving(1, 2)).id == ADVICE.id


def test_advice_cannot_save_more_than_what_it_touches_costs() -> None:
    """Whatever a lever computes."""
    with pytest.raises(ValueError, match="saves more than"):
        replace(ADVICE, saving=Saving(0, 1_001))


def test_a_hypothesis_names_its_trial() -> None:
    """Without one nobody could find out."""
    with pytest.raises(ValueError, match="names no trial"):
        replace(ADVICE, basis=Basis.HYPOTHESIS)


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
