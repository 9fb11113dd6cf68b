"""By which meters servers' days divide, by which gateways the bills of shared keys, among whom trainings: as declared then.

A UTC day divides by what stood when it began, and where nothing did by the first that was declared later: so what was
divided stays so, whatever is edited or deleted afterwards. An edit counts from the next day on, and of several edits of
one day the last, so that a slip can be mended. Whose a caller is goes by the second, as all ownership does: what a
deleted source granted, it granted until then.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import replace
from functools import cached_property
from itertools import groupby
from typing import TypeAlias, TypeGuard, TypeVar

from aicost.core.changes import Change, Claimant, Kind, in_order
from aicost.core.claims import Claims
from aicost.core.declarations import Declarations, Source, Unit, Workload
from aicost.core.identity import WorkloadRef
from aicost.core.meters import circles, meters, server_of
from aicost.core.refining import Keys, refiners_of
from aicost.core.reigns import reigning
from aicost.core.training import Users, users_of
from aicost.core.window import DAY, Instant, Window, floor

_Of = TypeVar("_Of")
_Since: TypeAlias = tuple[tuple[Instant, _Of], ...]
_Callers: TypeAlias = defaultdict[str, set[WorkloadRef]]


class Dividing:
    """Answers by all changes of declarations, which may come in any order."""

    def __init__(self, changes: Iterable[Change]) -> None:
        self._changes = tuple(_lasting(in_order(changes)))

    def meters(self, day: Window) -> tuple[Source, ...]:
        """The meters by which servers' costs of a UTC day divide."""
        return _stood(self._meters, day)

    def refiners(self, day: Window) -> Keys:
        """Who refines each key of the bills of a UTC day."""
        return _stood(self._refiners, day)

    def users(self, over: Window) -> tuple[tuple[Instant, Users], ...]:
        """Who uses trainings up on the UTC days of a window, each from the begin of the first such day on."""
        days = ((day.start, _stood(self._users, day)) for day in over.pieces(DAY))
        return tuple((next(alike)[0], users) for users, alike in groupby(days, key=lambda day: day[1]))

    @cached_property
    def gone(self) -> tuple[tuple[Source, Instant], ...]:
        """The meters that are none any more, by name, each as it was last and with when it ended."""
        stood: dict[str, Source] = {}
        ended: dict[str, tuple[Source, Instant]] = {}
        for change in self._changes:
            name = change.name.name
            if _is_meter(change.claimant):
                stood[name] = change.claimant
                ended.pop(name, None)
            elif change.name.kind is Kind.SOURCE and name in stood:
                ended[name] = stood.pop(name), change.since
        return tuple(of for _, of in sorted(ended.items()))

    @cached_property
    def _meters(self) -> _Since[tuple[Source, ...]]:
        metering = [change.claimant for change in self._changes if _is_meter(change.claimant)]
        named = frozenset(source.name for source in metering)
        servers = frozenset(map(server_of, metering))
        found: list[tuple[Instant, tuple[Source, ...]]] = []
        later: tuple[Source, ...] = ()
        callers: _Callers = defaultdict(set)
        for since, declared in reversed([*reigning(self._changes, lambda of: _metered(of, named, servers))]):
            later = _before(later, declared, callers)
            found.append((since, later))
        return tuple(reversed(found))

    @cached_property
    def _refiners(self) -> _Since[Keys]:
        found: list[tuple[Instant, Keys]] = []
        later: Keys = {}
        for since, declared in reversed([*reigning(self._changes, _refining)]):
            later = {**later, **refiners_of(declared.sources)}
            found.append((since, later))
        return tuple(reversed(found))

    @cached_property
    def _users(self) -> _Since[Users]:
        found: list[tuple[Instant, Users]] = []
        later: Users = {}
        for since, declared in reversed([*reigning(self._changes, _using_up)]):
            later = {**later, **users_of(declared)}
            found.append((since, later))
        return tuple(reversed(found))


def _lasting(changes: tuple[Change, ...]) -> Iterator[Change]:
    """Without what was declared otherwise again on the same UTC day."""
    last = {(change.name, floor(change.since, DAY)): change for change in changes if change.claimant}
    return (
        change for change in changes if not change.claimant or change is last[change.name, floor(change.since, DAY)]
    )


def _stood(of: _Since[_Of], day: Window) -> _Of:
    return next(value for since, value in reversed(of) if since <= day.start)


def _before(later: tuple[Source, ...], declared: Declarations, callers: _Callers) -> tuple[Source, ...]:
    """The meters that stood, and of those that came later the ones of servers that had none, but on no circle.

    `callers` are those that each meter had later; those that it had now are added.
    """
    claims = Claims(declared)
    stood = meters(declared, claims).accepted
    for source in declared.sources:
        callers[source.name] |= claims.claimants(source.name)
    servers, names = set(map(server_of, stood)), {source.name for source in stood}
    more = [source for source in later if server_of(source) not in servers and source.name not in names]
    calling = circles(
        {server_of(source): frozenset(callers[source.name] - {server_of(source)}) for source in (*stood, *more)}
    )
    return (*stood, *(source for source in more if server_of(source) not in calling))


def _is_meter(of: Claimant | None) -> TypeGuard[Source]:
    return isinstance(of, Source) and of.meter is not None


def _metered(of: Claimant, named: frozenset[str], servers: frozenset[WorkloadRef]) -> Claimant | None:
    """What decides which meters divide: they, their servers, who calls these, and which namespaces units list."""
    if isinstance(of, Workload):
        usage = tuple(claim for claim in of.usage if claim.source in named)
        return replace(of, pods=None, usage=usage) if usage or of.ref in servers else None
    if isinstance(of, Unit):
        return Unit(of.name, namespaces=of.namespaces) if named else None
    return replace(of, refines=frozenset()) if of.meter else None


def _refining(of: Claimant) -> Claimant | None:
    return of if isinstance(of, Source) and of.refines else None


def _using_up(of: Claimant) -> Claimant | None:
    """What decides who uses trainings up: who names one, and which namespaces units list."""
    if isinstance(of, Workload):
        return replace(of, pods=None, usage=()) if of.trained_by else None
    return Unit(of.name, namespaces=of.namespaces) if isinstance(of, Unit) else None
