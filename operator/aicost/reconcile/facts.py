"""From the ledger to the facts of the month that statements are made of. Reads the ledger port, decides nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from aicost.core.claims import Claims, Contest
from aicost.core.cost import by_workload, foreign, unpriced
from aicost.core.coverage import Coverage, reaches, within
from aicost.core.declarations import Declarations
from aicost.core.gaps import Feed, Gap
from aicost.core.identity import WorkloadRef
from aicost.core.ledger import Component, Total, Use
from aicost.core.reasons import GapReason
from aicost.core.statement import Facts, LastDay
from aicost.core.usage import Tokens
from aicost.core.window import DAY, HOUR, Instant, Period, Window, date, floor, rfc3339, window
from aicost.ports import Ledger

NO_BOOK = "USD"


@dataclass(frozen=True, slots=True)
class Reach:
    """How far everything reaches, for one evaluation up to `until`. `counted` is None where nothing counts use."""

    until: Instant
    settled: Instant
    covered: Coverage
    counted: Instant | None
    bills: Mapping[str, Instant]
    bill_settles_after: int


def open_window(until: Instant, close_day: int) -> Window:
    """From the start of the oldest month that is still evaluated up to now: the one before this, until `close_day`."""
    month = Period.of(until)
    day_of_month = int(rfc3339(until)[8:10])
    return Window((month.previous if day_of_month < close_day else month).window.start, until)


def state_facts(
    ledger: Ledger,
    declared: Declarations,
    reach: Reach,
    tokens: Mapping[WorkloadRef, Tokens],
    contests: frozenset[Contest],
    gaps: tuple[Gap, ...],
    previous: tuple[Total, ...] | None = None,
) -> Facts:
    """The facts of the month that holds `reach.until`; `previous` are the totals of the month before, if they stand."""
    period = Period.of(reach.until)
    totals, use = ledger.totals(period.window), ledger.use(period.window)
    currency = (
        declared.prices.currency if declared.prices else next((t.currency for t in totals if t.currency), NO_BOOK)
    )
    since = next((known.start for known in within(reach.covered, period.window)), reach.until)
    missing = (
        *gaps,
        *unpriced(totals, since),
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
        last_day=_last_day(ledger, reach, missing),
        bills_through=reach.bills,
        previous=ledger.totals(period.previous.window) if previous is None else previous,
        use=use,
        tokens=tokens,
        gaps=missing,
        refused=Claims(declared).refused,
        contests=contests,
    )


def _last_day(ledger: Ledger, reach: Reach, gaps: tuple[Gap, ...]) -> LastDay:
    end = floor(reach.until, DAY)
    day = Window(Instant(end - DAY), end)
    late = reach.until < end + reach.bill_settles_after * HOUR or reach.settled < end
    incomplete = any(gap.hides_cost for gap in gaps) or any(through < end for through in reach.bills.values())
    unknown = within(reach.covered, day) != (day,)
    return LastDay(date(day.start), ledger.totals(day), settled=not (late or incomplete or unknown))


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
