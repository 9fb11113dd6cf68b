"""Reasons: a closed set, each with what it means and what to do."""

from __future__ import annotations

from aicost.core.reasons import MEANINGS, CheckReason, ConditionReason, GapReason, Refusal

KINDS = (GapReason, Refusal, ConditionReason, CheckReason)


def test_every_reason_has_a_meaning_and_a_remedy() -> None:
    """No reason reaches a user without a sentence that explains it and one that helps."""
    assert set(MEANINGS) == {reason for kind in KINDS for reason in kind}
    for meaning, remedy in MEANINGS.values():
        assert meaning.endswith(".")
        assert remedy.endswith(".")


def test_reasons_are_condition_reasons() -> None:
    """Reasons follow the Kubernetes form for condition reasons: CamelCase words, each once over all sets."""
    values = [reason.value for reason in MEANINGS]
    assert all(value.isalnum() and value[0].isupper() for value in values)
    assert len(values) == len({*values})
