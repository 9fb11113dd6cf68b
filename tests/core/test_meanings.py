"""Meanings: each reason has one, and says what to do."""

from __future__ import annotations

from aicost.core.meanings import MEANINGS
from aicost.core.reasons import CheckReason, ConditionReason, GapReason, Refusal

KINDS = (GapReason, Refusal, ConditionReason, CheckReason)


def test_every_reason_has_a_meaning_and_a_remedy() -> None:
    """No reason reaches a user without a sentence that explains it and one that helps."""
    assert set(MEANINGS) == {reason for kind in KINDS for reason in kind}
    for meaning, remedy in MEANINGS.values():
        assert meaning.endswith(".")
        assert remedy.endswith(".")
