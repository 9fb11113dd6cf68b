"""Where a workload says which model it calls: what a patch writes there."""

from __future__ import annotations

from aicost.core.recommendations.changes import SetVariable
from aicost.core.recommendations.models.usage import ModelUsage


def set_to(usage: ModelUsage, model: str) -> SetVariable | None:
    """The variable's new value; None where nobody said which variable it is."""
    return SetVariable(usage.setting.container, usage.setting.variable, model) if usage.setting else None
