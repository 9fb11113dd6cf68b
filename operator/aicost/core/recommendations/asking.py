"""How levers are asked: one by one and by name, so that whoever asks may do without one that fails."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Protocol, TypeAlias, TypeVar

from aicost.core.identity import WorkloadRef
from aicost.core.recommendations.advice import Answer

_Told = TypeVar("_Told")


class Ask(Protocol):
    """Asks the lever of a name, or what its evidence is; one that cannot answer says nothing."""

    def __call__(self, lever: str, answers: Callable[[], Iterable[_Told]], /) -> tuple[_Told, ...]:
        """All that it answers."""
        ...


AskAbout: TypeAlias = Callable[[WorkloadRef], Ask]
"""Who asks about a workload."""

Hears: TypeAlias = Callable[[WorkloadRef, Answer], bool]
"""Whether a workload is told that answer: what it does not want to hear keeps nothing from others."""


def plainly(_lever: str, answers: Callable[[], Iterable[_Told]], /) -> tuple[_Told, ...]:
    """As it answers, with whatever it raises."""
    return tuple(answers())


def heard_by_all(_workload: WorkloadRef, _answer: Answer) -> bool:
    """Whatever is said."""
    return True


def about_any(_workload: WorkloadRef) -> Ask:
    """Plainly about every workload."""
    return plainly
