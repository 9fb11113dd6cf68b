"""How many requests by each key were answered and how many failed, by workload and day: what `failed` judges.

They are counted by key: what fails before it is routed has the model's name that was asked for, what succeeds the one that
answered.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from typing import TypeAlias

from aicost.core.counting import Failure
from aicost.core.declarations import Source
from aicost.core.identity import ObjectRef, WorkloadRef
from aicost.core.model_names import is_tellable
from aicost.core.money import split
from aicost.core.ownership import Ownership
from aicost.core.recommendations.advice import Target
from aicost.core.recommendations.models.asked import Asked, Days, in_all
from aicost.core.refining import refiners_of
from aicost.core.usage import UsageRow
from aicost.core.window import Window


@dataclass(frozen=True, slots=True)
class Failing:
    """What a workload asked by one key of a source in a window, on each day on which it asked.

    `key` is empty where the source names none. `model` is the one of which most requests failed, empty where it has no name
    that may be told.
    """

    source: str
    key: str
    window: Window
    days: Days
    model: str = ""

    @property
    def all(self) -> Asked:
        """On all days together."""
        return in_all(self.days)

    @property
    def target(self) -> Target:
        """What is told of them is about the key."""
        return Target(ObjectRef("aicost.dev", "UsageSource", self.source), subject=self.key)


_Of: TypeAlias = tuple[WorkloadRef, str, str]
"""A workload, the source that tells, and the key."""


@dataclass(slots=True)
class _Sums:
    days: dict[Window, Asked] = field(default_factory=lambda: defaultdict(Asked))
    failed: Counter[str] = field(default_factory=Counter)


def failing_keys(
    usage: Iterable[UsageRow], ownership: Ownership, window: Window, sources: Iterable[Source]
) -> Iterator[tuple[WorkloadRef, Failing]]:
    """Each key of which requests failed, by the workload that owns what was asked by it, in a stable order.

    A row that changed hands divides by the seconds. Of two `sources` that tell a workload of the same requests the elder counts.
    """
    rows = tuple(usage)
    failed = {(row.source, _key(row)) for row in rows if _told(row, Failure.REQUESTS)}
    sums: dict[_Of, _Sums] = defaultdict(_Sums)
    for row in (each for each in rows if (each.source, _key(each)) in failed):
        owners = ownership.usage(row.source, row.dimensions, row.source).seconds(row.day)
        weights = [held for _, held in owners]
        counts = row.tokens.requests, _told(row, Failure.REQUESTS), _told(row, Failure.REFUSED)
        parts = zip(*(split(count, weights) for count in counts), strict=True)
        for (owner, _), (answered, lost, refused) in zip(owners, parts, strict=True):
            if owner.workload and answered + lost:
                mine = sums[owner.workload, row.source, _key(row)]
                mine.days[row.day] += Asked(answered, lost, refused)
                mine.failed[dict(row.dimensions).get("model", "")] += lost
    again = frozenset(_told_again(sums, sources))
    for (workload, source, key), of in sorted(sums.items(), key=lambda each: each[0]):
        if (workload, source, key) not in again:
            yield workload, Failing(source, key, window, tuple(sorted(of.days.items())), _most(of.failed))


def _told_again(told: Collection[_Of], sources: Iterable[Source]) -> Iterator[_Of]:
    """What elder sources tell a workload, too: a key of the same name, or, of one that is first to see none, any of it."""
    declared = tuple(sources)
    refiners = refiners_of(declared)
    counting = {source.name: {refiners[key] for key in source.refines} for source in declared}
    tellers = defaultdict(set)
    for workload, source, _ in told:
        tellers[workload].add(source)
    for workload, source, key in told:
        elders = counting.get(source, set()) - {source}
        alike = any((workload, elder, key) in told for elder in elders)
        second = elders == counting.get(source) and elders <= tellers[workload]
        if alike or (elders and second):
            yield workload, source, key


def _key(row: UsageRow) -> str:
    return dict(row.dimensions).get("apiKey", "")


def _told(row: UsageRow, count: Failure) -> int:
    return dict(row.measured).get(count, 0)


def _most(failed: Counter[str]) -> str:
    """The model of which most failed; of equals the first by name."""
    named = sorted(((-count, model) for model, count in failed.items() if count))
    return next((model for _, model in named[:1] if is_tellable(model)), "")
