"""UseSmallerModel, beside its cases in the corpus."""

from __future__ import annotations

from aicost.core.recommendations.advice import Advice, Basis
from aicost.core.recommendations.models.smaller import use_smaller_model
from tests.support.model_corpus import CORPUS, case
from tests.support.model_market import market


def test_it_is_a_hypothesis_with_its_trial_and_half_to_all_of_the_difference() -> None:
    """Counts of tokens say nothing of how hard a task is."""
    (answer,) = use_smaller_model(case(CORPUS / "short-answers-of-a-gateway.yaml").usage, market())
    assert isinstance(answer, Advice)
    assert answer.basis is Basis.HYPOTHESIS
    assert answer.requires[0] == "Trial: answer 446 sampled requests by gpt-6-luna too, unseen by users"
    assert answer.saving.low == answer.saving.high // 2
    assert answer.evidence.numbers["qualityGap"] == "16"
