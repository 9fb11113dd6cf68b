"""Advice that cannot be wrong by construction."""

from __future__ import annotations

from dataclasses import replace

import pytest

from aicost.core.recommendations.advice import Basis, Saving
from tests.support.advising import ADVICE


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
