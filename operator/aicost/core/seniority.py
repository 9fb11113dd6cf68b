"""Since when claims count: each from when it was first accepted, as the ledger remembers it (accounting rule 7).

What waits for a grant, or a workload for its unit, gains no place by waiting: else who claims everything in time would
have what others own already, as soon as any of it is granted to him, too.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from aicost.core.claims import NAMED_BY_CALLERS, Claims
from aicost.core.declarations import Declarations, UsageClaim, Workload, claim_id, usage_id
from aicost.core.window import Instant

DENIED = "denied "
"""What is remembered of a claim that was never accepted: this, and when it was last seen."""


def dated(declared: Declarations, remembered: Mapping[str, str], now: Instant | None) -> Declarations:
    """The same with the time of each accepted claim, where each workload comes with its creation as `claimed_at`.

    `remembered` tells, by `claim_id` and `usage_id`, when a claim was first accepted, or that it is `DENIED`. What it does
    not know begins with its object's creation, or `now` where the object was edited since: else an old object could take
    over a younger claim by claiming the same. What was denied until now begins when what accepts it was written.
    """
    claims = Claims(declared)
    written = {f"unit {unit.name}": unit.changed_at for unit in declared.units}
    written |= {f"source {source.name}": source.changed_at for source in declared.sources}
    return replace(
        declared,
        workloads=tuple(_Dating(workload, claims, remembered, written, now).dated() for workload in declared.workloads),
    )


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
        yield f"{named} called with", only_named is False


@dataclass(frozen=True, slots=True)
class _Dating:
    """A workload that was created at its `claimed_at`, and all that tells since when its claims count."""

    of: Workload
    claims: Claims
    remembered: Mapping[str, str]
    written: Mapping[str, Instant | None]
    now: Instant | None

    def dated(self) -> Workload:
        created, at = self.of.claimed_at, self.now
        new = at if at is not None and self.of.generation > 1 and self.remembered else created
        stands = self.of.ref not in self.claims.denied
        by = self.written.get(f"unit {self.of.unit}"), self.of.changed_at
        claimed_at = self._since([(claim_id(self.of), stands)], new, by) or created
        return replace(
            self.of, claimed_at=claimed_at, usage=tuple(self._usage(claim, new, by) for claim in self.of.usage)
        )

    def _usage(self, claim: UsageClaim, new: Instant, by: tuple[Instant | None, ...]) -> UsageClaim:
        by = *by, self.written.get(f"source {claim.source}")
        return replace(claim, since=self._since(_places(self.of, claim, self.claims), new, by))

    def _since(
        self, places: Iterable[tuple[str, bool]], new: Instant, by: tuple[Instant | None, ...]
    ) -> Instant | None:
        """Since when it has the last of its places that it has, or had; None where it never had one."""
        found: Instant | None = None
        for name, stands in places:
            told = self.remembered.get(name)
            if told and not told.startswith(DENIED):
                found = Instant(int(told))
            elif stands:
                found = self._accepted(int(told.removeprefix(DENIED)), by) if told else found or new
        return found

    def _accepted(self, seen: int, by: tuple[Instant | None, ...]) -> Instant:
        """When it was, which was denied when last seen: once all that accepts it was written, as far as that is told."""
        at = max(seen + 1, seen if self.now is None else self.now)
        written = [each for each in by if each is not None]
        return Instant(min(at, max(seen + 1, *written)) if len(written) == len(by) else at)
