"""UseNewerModel, beside its cases in the corpus: the patch, and the date."""

from __future__ import annotations

from aicost.core.recommendations.advice import Advice
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
