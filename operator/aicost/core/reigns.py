"""The declarations that stood, one set after the other, each from when."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import groupby
from typing import TypeAlias

from aicost.core.changes import ALWAYS, Change, Claimant, Name
from aicost.core.declarations import Declarations, Source, Unit, Workload
from aicost.core.window import Instant

Scope: TypeAlias = Callable[[Claimant], Claimant | None]
"""What of a declaration is looked at; None where nothing is."""


def reigning(changes: Iterable[Change], scope: Scope) -> Iterator[tuple[Instant, Declarations]]:
    """What stood within a scope, each with the instant from which it did; `changes` come in the order of time."""
    standing: dict[Name, Claimant] = {}
    found = {ALWAYS: Declarations()}
    for instant, together in groupby(changes, key=lambda change: change.since):
        before = dict(standing)
        for change in together:
            standing.pop(change.name, None)
            if change.claimant and (within := scope(change.claimant)):
                standing[change.name] = within
        if standing != before:
            found[instant] = _declared(standing.values())
    yield from found.items()


def _declared(claimants: Iterable[Claimant]) -> Declarations:
    of = tuple(claimants)
    return Declarations(
        workloads=tuple(sorted((each for each in of if isinstance(each, Workload)), key=lambda each: each.ref)),
        units=tuple(sorted((each for each in of if isinstance(each, Unit)), key=lambda each: each.name)),
        sources=tuple(sorted((each for each in of if isinstance(each, Source)), key=lambda each: each.name)),
    )
