"""Since when claims count: each from when it was first accepted, as the ledger remembers it (accounting rule 7).

What waits for a grant, or a workload for its unit, gains no place by waiting: else who claims everything in time would
have what others own already, as soon as any of it is granted to him, too. What was given up and is claimed again has its
old place, unless somebody else took it over meanwhile.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import TypeAlias

from aicost.core.changes import ALWAYS
from aicost.core.claims import NAMED_BY_CALLERS, Claims
from aicost.core.competing import Claimed, compete
from aicost.core.declarations import Declarations, UsageClaim, Workload, claim_id, usage_id
from aicost.core.window import Instant

DENIED = "denied "
"""What is remembered of a claim that was never accepted: this, and when it was last seen."""
CALLED_WITH = " called with"
"""What follows the name of a claim that is meant among those of what was called with."""


@dataclass(frozen=True, slots=True)
class Remembered:
    """What the ledger tells of claims, by `claim_id` and `usage_id`, as of when declarations were last `seen`.

    `first` says when each was first accepted, or that it is `DENIED`; `gone` which of those with a time were not there, or
    denied again, and when that was noticed.
    """

    first: Mapping[str, str] = field(default_factory=dict)
    gone: Mapping[str, Instant] = field(default_factory=dict)
    seen: Instant = ALWAYS


NOTHING_REMEMBERED = Remembered()


def dated(declared: Declarations, remembered: Remembered, now: Instant | None) -> Declarations:
    """The same with the time of each accepted claim, where each workload comes with its creation as `claimed_at`.

    What is not remembered begins with its object's creation, or `now` where the object was edited since: else an old object
    could take over a younger claim by claiming the same. What was denied until now begins when what accepts it was written,
    and so does what is back after another's new claim of the same.
    """
    claims = Claims(declared)
    written = {f"unit {unit.name}": unit.changed_at for unit in declared.units}
    written |= {f"source {source.name}": source.changed_at for source in declared.sources}
    dating = (_Dating(workload, claims, remembered, written, now) for workload in declared.workloads)
    timed = [(each.of, tuple(each.times())) for each in dating]
    new = tuple((claimed, of.arrived) for _, times in timed for claimed, of in times if of.arrived and not of.back)
    return replace(declared, workloads=tuple(_with(workload, times, new) for workload, times in timed))


def standing(declared: Declarations) -> tuple[dict[str, Instant], frozenset[str]]:
    """What the ledger remembers of dated claims, by the same names: the accepted ones with their time, and the denied ones."""
    claims = Claims(declared)
    accepted: dict[str, Instant] = {}
    denied: set[str] = set()
    for workload in declared.workloads:
        places = [(workload.claimed_at, [(claim_id(workload), workload.ref not in claims.denied)])]
        places += [(of.since or workload.claimed_at, list(_places(workload, of, claims))) for of in workload.usage]
        for since, named in places:
            accepted |= {name: since for name, stands in named if stands}
            denied |= {name for name, stands in named if not stands}
    return accepted, frozenset(denied)


def _places(workload: Workload, claim: UsageClaim, claims: Claims) -> Iterator[tuple[str, bool]]:
    """The names of a claim's places, and whether it has them: among all claims, and among those of what was called with."""
    only_named = claims.accepted.get((workload.ref, claim))
    named = usage_id(workload.ref, claim)
    yield named, only_named is not None
    dimensions = {dimension for dimension, _ in claim.match}
    if dimensions & NAMED_BY_CALLERS and dimensions - NAMED_BY_CALLERS:
        yield f"{named}{CALLED_WITH}", only_named is False


_Arrivals: TypeAlias = tuple[tuple[Claimed, Instant], ...]
"""Claims that were not there at the last look, nor ever before, each with when it came."""


@dataclass(frozen=True, slots=True)
class _Since:
    """Since when a claim counts. `arrived` is when it came, if it stands and did not all the time since the last look.

    Then it may be `back`, with its old time.
    """

    since: Instant | None
    arrived: Instant | None = None
    back: bool = False

    def behind(self, claimed: Claimed, new: _Arrivals) -> Instant | None:
        """The same, but of what is back its return, where a new one that competes with it came before."""
        if not (self.back and self.arrived):
            return self.since
        late = any(came < self.arrived and compete(claimed, other) for other, came in new)
        return self.arrived if late else self.since


def _with(workload: Workload, times: Iterable[tuple[Claimed, _Since]], new: _Arrivals) -> Workload:
    """The workload with its times, where these are the new claims of all."""
    pods, *usage = (of.behind(claimed, new) for claimed, of in times)
    claims = (replace(claim, since=since) for claim, since in zip(workload.usage, usage, strict=True))
    return replace(workload, claimed_at=pods or workload.claimed_at, usage=tuple(claims))


@dataclass(frozen=True, slots=True)
class _Dating:
    """A workload that was created at its `claimed_at`, and all that tells since when its claims count."""

    of: Workload
    claims: Claims
    remembered: Remembered
    written: Mapping[str, Instant | None]
    now: Instant | None

    def times(self) -> Iterator[tuple[Claimed, _Since]]:
        """Of its pods, then of each claim of usage, as if nobody else claimed anything."""
        created, at = self.of.claimed_at, self.now
        new = at if at is not None and self.of.generation > 1 and self.remembered.first else created
        by = self.written.get(f"unit {self.of.unit}"), self.of.changed_at
        pods = [(claim_id(self.of), self.of.ref not in self.claims.denied)]
        yield (self.of.ref, self.of.pods), self._since(pods, new, by)
        for claim in self.of.usage:
            granted = *by, self.written.get(f"source {claim.source}")
            yield (self.of.ref, claim), self._since(_places(self.of, claim, self.claims), new, granted)

    def _since(self, places: Iterable[tuple[str, bool]], new: Instant, by: tuple[Instant | None, ...]) -> _Since:
        """Since when it has the last of its places that it has, or had; never, where it never had one."""
        found = _Since(None)
        for name, stands in places:
            told = self.remembered.first.get(name)
            if told and not told.startswith(DENIED):
                found = self._known(name, Instant(int(told)), by) if stands else _Since(Instant(int(told)))
            elif stands and told:
                accepted = self._accepted(int(told.removeprefix(DENIED)), by)
                found = _Since(accepted, accepted)
            elif stands and not found.since:
                found = _Since(new, self._accepted(self.remembered.seen, by))
        return found

    def _known(self, name: str, since: Instant, by: tuple[Instant | None, ...]) -> _Since:
        """What stands and is remembered: it was gone, or its object is not the one that was there at the last look."""
        seen = self.remembered.seen
        gone = self.remembered.gone.get(name, seen if ALWAYS < seen < self.of.claimed_at else None)
        return _Since(since) if gone is None else _Since(since, self._accepted(gone, by), back=True)

    def _accepted(self, seen: int, by: tuple[Instant | None, ...]) -> Instant:
        """When it was, which was not when last seen: once all that accepts it was written, as far as that is told."""
        at = max(seen + 1, seen if self.now is None else self.now)
        written = [each for each in by if each is not None]
        return Instant(min(at, max(seen + 1, *written)) if len(written) == len(by) else at)
