"""What advice promised, and what came of it: since when it was told, when it ended, when the change was made, what that saved.

Nothing is guessed: a change was made on the first whole UTC day that shows it, and what it saved is the part's cost before
less its cost after, each at its pace, and at the load of after where the cost follows it and that is less.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from typing import TypeAlias

from aicost.core.identity import WorkloadRef
from aicost.core.recommendations.advice import Advice
from aicost.core.recommendations.chosen import Told
from aicost.core.window import Instant

DAYS_COMPARED = 7
"""Whole UTC days after the change that are compared with those that the advice rested on; what comes later has other reasons."""


@dataclass(frozen=True, slots=True)
class Demand:
    """What was asked of the part a month, at the paces of the days before the change and of those since: so many of `unit`.

    Units are `requests`, `tokens`, `cardSeconds` of work and `podSeconds`. `is_paid`: the cost follows it; what a fixed number
    of pods holds costs the same whatever is asked of them.
    """

    unit: str
    before: int
    after: int
    is_paid: bool = True


@dataclass(frozen=True, slots=True)
class Outcome:
    """The change was made at the beginning of a UTC day, `made`; `days` are those since then that are compared so far.

    `before` and `after` are what the part costs a month at the pace of these days, in nano-units of the advice's currency;
    `demand` is what was asked of it, None where nobody tells or the change ends it.
    """

    made: Instant
    days: int = 0
    before: int = 0
    after: int = 0
    demand: Demand | None = None

    @property
    def realised(self) -> int | None:
        """What it saves a month at the load since then; below zero where it costs more. None while no day is whole.

        Where the cost follows the load, never what less load saved: held against that is what so much would have cost before,
        at the same cost of a unit of demand. More load makes no saving larger.
        """
        if not self.days:
            return None
        saved = self.before - self.after
        return saved if saved <= 0 else max(0, self._for_the_load - self.after)

    @property
    def _for_the_load(self) -> int:
        demand = self.demand
        if demand is None or not demand.is_paid or demand.after >= demand.before:
            return self.before
        return self.before * demand.after // demand.before


@dataclass(frozen=True, slots=True)
class Promise:
    """Advice as it was told last, from `since` on, until it `ended` or is still told."""

    workload: WorkloadRef
    advice: Advice
    since: Instant
    ended: Instant | None = None
    outcome: Outcome | None = None

    @property
    def key(self) -> PromiseKey:
        """By what it is known: told anew after it ended, it is another one."""
        return self.workload, self.advice.id, self.since


PromiseKey: TypeAlias = tuple[WorkloadRef, str, Instant]


def told_now(
    promises: Iterable[Promise], told: Mapping[WorkloadRef, Told], silent: AbstractSet[WorkloadRef], at: Instant
) -> Iterator[Promise]:
    """The promises that changed because of what is told at an instant: new, told otherwise, ended.

    What is told of a workload that nobody looked at stands, unless it is `silent`: gone, or without a wish for advice. Once
    the change was made the promise is kept as it was; so is one that has no change any more: following it may be what took
    that away, as a model that is called beside the old one does.
    """
    still = {(of.workload, of.advice.id): of for of in promises if of.ended is None}
    for workload, of in told.items():
        for advice in of.advice:
            before = still.pop((workload, advice.id), None)
            if before is None:
                yield Promise(workload, advice, at)
            elif before.outcome is None and before.advice != advice and (advice.change or not before.advice.change):
                yield replace(before, advice=advice)
    for left in still.values():
        if left.workload in told or left.workload in silent:
            yield replace(left, ended=at)
