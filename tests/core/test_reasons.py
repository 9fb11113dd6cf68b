"""Reasons: a closed set."""

from __future__ import annotations

from aicost.core.reasons import CheckReason, ConditionReason, GapReason, Refusal


def test_reasons_are_condition_reasons() -> None:
    """Reasons follow the Kubernetes form for condition reasons: CamelCase words, each once over all sets."""
    values = [reason.value for kind in (GapReason, Refusal, ConditionReason, CheckReason) for reason in kind]
    assert all(value.isalnum() and value[0].isupper() for value in values)
    assert len(values) == len({*values})
