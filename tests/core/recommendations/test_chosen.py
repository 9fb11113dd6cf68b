"""Choosing advice: steady numbers, and savings that never add up to more than there is."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aicost.core.identity import ObjectRef
from aicost.core.recommendations.advice import Advice, Lever, Obstacle, Part, Refused, Saving, Target
from aicost.core.recommendations.chosen import BY_TRIAL, MOST, chosen, exchanged, left_of, steady, together
from aicost.core.window import Instant
from aicost.core.wishes import Ignored, RightSizing
from tests.support.advising import ADVICE, WEEK

NOW = WEEK.end
ALL = RightSizing()
REFUSED = Refused(Lever.USE_MIG_SLICE, ADVICE.target, Obstacle.BUSY, "it works", ADVICE.evidence)


def saving(low: int, high: int, name: str = "notebook", **of: object) -> Advice:
    """Advice for a StatefulSet of that name."""
    target = Target(ObjectRef("apps", "StatefulSet", name))
    return replace(ADVICE, target=target, saving=Saving(low, high), **of)  # type: ignore[arg-type] # fields of Advice


def test_the_largest_saving_stands_first_and_refusals_apart() -> None:
    """Whatever the order in which it was found."""
    small, large = saving(1, 10, "a"), saving(2, 3, "b")
    told = chosen([small, REFUSED, large], ALL, NOW)
    assert (told.advice, told.refused) == ((large, small), (REFUSED,))
    assert told == chosen([large, small, REFUSED], ALL, NOW)


def test_of_one_lever_and_target_there_is_one() -> None:
    """The one that saves most."""
    assert chosen([saving(1, 9), saving(3, 4), saving(2, 8)], ALL, NOW).advice == (saving(3, 4),)


def test_what_would_save_more_by_a_trial_is_not_lost_with_what_saves_too_little() -> None:
    """It stands beside the smaller advice, and so in the words that say why that is left out."""
    numbers = {BY_TRIAL: "nvidia.com/gpu: 1 on NVIDIA-L4"}
    small = saving(1, 9, evidence=replace(ADVICE.evidence, numbers=numbers))
    ((refused,), (plain,)) = (
        chosen([each], RightSizing(minimum_nanos=10), NOW).refused for each in (small, saving(1, 9))
    )
    assert refused.message.endswith("; nvidia.com/gpu: 1 on NVIDIA-L4 would save more, if a trial shows that it serves")
    assert refused.message.startswith(plain.message)


def test_what_nobody_answered_anew_is_left_of_what_was_told() -> None:
    """A refusal is an answer, too; in another currency it is not what was told."""
    before = saving(1, 9), saving(3, 4, "b"), replace(saving(3, 4, "c"), currency="EUR")
    refused = replace(REFUSED, lever=before[0].lever, target=before[0].target)
    assert left_of(before, (), "USD") == before[:2]
    assert left_of(before, (refused,), "USD") == before[1:2]


def test_the_saving_of_a_workload_is_never_stacked() -> None:
    """Two ways of saving the same cost save it once."""
    assert chosen([saving(1, 9), saving(3, 4, "b")], ALL, NOW).saving == Saving(3, 9)


@pytest.mark.parametrize(
    ("wishes", "advice", "obstacle", "words"),
    [
        (RightSizing(minimum_nanos=10), saving(0, 9), Obstacle.BELOW_MINIMUM, "saves 0.000000009 a month at most"),
        (RightSizing(ignored=(Ignored(ADVICE.id),)), ADVICE, Obstacle.IGNORED, "spec.rightSizing.ignore silences it"),
        (
            RightSizing(ignored=(Ignored("other"), Ignored(ADVICE.id, Instant(NOW + 1)))),
            ADVICE,
            Obstacle.IGNORED,
            "until 1970-01-08",
        ),
        (ALL, saving(1, 1, lever=Lever.USE_SHARED_GPU), Obstacle.ISOLATION_REQUIRED, "isolation"),
    ],
)
def test_what_the_workload_does_not_want_is_withheld(
    wishes: RightSizing, advice: Advice, obstacle: Obstacle, words: str
) -> None:
    """And stands among the refused, with why."""
    told = chosen([advice], wishes, NOW)
    assert (told.advice, [each.obstacle for each in told.refused]) == ((), [obstacle])
    assert words in told.refused[0].message


@pytest.mark.parametrize(
    "wishes",
    [
        RightSizing(minimum_nanos=9),
        RightSizing(ignored=(Ignored(ADVICE.id, NOW),)),
        RightSizing(isolated=False),
    ],
)
def test_what_it_wants_is_told(wishes: RightSizing) -> None:
    """The bound itself is large enough, a silence is over on its day, isolation may be waived."""
    advice = saving(0, 9, lever=Lever.USE_SHARED_GPU if not wishes.isolated else ADVICE.lever)
    assert chosen([advice], wishes, NOW).advice == (advice,)


@pytest.mark.parametrize("lever", [Lever.DROP_IDLE_KEY, Lever.AVOID_FAILED_REQUESTS])
def test_a_key_that_nobody_uses_or_that_fails_is_named_whatever_the_smallest_saving(lever: Lever) -> None:
    """It saves nothing for certain: it is told for who may spend by it, and who is not answered."""
    key = saving(0, 0, lever=lever)
    assert chosen([key], RightSizing(minimum_nanos=50), NOW).advice == (key,)


def test_at_most_so_much_is_told_as_a_status_holds() -> None:
    """The largest; the others stand among the refused."""
    told = chosen([saving(n, n, f"n{n:02}") for n in range(MOST + 2)], ALL, NOW)
    assert [each.saving.low for each in told.advice] == list(range(MOST + 1, 1, -1))
    assert [each.obstacle for each in told.refused] == [Obstacle.TOO_MANY] * 2


def test_what_was_told_before_stays_steady() -> None:
    """By its id, whatever else was told."""
    before = (saving(1_000, 1_000), saving(7, 7, "b"))
    assert chosen([saving(950, 950)], ALL, NOW, before).advice == (saving(1_000, 1_000),)


def test_an_amount_in_another_currency_is_rounded_down() -> None:
    """So that a saving stays below what it touches; in its own currency all stays as it is, and refusals have none."""
    told = exchanged(saving(5, 10), Fraction(1, 3), "EUR")
    assert isinstance(told, Advice)
    assert (told.saving, told.touched.monthly_nanos, told.currency) == (Saving(1, 3), 333, "EUR")
    assert told.evidence.numbers == {**ADVICE.evidence.numbers, "currencyOfEvidence": "USD"}
    assert exchanged(ADVICE, Fraction(1), "USD") is ADVICE
    assert exchanged(REFUSED, Fraction(1, 3), "EUR") is REFUSED


@pytest.mark.parametrize(("high", "moved"), [(1_000, False), (901, False), (900, False), (899, True)])
def test_a_saving_is_told_anew_once_it_moved_by_more_than_a_tenth(high: int, *, moved: bool) -> None:
    """So that a status is not written for noise."""
    found = replace(ADVICE, saving=Saving(high, high))
    assert steady(found, ADVICE) == (found if moved else ADVICE)


def test_a_number_in_what_is_required_moves_with_the_saving() -> None:
    """A requirement more is another advice."""
    told, found = (
        replace(ADVICE, saving=Saving(high, high), requires=(f"the bill rises by {high}",)) for high in (1_000, 950)
    )
    assert steady(found, told) == replace(found, saving=told.saving)
    more = replace(found, requires=(*found.requires, "a trial"))
    assert steady(more, told) == more


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
