"""Decide: from one observation to entries, what contradicts, and the facts of the month. Pure; core only."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from aicost.core.allocation import Allocation, allocate
from aicost.core.bills import BillDay, bill_entries
from aicost.core.claims import Contest
from aicost.core.compute import compute
from aicost.core.coverage import Coverage, missing, within
from aicost.core.declarations import Declarations
from aicost.core.estimates import NOTHING_AWAITED, Estimation, estimates
from aicost.core.gaps import Gap
from aicost.core.holdings import Devices
from aicost.core.hosts import HostHour
from aicost.core.identity import PodIdentity, WorkloadRef
from aicost.core.ledger import Entry, withdrawn
from aicost.core.ownership import Ownership
from aicost.core.recharge import PASSED_ON, Lack
from aicost.core.refining import REFINED_BY_NONE, Refinement
from aicost.core.usage import Observed, Tokens
from aicost.core.window import HOUR, Instant, Window, floor, window
from aicost.reconcile.filled import Filled
from aicost.reconcile.recharges import NOT_METERED, Metering, recharged


@dataclass(frozen=True, slots=True)
class Observation:
    """Everything that one evaluation knows. `ownership` says who owned what of the open months, by all that was declared.

    `since` is where GPU hours are evaluated from, `settled` where drafts begin.

    `due` are the begins of the UTC days whose bills are decided: their accounts, as far as they were read, are `bill_days`,
    and `late_days` those of closed months; `refinement` divides both. All other days stand. `gone_bills` are the types of
    bills that are declared no more, by their names, `bills_begin` where bills begin that leave earlier days as they are. `filled` are closed months of which more is known,
    `estimation` is of days whose bill is not in. `revisions` tell on which state of the device record, of the bill desk, of
    the callers' record and of the hosts' this is based. `hosts` are all that is known since `since`.
    """

    declared: Declarations
    ownership: Ownership
    devices: Devices
    covered: Coverage
    open: Window
    since: Instant
    settled: Instant
    due: frozenset[Instant] = frozenset()
    bill_days: tuple[BillDay, ...] = ()
    gone_bills: Mapping[str, str] = field(default_factory=dict)
    bills_begin: Mapping[str, Instant] = field(default_factory=dict)
    metering: Metering = NOT_METERED
    late_days: tuple[BillDay, ...] = ()
    filled: tuple[Filled, ...] = ()
    refinement: Refinement = REFINED_BY_NONE
    estimation: Estimation = NOTHING_AWAITED
    gaps: tuple[Gap, ...] = ()
    revisions: tuple[int, int, int, int] = (0, 0, 0, 0)
    hosts: tuple[HostHour, ...] = ()


@dataclass(frozen=True, slots=True)
class Decision:
    """What the ledger should hold, what claims contradict each other, and what re-charges go without.

    `bill_contests` are those of each day that was decided, by its begin.
    """

    entries: tuple[Entry, ...]
    drafts: tuple[Entry, ...]
    gpu_contests: frozenset[Contest] = frozenset()
    bill_contests: Mapping[Instant, frozenset[Contest]] = field(default_factory=dict)
    caller_contests: frozenset[Contest] = frozenset()
    lacks: frozenset[Lack] = frozenset()


def decide(seen: Observation, stored: Iterable[Entry]) -> Decision:
    """Settled entries, drafts of hours still open, and withdrawals of what `stored` has but no longer exists.

    `stored` are the ledger's entries of the same scope, drafts too: hours of cards and hosts since `seen.since`, bill rows of the open
    months, and re-charges of days that are divided anew.
    """
    stored = tuple(stored)
    gpu = _of_nodes(seen)
    standing = _standing(seen, stored, gpu.entries)
    moved = recharged(seen.metering, seen.ownership, standing, seen.declared.prices)
    settled = [entry for entry in gpu.entries if entry.origin.window.start < seen.settled]
    drafts = [entry for entry in gpu.entries if entry.origin.window.start >= seen.settled]
    for entry in moved.entries:
        (settled if entry.origin.window.end <= seen.settled else drafts).append(entry)
    of_days = {at: _of_day(seen, at) for at in sorted(seen.due)}
    bills = [entry for entries, _ in of_days.values() for entry in entries]
    current = (*gpu.entries, *bills, *moved.entries)
    return Decision(
        entries=(*settled, *bills, *withdrawn(_in_scope(seen, stored), current)),
        drafts=tuple(drafts),
        gpu_contests=gpu.contests,
        bill_contests={at: contests for at, (_, contests) in of_days.items()},
        caller_contests=moved.contests,
        lacks=moved.lacks,
    )


def _of_day(seen: Observation, at: Instant) -> tuple[tuple[Entry, ...], frozenset[Contest]]:
    """What is billed of the day that begins at an instant, and what is estimated beside it."""
    days = (day for day in seen.bill_days if day.day.start == at)
    billed, contests = bill_entries(days, seen.ownership, refinement=seen.refinement)
    awaited = tuple(day for day in seen.estimation.awaited if day.day.start == at)
    estimated, contested = estimates(replace(seen.estimation, awaited=awaited), seen.ownership, seen.refinement)
    return (*billed, *estimated), contests | contested


def _of_nodes(seen: Observation) -> Allocation:
    """What cards cost, and CPU and memory beside them. Of an hour that was just settled, hosts may be told of yet."""
    evaluated, prices = window(seen.since, seen.open.end), seen.declared.prices
    over = within(seen.covered, evaluated) if evaluated else ()
    cards = allocate(seen.devices, prices, seen.ownership, over)
    hosts = compute(seen.devices.groups, seen.hosts, prices, seen.ownership, over, Instant(seen.settled - HOUR))
    return Allocation((*cards.entries, *hosts.entries), cards.contests | hosts.contests)


def _standing(seen: Observation, stored: Iterable[Entry], decided: Iterable[Entry]) -> Iterator[Entry]:
    """What will stand of the evaluated hours: what was decided, and settled hours that are not covered this time."""
    keys = {entry.origin.key for entry in decided}
    yield from decided
    for entry in stored:
        of_pods = entry.origin.component in PASSED_ON and seen.since <= entry.origin.window.start < seen.settled
        if of_pods and entry.origin.key not in keys and not within(seen.covered, entry.origin.window):
            yield entry


def _in_scope(seen: Observation, stored: Iterable[Entry]) -> Iterable[Entry]:
    """What a re-evaluation may take back: covered GPU hours, completely read days of a bill, awaited or divided anew ones."""
    read = {("bill", day.source, day.day) for day in seen.bill_days}
    read |= {("bill", day.source, day.day) for day in seen.estimation.awaited}
    for entry in stored:
        origin = entry.origin
        kind, named = origin.key[:2]
        if (
            (kind, named, origin.window) in read
            or (kind == "recharge" and seen.metering.since < origin.window.end <= seen.settled)
            or (
                kind in ("gpu", "owned", "compute")
                and seen.since <= origin.window.start < seen.settled
                and within(seen.covered, origin.window)
            )
        ):
            yield entry


def count_tokens(ownership: Ownership, pods: Iterable[PodIdentity], observed: Observed) -> Mapping[WorkloadRef, Tokens]:
    """Tokens of each workload: of the bill rows that it owns and of the model servers among its pods."""
    owners = {(pod.namespace, pod.name): ownership.pod(pod) for pod in pods}
    of_rows = (
        (ownership.usage(row.source, row.dimensions, row.source).seconds(row.day), row.tokens) for row in observed.usage
    )
    of_pods = (
        (owners[served.namespace, served.pod].seconds(served.hour), served.tokens)
        for served in observed.pod_tokens
        if (served.namespace, served.pod) in owners
    )
    counted: dict[WorkloadRef, Tokens] = defaultdict(Tokens)
    for seconds, tokens in (*of_rows, *of_pods):
        for (owner, _), part in zip(seconds, tokens.divided([held for _, held in seconds]), strict=True):
            if owner.workload:
                counted[owner.workload] += part
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
