"""What every lever's answer obeys: only what is paid is saved, and only with data enough."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import pytest

from aicost.core.recommendations.advice import Advice, Basis, Lever, Obstacle, Refused
from aicost.core.recommendations.models.looked import Look, Proposal
from aicost.core.recommendations.models.policy import POLICY, Policy
from tests.support.model_corpus import CORPUS, case
from tests.support.model_market import market

USAGE = case(CORPUS / "successor-in-the-same-tier.yaml").usage
LOOK = Look(Lever.USE_NEWER_MODEL, USAGE, market())
HALF = Proposal("less", Fraction(USAGE.billed_nanos, 4), Fraction(USAGE.billed_nanos, 2), "why", ("Trial: try",))


def test_a_saving_is_what_is_paid_of_it_a_month() -> None:
    """At the pace of the window, less what the bill shows to be off the list."""
    for paid in (Fraction(1), Fraction(7, 10)):
        usage = replace(USAGE, billed_nanos=int(USAGE.billed_nanos * paid))
        answer = replace(LOOK, usage=usage).answer(HALF)
        assert isinstance(answer, Advice)
        assert answer.saving.high == usage.part.monthly_nanos // 2
        assert answer.evidence.numbers["paidOfListPercent"] == str(int(paid * 100))


def test_nothing_is_saved_of_what_is_not_paid_by_token() -> None:
    """A bill above the list has something else in it."""
    usage = replace(USAGE, billed_nanos=USAGE.billed_nanos * 3)
    answer, known = replace(LOOK, usage=usage).answer(HALF), LOOK.answer(HALF)
    assert isinstance(answer, Advice)
    assert isinstance(known, Advice)
    assert answer.saving == known.saving


@pytest.mark.parametrize(
    ("policy", "says"),
    [
        (replace(POLICY, least_days=15), "14 of 15 whole days"),
        (replace(POLICY, least_requests=14_001), "14000 of 14001 requests"),
        (replace(POLICY, least_monthly_nanos=366 * 10**9), "365.00 USD a month is less than 366.00"),
    ],
)
def test_each_gate_of_data_says_what_is_lacking(policy: Policy, says: str) -> None:
    """What would be advised otherwise is refused."""
    answer = replace(LOOK, market=replace(LOOK.market, policy=policy)).answer(HALF)
    assert isinstance(answer, Refused)
    assert answer.obstacle is Obstacle.TOO_LITTLE_DATA
    assert says in answer.message


def test_what_two_sources_tell_may_be_the_same_requests() -> None:
    """Nothing is computed of what may be counted twice; the refusal names the sources and what to do."""
    answer = replace(LOOK, usage=replace(USAGE, twice=("gateway", "traces"))).answer(HALF)
    assert isinstance(answer, Refused)
    assert answer.obstacle is Obstacle.TOO_LITTLE_DATA
    assert "UsageSources gateway and traces refine one key" in answer.message


def test_what_saves_nothing_for_certain_is_not_actionable() -> None:
    """A hypothesis may save nothing at least; nothing at most is no advice at all."""
    least = replace(HALF, low=Fraction(0))
    assert isinstance(LOOK.answer(least), Advice)
    for proposal in (replace(least, basis=Basis.ACTIONABLE), replace(least, high=Fraction(-1))):
        answer = LOOK.answer(proposal)
        assert isinstance(answer, Refused)
        assert answer.obstacle is Obstacle.NOT_CHEAPER


def test_audio_is_not_compared_by_prices_of_text() -> None:
    """What another model would cost that speaks no lever knows."""
    answer = replace(LOOK, usage=replace(USAGE, spoken=True)).answer(HALF)
    assert isinstance(answer, Refused)
    assert answer.obstacle is Obstacle.UNPRICED
    assert "audio" in answer.message


def test_lines_without_an_amount_refuse() -> None:
    """Nobody knows what a part of what is known saves of the whole."""
    answer = replace(LOOK, usage=replace(USAGE, unpriced=True)).answer(HALF)
    assert isinstance(answer, Refused)
    assert answer.obstacle is Obstacle.UNPRICED
