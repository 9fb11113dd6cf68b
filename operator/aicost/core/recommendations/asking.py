"""How levers are asked: one by one and by name, so that whoever asks may do without one that fails."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TypeAlias

from aicost.core.identity import WorkloadRef
from aicost.core.recommendations.advice import Answer

Answers: TypeAlias = Callable[[], Iterable[Answer]]
Ask: TypeAlias = Callable[[str, Answers], tuple[Answer, ...]]
"""Asks the lever of a name; one that cannot answer says nothing."""
AskAbout: TypeAlias = Callable[[WorkloadRef], Ask]
"""Who asks about a workload."""


def plainly(_lever: str, answers: Answers) -> tuple[Answer, ...]:
    """As it answers, with whatever it raises."""
    return tuple(answers())


def about_any(_workload: WorkloadRef) -> Ask:
    """Plainly about every workload."""
    return plainly
