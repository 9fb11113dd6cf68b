"""Closing a month: what speaks against it, when it is due, and what is remembered of it (accounting rule 8).

The check-list tells and never changes a number. Closing a month that is not clean leaves its gaps as they are.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from aicost.core.corrections import billed_by
from aicost.core.cost import estimated, foreign, unpriced
from aicost.core.coverage import Coverage, missing
from aicost.core.declarations import BILL, Source
from aicost.core.gaps import Gap, coalesced
from aicost.core.holes import Holes
from aicost.core.issued import Issued
from aicost.core.ledger import OwnerKind, Total
from aicost.core.meanings import MEANINGS
from aicost.core.money import decimal
from aicost.core.reasons import CheckReason, GapReason, Reason
from aicost.core.rivals import bills_all_of, counting, same_account
from aicost.core.unbilled import unbilled
from aicost.core.window import DAY, Instant, Period, Window, date, rfc3339

SCHEDULE = "schedule"
"""Who closes a month on its close day."""


@dataclass(frozen=True, slots=True)
class Check:
    """One point of the check-list. What does not block is told, and needs nobody."""

    reason: Reason
    message: str
    blocks: bool = True

    @property
    def remedy(self) -> str:
        """What to do about it."""
        return MEANINGS[self.reason][1]


@dataclass(frozen=True, slots=True)
class Closing:
    """A closed month: when and by whom it was closed, the digest of what it held, and what its check-list still said.

    `accounts` are those whose bills it holds: what others tell of it later is none of its corrections. `issued` is what it
    charged, `holes` what nobody had told of it; None of a month that was closed before that was kept.
    """

    period: Period
    at: Instant
    by: str
    digest: str
    left: tuple[str, ...] = ()
    accounts: tuple[str, ...] = ()
    issued: Issued | None = None
    holes: Holes | None = None


@dataclass(frozen=True, slots=True)
class Ended:
    """Days that a bill, which is none now, did not tell to their end, and `why` it is none."""

    source: str
    why: str
    missing: Window


@dataclass(frozen=True, slots=True)
class Month:
    """What the check-list looks at. `settled` is the instant before which every hour is settled and none is missing.

    `covered` is the time in which it is known who held which GPU, `bills_through` how far each source's bill reaches, and
    `bills_ended` what of it bills left open that are none any more.
    `issued` is what it charges, and `holes` what of it may still be told, to be kept; `currencies` are those of its amounts.
    """

    period: Period
    currency: str
    totals: tuple[Total, ...]
    covered: Coverage
    settled: Instant
    sources: tuple[Source, ...] = ()
    bills_through: tuple[tuple[str, Instant], ...] = ()
    bills_ended: tuple[Ended, ...] = ()
    gaps: tuple[Gap, ...] = ()
    issued: Issued | None = None
    holes: Holes | None = None
    currencies: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of asking to close a month: its check-list, and its closing if it is closed now.

    `before` says that it was closed before: nothing was changed.
    """

    period: Period
    checks: tuple[Check, ...] = ()
    closing: Closing | None = None
    before: bool = False

    @property
    def clean(self) -> bool:
        """Whether nothing speaks against closing."""
        return not any(check.blocks for check in self.checks)


def check_list(month: Month) -> tuple[Check, ...]:
    """Everything that speaks against closing the month; then what is only told."""
    against = [*_hours(month), *_bills(month), *_gaps(month), *_parked(month), *_invoices(month)]
    found = [*against, *_rates(month), *_estimated(month), *_unclaimed(month)]
    return tuple(sorted(found, key=lambda check: not check.blocks))


def refusal(period: Period, oldest: Period | None, until: Instant) -> str | None:
    """Why the month cannot be closed at all; `oldest` is the oldest month with entries that is not closed."""
    if until <= period.window.end:
        return f"{period} is not over: it can be closed after {rfc3339(period.window.end)}"
    if oldest is None or period < oldest:
        return f"nothing is known of {period}: the ledger has no entry of that month, so there is nothing to close"
    if oldest < period:
        return f"months are closed in their order, and {oldest} is still open: close it first"
    return None


def is_due(period: Period, close_day: int, until: Instant, settled: Instant) -> bool:
    """Whether the schedule closes the month now: its close day has come, and each of its hours is settled."""
    end = period.window.end
    return until >= end + (close_day - 1) * DAY and settled >= end


def _hours(month: Month) -> Iterator[Check]:
    over = month.period.window
    if month.settled < over.end:
        since = rfc3339(max(month.settled, over.start))
        yield Check(CheckReason.HOURS_NOT_SETTLED, f"hours from {since} on are not settled")
    holes = missing(over, month.covered)
    for hole in holes:
        first = hole.start == over.start and hole.end < over.end and not _covered_before(month)
        message = f"nobody told who held which GPU in {hole}"
        yield Check(GapReason.NO_POD_HISTORY, message, blocks=not first)


def _covered_before(month: Month) -> bool:
    """Whether anything is known of the time before the month: else it is known from some instant on, and not before."""
    return any(known.start < month.period.window.start for known in month.covered)


def _bills(month: Month) -> Iterator[Check]:
    through = dict(month.bills_through)
    for source in _needed(month.sources):
        reached = through.get(source.name)
        if reached is None or reached < month.period.window.end:
            how_far = f"is known through {rfc3339(reached)}" if reached else "was not read"
            yield Check(CheckReason.BILL_INCOMPLETE, f"the bill of UsageSource {source.name} {how_far}")
    for of in month.bills_ended:
        message = f"the bill of UsageSource {of.source}, {of.why}, was not told to the end in {of.missing}"
        yield Check(CheckReason.BILL_INCOMPLETE, message)


def _needed(sources: Iterable[Source]) -> Iterator[Source]:
    """The bills that a month needs: not one of which an elder one of its account tells all, for nobody reads it."""
    bills = [source for source in sources if source.role == BILL]
    read = counting(bills)
    for bill in bills:
        if bill in read or not any(same_account(elder, bill) and bills_all_of(elder, bill) for elder in read):
            yield bill


def _gaps(month: Month) -> Iterator[Check]:
    over = month.period.window
    known = [gap for gap in month.gaps if gap.hides_cost and gap.since in over]
    tokens = [gap for gap in unbilled(month.totals, over.start) if gap.hides_cost]
    totals = [*unpriced(month.totals, over.start), *tokens, *foreign(month.totals, month.currency, over.start)]
    for gap in (*coalesced(known), *totals):
        whom = gap.workload or gap.unit
        yield Check(gap.reason, f"{gap.message} ({whom})" if whom else gap.message)


def _parked(month: Month) -> Iterator[Check]:
    parked: dict[str, int] = defaultdict(int)
    for total in month.totals:
        if total.owner.kind is OwnerKind.PARKED and total.quantity:
            parked["" if total.gap else total.currency or month.currency] += 0 if total.gap else total.nanos
    for currency, nanos in sorted(parked.items()):
        amount = f"{decimal(nanos)} {currency} are" if currency else "an amount that nobody knows is"
        yield Check(GapReason.OVER_ALLOCATED, f"{amount} parked: what pods held does not fit their nodes' cards")


def _invoices(month: Month) -> Iterator[Check]:
    for source in month.sources:
        if source.invoiced and month.period.month not in source.invoiced:
            message = f"UsageSource {source.name} declares invoices, and none of {month.period}"
            yield Check(CheckReason.INVOICE_MISSING, message)


def _rates(month: Month) -> Iterator[Check]:
    """The rates by which it is told: those in force when it began, and those that began in it.

    Of the currencies of its amounts, and of those that units and workloads are told in, for the closing keeps these.
    """
    over, issued = month.period.window, month.issued or Issued(month.currency)
    known, told = issued.rates, {of.currency for of in issued.units} | {of.currency for of in issued.workloads}
    for currency in sorted((month.currencies | told) - {month.currency}):
        of = sorted(
            (rate for rate in known if rate.currency == currency and rate.since < over.end), key=lambda of: of.since
        )
        begun = sum(rate.since <= over.start for rate in of)
        for rate in of[max(begun - 1, 0) :]:
            message = f"1 {currency} is {decimal(rate.nanos)} {month.currency} from {date(rate.since)} on"
            yield Check(CheckReason.EXCHANGE_RATE, message, blocks=False)


def _estimated(month: Month) -> Iterator[Check]:
    """What stays an estimate: a price that is declared later does not reach a closed month; a late bill corrects it."""
    since = month.period.window.start
    notices = [gap for gap in unbilled(month.totals, since) if gap.is_notice]
    for gap in (*estimated(month.totals, since), *notices):
        yield Check(gap.reason, f"{gap.message} ({gap.workload or gap.unit})", blocks=False)


def _unclaimed(month: Month) -> Iterator[Check]:
    """How much of each source's bill, and of corrections of it, nobody claims; idle and unclaimed card time is in the report."""
    billed: dict[tuple[str, str], int] = defaultdict(int)
    unclaimed: dict[tuple[str, str], int] = defaultdict(int)
    for total in month.totals:
        source = billed_by(total.component, total.pool, total.certainty)
        if source and not total.gap:
            billed[source, total.currency] += total.nanos
            if total.owner.kind is OwnerKind.UNCLAIMED:
                unclaimed[source, total.currency] += total.nanos
    for (pool, currency), nanos in sorted(unclaimed.items()):
        if nanos:
            message = (
                f"{decimal(nanos)} of {decimal(billed[pool, currency])} {currency} of {pool} are claimed by nobody"
            )
            yield Check(CheckReason.UNCLAIMED, message, blocks=False)
