"""What was declared, from when: the changes of all that decides who owns what and how it divides (accounting rule 7).

A budget, a card's price or a name for people decides no owner, so nothing of these is looked at.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TypeAlias

from aicost.core.declarations import Declarations, Source, Unit, Workload
from aicost.core.window import Instant

ALWAYS = Instant(0)
"""Before anything that can be known of."""


class Kind(StrEnum):
    """The kinds whose declarations decide owners."""

    WORKLOAD = "AIWorkload"
    UNIT = "BusinessUnit"
    SOURCE = "UsageSource"


@dataclass(frozen=True, slots=True, order=True)
class Name:
    """A resource: its identity is kind, namespace and name, not the UID."""

    kind: Kind
    namespace: str
    name: str


Claimant: TypeAlias = Workload | Unit | Source
"""A declaration of which only that is set that decides owners: see `deciding`."""


@dataclass(frozen=True, slots=True)
class Change:
    """That a resource declares something else from an instant on, or with `claimant` None that it is gone."""

    since: Instant
    name: Name
    claimant: Claimant | None

    def __post_init__(self) -> None:
        if self.claimant is not None and name_of(self.claimant) != self.name:
            raise ValueError(f"{self.claimant} is not what {self.name} declares")


def name_of(claimant: Claimant) -> Name:
    """Which resource it is."""
    if isinstance(claimant, Workload):
        return Name(Kind.WORKLOAD, claimant.ref.namespace, claimant.ref.name)
    return Name(Kind.UNIT if isinstance(claimant, Unit) else Kind.SOURCE, "", claimant.name)


def claimants(declared: Declarations) -> tuple[Claimant, ...]:
    """All declarations that decide owners."""
    return (*declared.workloads, *declared.units, *declared.sources)


def deciding(claimant: Claimant) -> Claimant:
    """Only what decides owners: for whom it claims what and uses a training up, who may name it, what it reserves, grants and divides."""
    if isinstance(claimant, Workload):
        of_workload = Workload(claimant.ref, claimant.unit, claimant.claimed_at, claimant.pods, claimant.usage)
        return replace(of_workload, trained_by=claimant.trained_by)
    if isinstance(claimant, Unit):
        unit = Unit(claimant.name, namespaces=claimant.namespaces, default_for=claimant.default_for)
        return replace(unit, reserved=claimant.reserved)
    of = Source(claimant.name, "", "", claimant.grants)
    if claimant.refines:
        of = replace(of, refines=claimant.refines, created=claimant.created)
    return replace(of, meter=claimant.meter, series=claimant.series) if claimant.meter else of


def latest(changes: Iterable[Change]) -> Mapping[Name, Claimant]:
    """What stands after all of the changes, which come in the order of time."""
    last = {change.name: change.claimant for change in changes}
    return {name: claimant for name, claimant in last.items() if claimant is not None}


def mattering(changes: Iterable[Change], start: Instant) -> tuple[Change, ...]:
    """The changes that still matter from an instant on: of each resource the last one until then, and all later ones."""
    before: dict[Name, Change] = {}
    after: list[Change] = []
    for change in changes:
        if change.since > start:
            after.append(change)
        else:
            before[change.name] = change
    return in_order((*before.values(), *after))


def in_order(changes: Iterable[Change]) -> tuple[Change, ...]:
    """In the order of time, and of names where they are of one instant."""
    return tuple(sorted(changes, key=lambda change: (change.since, change.name)))


def changed(known: Iterable[Change], declared: Declarations, seen: Instant, now: Instant) -> tuple[Change, ...]:
    """How what is declared `now` differs from what was known, which was still so when it was last `seen`.

    Each counts from when it was written, as far as that is told, but always from after `seen`: the past cannot be
    declared, and what was seen once was so for a second. What nobody tells, as of what is gone, counts from now.
    """
    before, current = latest(known), {name_of(of): of for of in claimants(declared)}
    found = []
    for name in before.keys() | current.keys():
        of = current.get(name)
        claimant, was = deciding(of) if of else None, before.get(name)
        if claimant != was:
            written = of.changed_at if of else None
            since = max(seen + 1, min(now, now if written is None else written))
            found.append(Change(Instant(since), name, claimant))
    return in_order(found)
