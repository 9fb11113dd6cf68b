"""Advice that cannot be wrong by construction."""

from __future__ import annotations

from dataclasses import replace

import pytest

from aicost.core.identity import ObjectRef
from aicost.core.recommendations.advice import LONGEST_ID, Basis, Saving, Target
from tests.support.advising import ADVICE


def test_an_id_is_made_of_lever_and_target_and_of_no_number() -> None:
    """So that it is the same next week."""
    assert ADVICE.id == "scale-to-zero-statefulset-notebook"
    assert replace(ADVICE, saving=Saving(1, 2)).id == ADVICE.id


@pytest.mark.parametrize(
    ("name", "id_"),
    [
        ("a/b", "scale-to-zero-statefulset-a-b-"),
        ("a" * 200, f"scale-to-zero-statefulset-{'a' * 93}-"),
    ],
)
def test_an_id_is_short_and_of_plain_characters(name: str, id_: str) -> None:
    """What was cut or left out is told apart by a hash."""
    advice, other = (replace(ADVICE, target=Target(ObjectRef("apps", "StatefulSet", of))) for of in (name, name + "c"))
    assert advice.id.startswith(id_)
    assert len(advice.id) == len(id_) + 8 <= LONGEST_ID
    assert advice.id != other.id


def test_advice_cannot_save_more_than_what_it_touches_costs() -> None:
    """Whatever a lever computes."""
    with pytest.raises(ValueError, match="saves more than"):
        replace(ADVICE, saving=Saving(0, 1_001))


def test_a_hypothesis_names_its_trial() -> None:
    """Without one nobody could find out."""
    with pytest.raises(ValueError, match="names no trial"):
        replace(ADVICE, basis=Basis.HYPOTHESIS)
