"""What is known to be missing of a month: holes in who held what, contradictions, parked cards, use that nobody saw."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from aicost.core.cards import CONTRADICTORY
from aicost.core.cost import by_workload
from aicost.core.coverage import Coverage, Progress, missing
from aicost.core.gaps import Feed, Gap
from aicost.core.holdings import CardGroup
from aicost.core.identity import UNALLOCATED, WorkloadRef
from aicost.core.ledger import Component, Owner, OwnerKind, Total, Unseen, Use
from aicost.core.measures import measured, unit_of
from aicost.core.money import decimal
from aicost.core.prices import PriceBook
from aicost.core.reasons import GapReason
from aicost.core.stretch import at_declared_shares
from aicost.core.window import Instant, Period, rfc3339, window


@dataclass(frozen=True, slots=True)
class Reach:
    """How far everything reaches, for one evaluation up to `until`. `counted` is None where nothing counts use.

    Holes of `covered` that end before `late` are told; younger ones are about to be filled. `reading` is how
    far the first pass over recorded series since the start has come; None once it is over.
    """

    until: Instant
    settled: Instant
    covered: Coverage
    counted: Instant | None
    bills: Mapping[str, Instant]
    bill_settles_after: int
    late: Instant
    reading: Progress | None = None


def holes(reach: Reach, since: Instant, gaps: tuple[Gap, ...]) -> tuple[Gap, ...]:
    """Time of which nobody knows who held what, unless a gap says so already."""
    if any(gap.reason is GapReason.NO_POD_HISTORY for gap in gaps):
        return ()
    if reach.reading:
        message = f"who held which GPU before aicost started is still being read: {reach.reading} are"
        return (Gap(GapReason.NO_POD_HISTORY, Feed.GPU, since, message),)
    told = window(since, reach.late)
    return tuple(
        Gap(GapReason.NO_POD_HISTORY, Feed.GPU, hole.start, f"nobody told who held which GPU in {hole}")
        for hole in (missing(told, reach.covered) if told else ())
    )


def contradicting(groups: Iterable[CardGroup], period: Period) -> tuple[Gap, ...]:
    """Nodes whose labels and capacity contradict each other: what their cards cost is parked."""
    return tuple(
        Gap(
            GapReason.LABELS_CONTRADICT,
            Feed.GPU,
            part.start,
            f"the labels of node {group.node} say other devices of its {group.cards} cards than it offers",
            unit=UNALLOCATED,
        )
        for group in groups
        if group.sharing == CONTRADICTORY and (part := group.window.overlap(period.window))
    )


def excessive(groups: Iterable[CardGroup], prices: PriceBook | None, period: Period) -> tuple[Gap, ...]:
    """Nodes whose MIG instances do not fit their cards at the declared shares: what these cards cost is parked."""
    return tuple(
        Gap(
            GapReason.SHARES_EXCEED_CARD,
            Feed.GPU,
            part.start,
            f"the shares that the PriceBook declares do not fit the {group.cards} cards of node {group.node}",
            unit=UNALLOCATED,
        )
        for group in groups
        if group.sharing != CONTRADICTORY
        and at_declared_shares(group, prices).sharing == CONTRADICTORY
        and (part := group.window.overlap(period.window))
    )


def parked(by_subject: tuple[Total, ...], owners: Mapping[str, Owner], since: Instant) -> tuple[Gap, ...]:
    """Workloads whose pods held cards that are parked: their totals are too small by an amount that is known."""
    nanos: dict[WorkloadRef | None, int] = defaultdict(int)
    for total in by_subject:
        if total.owner.kind is OwnerKind.PARKED and total.quantity:
            owner = owners.get(total.subject)
            nanos[owner.workload if owner else None] += total.nanos
    return tuple(
        Gap(
            GapReason.OVER_ALLOCATED,
            Feed.GPU,
            since,
            f"{decimal(amount)} are parked: what its pods held does not fit their nodes' cards",
            workload=workload,
            unit=None if workload else UNALLOCATED,
        )
        for workload, amount in sorted(nanos.items(), key=lambda item: str(item[0]))
    )


def unobserved(
    totals: tuple[Total, ...], use: tuple[Use, ...], gaps: tuple[Gap, ...], since: Instant
) -> tuple[Gap, ...]:
    """Workloads that held cards of which no utilisation is known, unless a gap says so for everybody."""
    if any(gap.reason is GapReason.NO_UTILISATION for gap in gaps):
        return ()
    seen = {each.workload for each in use if each.card_microseconds}
    held = [
        ref for ref, of in by_workload(totals).items() if any(t.component is Component.GPU and t.quantity for t in of)
    ]
    message = "no DCGM sample names a card that its pods held"
    return tuple(
        Gap(GapReason.NO_UTILISATION, Feed.USAGE, since, message, workload=ref)
        for ref in sorted(held)
        if ref not in seen
    )


def unseen_hosts(unseen: Iterable[Unseen]) -> tuple[Gap, ...]:
    """Owners of pods of which nobody saw what they used of CPU or memory: one gap for each."""
    found: dict[Owner, list[Unseen]] = defaultdict(list)
    for each in unseen:
        found[each.owner].append(each)
    return tuple(_unseen_by(owner, of) for owner, of in sorted(found.items()))


def _unseen_by(owner: Owner, unseen: Iterable[Unseen]) -> Gap:
    of = sorted(unseen, key=lambda each: each.pool)
    since = min(each.since for each in of)
    taken = ", ".join(measured(each.quantity, unit_of(Component.COMPUTE, each.pool)) for each in of)
    message = (
        f"what pods used of {' and '.join(each.pool for each in of)} of their nodes is not known of hours since"
        f" {rfc3339(since)}: they are charged what they requested, {taken}"
    )
    unit = None if owner.workload else owner.unit
    return Gap(GapReason.NO_HOST_USE, Feed.USAGE, since, message, taken, workload=owner.workload, unit=unit)
