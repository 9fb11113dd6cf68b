"""What a patch writes where a workload says which model it calls."""

from __future__ import annotations

from dataclasses import replace

from aicost.core.recommendations.changes import SetVariable
from aicost.core.recommendations.models.setting import set_to
from tests.support.model_corpus import CORPUS, case

USAGE = case(CORPUS / "short-answers.yaml").usage


def test_only_a_declared_place_is_written() -> None:
    """Nobody guesses which variable names a model."""
    assert set_to(USAGE, "new") == SetVariable("app", "MODEL", "new")
    assert set_to(replace(USAGE, setting=None), "new") is None
