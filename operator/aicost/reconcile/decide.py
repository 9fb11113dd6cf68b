"""Decide: from one observation to entries, what contradicts, and the facts of the month. Pure; core only."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from aicost.core.allocation import Allocation, allocate
from aicost.core.bills import BillDay, bill_entries
from aicost.core.claims import Claims, Contest
from aicost.core.coverage import Coverage, missing, within
from aicost.core.declarations import Declarations
from aicost.core.gaps import Gap
from aicost.core.holdings import Devices
from aicost.core.identity import PodIdentity, WorkloadRef
from aicost.core.ledger import Component, Entry, Kept, owned, withdrawn
from aicost.core.usage import Observed, Tokens
from aicost.core.window import HOUR, Instant, Window, floor, window


@dataclass(frozen=True, slots=True)
class Observation:
    """Everything that one evaluation knows. `since` is where GPU hours are evaluated from, `settled` where drafts begin.

    `bill_days` is None when nothing about bills or claims changed since the last evaluation; `late_days` are days of
    closed months that were read again. `revisions` tell on which
    state of the device record and of the bill desk this is based.
    """

    declared: Declarations
    devices: Devices
    covered: Coverage
    open: Window
    since: Instant
    settled: Instant
    bill_days: tuple[BillDay, ...] | None = None
    late_days: tuple[BillDay, ...] = ()
    gaps: tuple[Gap, ...] = ()
    revisions: tuple[int, int] = (0, 0)


@dataclass(frozen=True, slots=True)
class Decision:
    """What the ledger should hold, and what claims contradict each other."""

    entries: tuple[Entry, ...]
    drafts: tuple[Entry, ...]
    gpu_contests: frozenset[Contest] = frozenset()
    bill_contests: frozenset[Contest] | None = field(default=None)


def decide(seen: Observation, stored: Iterable[Entry]) -> Decision:
    """Settled entries, drafts of hours still open, and withdrawals of what `stored` has but no longer exists.

    `stored` are the ledger's entries of the same scope, drafts too: GPU hours since `seen.since`, and bill rows of the
    open months.
    """
    claims, stored = Claims(seen.declared), tuple(stored)
    kept = owned(stored, _keeps(seen))
    gpu = _gpu(seen, claims, kept)
    settled = [entry for entry in gpu.entries if entry.origin.window.start < seen.settled]
    drafts = tuple(entry for entry in gpu.entries if entry.origin.window.start >= seen.settled)
    bills, contests = bill_entries(seen.bill_days or (), claims, kept)
    current = (*gpu.entries, *bills)
    return Decision(
        entries=(*settled, *bills, *withdrawn(_in_scope(seen, stored), current)),
        drafts=drafts,
        gpu_contests=gpu.contests,
        bill_contests=None if seen.bill_days is None else contests,
    )


def _keeps(seen: Observation) -> Callable[[Entry, WorkloadRef], bool]:
    """What is over stays its owner's; what is still open follows the claims, unless its owner is gone."""
    present = {workload.ref for workload in seen.declared.workloads}

    def keeps(entry: Entry, owner: WorkloadRef) -> bool:
        begun, over = entry.origin.window.start, entry.origin.window.end <= seen.open.end
        settled = begun < seen.settled if entry.origin.component is Component.GPU else over
        return settled or owner not in present

    return keeps


def _gpu(seen: Observation, claims: Claims, kept: Kept) -> Allocation:
    evaluated = window(seen.since, seen.open.end)
    over = within(seen.covered, evaluated) if evaluated else ()
    return allocate(seen.devices, seen.declared.prices, claims, over, kept)


def _in_scope(seen: Observation, stored: Iterable[Entry]) -> Iterable[Entry]:
    """What a re-evaluation may take back: covered GPU hours, and days of a bill that were read completely."""
    read = {("bill", day.source, day.day) for day in seen.bill_days or ()}
    for entry in stored:
        origin = entry.origin
        kind, named = origin.key[:2]
        if (kind, named, origin.window) in read or (
            kind == "gpu" and seen.since <= origin.window.start < seen.settled and within(seen.covered, origin.window)
        ):
            yield entry


def count_tokens(
    declared: Declarations, pods: Iterable[PodIdentity], observed: Observed
) -> Mapping[WorkloadRef, Tokens]:
    """Tokens of each workload: of the bill rows that it owns and of the model servers among its pods."""
    claims = Claims(declared)
    owners = {(pod.namespace, pod.name): claims.pod(pod).owner.workload for pod in pods}
    counted: dict[WorkloadRef, Tokens] = defaultdict(Tokens)
    for row in observed.usage:
        if owner := claims.usage(row.source, row.dimensions, row.source).owner.workload:
            counted[owner] += row.tokens
    for served in observed.pod_tokens:
        if owner := owners.get((served.namespace, served.pod)):
            counted[owner] += served.tokens
    return dict(counted)


def done_until(seen: Observation) -> Instant:
    """The instant before which every hour is settled and no time is missing, once anything is known."""
    if not seen.covered:
        return seen.settled
    told = window(seen.covered[0].start, seen.settled)
    holes = missing(told, seen.covered) if told else ()
    return holes[0].start if holes else seen.settled


def settled_until(now: Instant, lateness: int) -> Instant:
    """The begin of the first hour that is still open to late data."""
    return floor(Instant(now - lateness), HOUR)
