"""UseNewerModel, beside its cases in the corpus: the patch, and the date."""

from __future__ import annotations

import pytest

from aicost.core.recommendations.advice import Advice, Basis
from aicost.core.recommendations.changes import SetVariable
from aicost.core.recommendations.models.successor import use_newer_model
from tests.support.model_corpus import CORPUS, case
from tests.support.model_market import market


def test_a_successor_is_set_where_the_model_is_named() -> None:
    """As a change that a patch can say, with the day on which the old one retires."""
    (answer,) = use_newer_model(case(CORPUS / "successor-in-the-same-tier.yaml").usage, market())
    assert isinstance(answer, Advice)
    assert answer.change == SetVariable("app", "MODEL", "claude-sonnet-5-5")
    assert answer.id == "use-newer-model-deployment-app-app-claude-sonnet-4-5"
    assert answer.evidence.numbers["retires"] == "2026-11-30"


@pytest.mark.parametrize("name", ["successor-that-thinks", "successor-of-a-smaller-window"])
def test_what_nobody_counted_of_a_successor_takes_a_trial(name: str) -> None:
    """How much it thinks is billed as output, and of prompts only the mean is known."""
    found = case(CORPUS / f"{name}.yaml")
    (answer,) = use_newer_model(found.usage, market(found.catalogue))
    assert isinstance(answer, Advice)
    assert answer.basis is Basis.HYPOTHESIS
    assert answer.requires[0].startswith("Trial: ")
