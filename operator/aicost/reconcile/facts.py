"""From the ledger to the facts of the month that statements are made of. Reads the ledger port, decides nothing."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

from aicost.core.claims import Claims, Contest
from aicost.core.cost import by_workload, foreign, unpriced
from aicost.core.coverage import Coverage, missing, reaches, within
from aicost.core.declarations import Declarations
from aicost.core.gaps import Feed, Gap
from aicost.core.identity import UNALLOCATED, WorkloadRef
from aicost.core.ledger import Component, Owner, OwnerKind, Total, Use
from aicost.core.money import decimal
from aicost.core.reasons import GapReason
from aicost.core.statement import Facts, LastDay
from aicost.core.usage import Tokens
from aicost.core.window import DAY, HOUR, Instant, Period, Window, date, floor, rfc3339, window
from aicost.ports import Ledger

NO_BOOK = "USD"
EPOCH = Instant(0)


@dataclass(frozen=True, slots=True)
class Reach:
    """How far everything reaches, for one evaluation up to `until`. `counted` is None where nothing counts use.

    Holes of `covered` that end before `late` are told; younger ones are about to be filled. `read` says whether
    recorded series were asked at all since the start.
    """

    until: Instant
    settled: Instant
    covered: Coverage
    counted: Instant | None
    bills: Mapping[str, Instant]
    bill_settles_after: int
    late: Instant
    read: bool = True


def open_window(until: Instant, close_day: int, settled: Instant | None = None, closed: Instant = EPOCH) -> Window:
    """From the start of the oldest month that is still evaluated up to now.

    That is the month before this one until `close_day`, and any month whose hours are not all `settled` yet, however
    long the operator was away; but never what is `closed`.
    """
    month = Period.of(until)
    previous = int(rfc3339(until)[8:10]) < close_day or until == month.window.start
    start = (month.previous if previous else month).window.start
    unsettled = start if settled is None else Period.of(settled).window.start
    return Window(max(min(start, unsettled), closed), until)


def state_facts(
    ledger: Ledger,
    declared: Declarations,
    reach: Reach,
    tokens: Mapping[WorkloadRef, Tokens],
    contests: frozenset[Contest],
    gaps: tuple[Gap, ...],
    owners: Mapping[str, Owner],
    previous: tuple[Total, ...] | None = None,
    *,
    previous_closed: bool = False,
) -> Facts:
    """The facts of the month that holds `reach.until`.

    `owners` are those of pods by name; `previous` are the totals of the month before, if they stand, and whether it is
    closed.
    """
    period = Period.of(reach.until)
    totals, use = ledger.totals(period.window), ledger.use(period.window)
    currency = currency_of(declared, totals)
    since = next((known.start for known in within(reach.covered, period.window)), reach.until)
    known_gaps = (
        *gaps,
        *_holes(reach, since, gaps),
        *unpriced(totals, since),
        *_parked(ledger, period, totals, owners, since),
        *foreign(totals, currency, since),
        *_unobserved(_countable(ledger, period, reach), use, gaps, since),
    )
    return Facts(
        period=period,
        currency=currency,
        covered_from=since,
        through={
            Feed.GPU: reaches(reach.covered, since),
            Feed.USAGE: since if reach.counted is None else reach.counted,
        },
        declared=declared,
        totals=totals,
        last_day=_last_day(ledger, reach, known_gaps),
        bills_through=reach.bills,
        previous=ledger.totals(period.previous.window) if previous is None else previous,
        previous_closed=previous_closed,
        use=use,
        tokens=tokens,
        gaps=known_gaps,
        refused=Claims(declared).refused,
        contests=contests,
    )


def currency_of(declared: Declarations, totals: tuple[Total, ...]) -> str:
    """The price book's currency, or what there is to sum in."""
    return declared.prices.currency if declared.prices else next((t.currency for t in totals if t.currency), NO_BOOK)


def _holes(reach: Reach, since: Instant, gaps: tuple[Gap, ...]) -> tuple[Gap, ...]:
    """Time of which nobody knows who held what, unless a gap says so already."""
    if any(gap.reason is GapReason.NO_POD_HISTORY for gap in gaps):
        return ()
    if not reach.read:
        message = "who held which GPU before aicost started is still being read"
        return (Gap(GapReason.NO_POD_HISTORY, Feed.GPU, since, message),)
    told = window(since, reach.late)
    return tuple(
        Gap(GapReason.NO_POD_HISTORY, Feed.GPU, hole.start, f"nobody told who held which GPU in {hole}")
        for hole in (missing(told, reach.covered) if told else ())
    )


def _parked(
    ledger: Ledger, period: Period, totals: tuple[Total, ...], owners: Mapping[str, Owner], since: Instant
) -> tuple[Gap, ...]:
    """Workloads whose pods held cards that are parked: their totals are too small by an amount that is known."""
    if not any(total.owner.kind is OwnerKind.PARKED and total.quantity for total in totals):
        return ()
    nanos: dict[WorkloadRef | None, int] = defaultdict(int)
    for total in ledger.totals(period.window, by_subject=True):
        if total.owner.kind is OwnerKind.PARKED and total.quantity:
            owner = owners.get(total.subject)
            nanos[owner.workload if owner else None] += total.nanos
    return tuple(
        Gap(
            GapReason.OVER_ALLOCATED,
            Feed.GPU,
            since,
            f"{decimal(amount)} are parked: pods held more cards than their node has",
            workload=workload,
            unit=None if workload else UNALLOCATED,
        )
        for workload, amount in sorted(nanos.items(), key=lambda item: str(item[0]))
    )


def _last_day(ledger: Ledger, reach: Reach, gaps: tuple[Gap, ...]) -> LastDay:
    end = floor(reach.until, DAY)
    day = Window(Instant(end - DAY), end)
    late = reach.until < end + reach.bill_settles_after * HOUR or reach.settled < end
    incomplete = any(gap.hides_cost for gap in gaps) or any(through < end for through in reach.bills.values())
    unknown = within(reach.covered, day) != (day,)
    totals = tuple(total for total in ledger.totals(day) if total.component is not Component.CORRECTION)
    return LastDay(date(day.start), totals, settled=not (late or incomplete or unknown))


def _countable(ledger: Ledger, period: Period, reach: Reach) -> tuple[Total, ...]:
    """The month's totals as far as use was asked for: of the hour that is still open nobody can know it."""
    asked = window(period.window.start, reach.until if reach.counted is None else reach.counted)
    return ledger.totals(asked) if asked else ()


def _unobserved(
    totals: tuple[Total, ...], use: tuple[Use, ...], gaps: tuple[Gap, ...], since: Instant
) -> tuple[Gap, ...]:
    """Workloads that held cards of which no utilisation is known, unless a gap says so for everybody."""
    if any(gap.reason is GapReason.NO_UTILISATION for gap in gaps):
        return ()
    seen = {each.workload for each in use}
    held = [
        ref for ref, of in by_workload(totals).items() if any(t.component is Component.GPU and t.quantity for t in of)
    ]
    message = "no DCGM sample names a card that its pods held"
    return tuple(
        Gap(GapReason.NO_UTILISATION, Feed.USAGE, since, message, workload=ref)
        for ref in sorted(held)
        if ref not in seen
    )
