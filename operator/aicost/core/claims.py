"""Who owns what: from declarations to the one owner of each pod and each bill row (accounting rule 7).

A workload claims pods of its own namespace and usage granted to that namespace only. The longest match wins; ties go
to the earlier claim, then to the smaller name. Where grants of two namespaces overlap, a grant of what was called with
stands above one of what callers name themselves, and else the one whose claim was accepted first has the row, however long
the other's claim is: who writes a claim makes it as long as he likes. What is refused says why, and names the winner or
the missing grant.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from aicost.core.declarations import Declarations, Dimensions, Source, UsageClaim, Workload, reservers
from aicost.core.identity import Labels, PodIdentity, WorkloadRef
from aicost.core.ledger import IDLE, UNCLAIMED, Owner, OwnerKind
from aicost.core.reasons import Refusal
from aicost.core.window import Instant

NAMED_BY_CALLERS = frozenset({"customer", "model"})
"""Dimensions that a request names itself; all others say with which credential it was made."""


@dataclass(frozen=True, slots=True)
class Refused:
    """A claim, or with `claim` None a whole workload, that is not accepted, and why."""

    workload: WorkloadRef
    reason: Refusal
    message: str
    claim: UsageClaim | None = None


@dataclass(frozen=True, slots=True)
class Contest:
    """A pod or bill row that `loser` claims too, but `winner` owns."""

    winner: WorkloadRef
    loser: WorkloadRef
    subject: str


@dataclass(frozen=True, slots=True, order=True)
class Outbid:
    """A node whose idle capacity the unit `winner` owns, though the unit `loser` reserves it, too."""

    loser: str
    winner: str
    node: str


@dataclass(frozen=True, slots=True)
class Ruling:
    """The owner of one thing, and who else claimed it."""

    owner: Owner
    contests: tuple[Contest, ...] = ()


_Rank: TypeAlias = tuple[bool, Instant]
"""Whether only what callers name is granted, and since when it is claimed: who ranks lower has it."""
_Claimant: TypeAlias = tuple[Workload, int, _Rank]
"""Who claims a thing, how precisely, and by which rank."""


class Claims:
    """The accepted claims of one set of declarations; asks are answered without looking at refused ones."""

    def __init__(self, declared: Declarations) -> None:
        self._sources = {source.name: source for source in declared.sources}
        self._defaults = {ns: unit.name for unit in reversed(declared.units) for ns in unit.default_for}
        self._reserving = [unit for unit in declared.units if unit.reserved]
        units = {unit.name: unit.namespaces for unit in declared.units}
        refused = [refusal for w in declared.workloads if (refusal := _unit_refusal(w, units))]
        self.denied = frozenset(refusal.workload for refusal in refused)
        """The workloads that are not accepted at all."""
        self.accepted: dict[tuple[WorkloadRef, UsageClaim], bool] = {}
        """The claims of usage that are accepted, and whether only what callers name is granted of them."""
        accepted = [workload for workload in declared.workloads if workload.ref not in self.denied]
        self._in_namespace: dict[str, list[Workload]] = {}
        self._of_source: dict[str, list[tuple[_Claimant, UsageClaim]]] = {}
        for workload in accepted:
            self._in_namespace.setdefault(workload.ref.namespace, []).append(workload)
            for claim in workload.usage:
                refusal = self._usage_refusal(workload, claim)
                if refusal:
                    refused.append(refusal)
                else:
                    rank = self._rank(workload, claim)
                    self.accepted[workload.ref, claim] = rank[0]
                    claimant = workload, len(claim.match), rank
                    self._of_source.setdefault(claim.source, []).append((claimant, claim))
        self.refused: tuple[Refused, ...] = tuple(refused)
        """Everything that is not accepted."""

    def pod(self, pod: PodIdentity) -> Ruling:
        """Who owns what the pod costs: a workload of its namespace, else that namespace's default unit, else nobody."""
        claimants = [
            (workload, precision, (False, workload.claimed_at))
            for workload in self._in_namespace.get(pod.namespace, ())
            if workload.pods and (precision := workload.pods.precision(pod)) is not None
        ]
        if claimants:
            return _ruling(claimants, f"pod {pod}")
        unit = self._defaults.get(pod.namespace)
        return Ruling(Owner(OwnerKind.UNIT, unit) if unit else UNCLAIMED)

    def usage(self, source: str, dimensions: Dimensions, subject: str) -> Ruling:
        """Who owns a bill row of a source: of the namespace that claimed it first, whose granted claim matches most of it."""
        claimants = [claimant for claimant, claim in self._of_source.get(source, ()) if claim.match <= dimensions]
        return _ruling(claimants, subject) if claimants else Ruling(UNCLAIMED)

    def claimants(self, source: str) -> frozenset[WorkloadRef]:
        """The workloads with an accepted claim on a source."""
        return frozenset(workload.ref for (workload, *_), _ in self._of_source.get(source, ()))

    def idle(self, node: Labels) -> Owner:
        """Who owns what no pod holds of a node: the unit that reserves it by most labels, then by name, else nobody.

        What is parked is never a reserver's: nobody knows yet whose it is.
        """
        reserving = reservers(self._reserving, node)
        return Owner(OwnerKind.RESERVED, reserving[0]) if reserving else IDLE

    def outbid(self, nodes: Iterable[tuple[str, Labels]]) -> frozenset[Outbid]:
        """Of nodes, by name, those that a unit reserves in vain, because another one owns what is idle of them."""
        reserving = ((node, reservers(self._reserving, carried)) for node, carried in nodes)
        return frozenset(Outbid(loser, units[0], node) for node, units in reserving for loser in units[1:])

    def _rank(self, workload: Workload, claim: UsageClaim) -> _Rank:
        granted = _granted(self._sources[claim.source], claim.match, workload.ref.namespace)
        since = workload.claimed_at if claim.since is None else claim.since
        return granted <= NAMED_BY_CALLERS, since

    def _usage_refusal(self, workload: Workload, claim: UsageClaim) -> Refused | None:
        source = self._sources.get(claim.source)
        if source is None:
            message = f"there is no UsageSource {claim.source}"
            return Refused(workload.ref, Refusal.SOURCE_NOT_FOUND, message, claim)
        if _granted(source, claim.match, workload.ref.namespace):
            return None
        asked = ", ".join(f"{dimension} {value}" for dimension, value in sorted(claim.match))
        message = f"UsageSource {source.name} grants namespace {workload.ref.namespace} none of: {asked}"
        return Refused(workload.ref, Refusal.GRANT_MISSING, message, claim)


def _unit_refusal(workload: Workload, units: dict[str, frozenset[str]]) -> Refused | None:
    if workload.unit not in units:
        return Refused(workload.ref, Refusal.UNIT_NOT_FOUND, f"there is no BusinessUnit {workload.unit}")
    if workload.ref.namespace not in units[workload.unit]:
        message = f"BusinessUnit {workload.unit} does not list namespace {workload.ref.namespace}"
        return Refused(workload.ref, Refusal.UNIT_NOT_GRANTED, message)
    return None


def _granted(source: Source, match: Dimensions, namespace: str) -> frozenset[str]:
    """The dimensions of a claim that are granted. One covers it: all its pairs must match, so it is a part of that grant."""
    granting = (grant for grant in source.grants if namespace in grant.namespaces)
    return frozenset(grant.dimension for grant in granting if (grant.dimension, grant.value) in match)


def _ruling(claimants: Sequence[_Claimant], subject: str) -> Ruling:
    first = min(claimants, key=_seniority)[0].ref.namespace
    its = [claimant for claimant in claimants if claimant[0].ref.namespace == first]
    winner, *_ = min(its, key=lambda each: (-each[1], each[2][1], each[0].ref))
    losers = {workload.ref for workload, *_ in claimants} - {winner.ref}
    contests = tuple(Contest(winner.ref, loser, subject) for loser in sorted(losers))
    return Ruling(Owner(OwnerKind.WORKLOAD, winner.unit, winner.ref), contests)


def _seniority(claimant: _Claimant) -> tuple[_Rank, Instant, WorkloadRef]:
    """Who ranks lower has it; of those whom one edit accepted together, the workload that was there first."""
    workload, _, rank = claimant
    return rank, workload.claimed_at, workload.ref
