"""From the ledger to the facts of the month that statements are made of. Reads the ledger port, decides nothing."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from aicost.core.cards import CONTRADICTORY
from aicost.core.claims import Claims, Contest
from aicost.core.cost import by_workload, foreign, unpriced
from aicost.core.coverage import Coverage, missing, reaches, within
from aicost.core.declarations import Declarations
from aicost.core.exchange import Exchange, currencies
from aicost.core.gaps import Feed, Gap
from aicost.core.holdings import CardGroup, Devices
from aicost.core.identity import UNALLOCATED, WorkloadRef
from aicost.core.ledger import Component, Owner, OwnerKind, Total, Use
from aicost.core.meters import meters
from aicost.core.money import decimal
from aicost.core.reasons import GapReason
from aicost.core.statement import Facts, LastDay, sharing_by_workload
from aicost.core.unclaimed import largest
from aicost.core.usage import Tokens
from aicost.core.window import DAY, HOUR, Instant, Period, Window, date, day_of, floor, instant, rfc3339, window
from aicost.ports import Ledger
from aicost.reconcile.totals import Totals

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
    devices: Devices,
    standing: Facts | None = None,
    *,
    previous_closed: bool = False,
) -> Facts:
    """The facts of the month that holds `reach.until`.

    `standing` are earlier facts of the same month whose months before it stand; `previous_closed` is whether the one
    before is closed.
    """
    period, claims = Period.of(reach.until), Claims(declared)
    owners = {str(held.pod): claims.pod(held.pod).owner for held in devices.holdings}
    native, use = ledger.totals(period.window), ledger.use(period.window)
    exchange = exchange_of(declared, native)
    currency, read = exchange.book, Totals(ledger, exchange)
    totals = read.over(period.window, currency)
    since = next((known.start for known in within(reach.covered, period.window)), reach.until)
    by_subject = _by_subject(read, period, totals, currency)
    known_gaps = (
        *gaps,
        *_holes(reach, since, gaps),
        *unpriced(totals, since),
        *_parked(by_subject, owners, since),
        *contradicting(devices.groups, period),
        *foreign(totals, currency, since),
        *_unobserved(_countable(ledger, period, reach), use, gaps, since),
    )
    facts = Facts(
        period=period,
        currency=currency,
        covered_from=since,
        through={
            Feed.GPU: reaches(reach.covered, since),
            Feed.USAGE: since if reach.counted is None else reach.counted,
        },
        declared=declared,
        totals=totals,
        last_day=_last_day(read, currency, reach, known_gaps),
        bills_through=reach.bills,
        previous_closed=previous_closed,
        use=use,
        tokens=tokens,
        sharing=sharing_by_workload(devices, owners),
        gaps=known_gaps,
        refused=claims.refused,
        contests=contests,
        recharges=ledger.entries(period.window, Component.RECHARGE) if any(s.meter for s in declared.sources) else (),
        refused_meters=meters(declared, claims).refused,
        unclaimed=largest(by_subject, currency),
    )
    others = sorted({*currencies(declared.units, currency).values()} - {currency})
    return replace(
        _with_months_before(facts, read, standing),
        elsewhere={other: _elsewhere(facts, other, read, standing) for other in others},
    )


def exchange_of(declared: Declarations, totals: tuple[Total, ...]) -> Exchange:
    """The price book's; without a book the currency is that of the first amount, and there are no rates."""
    return Exchange(currency_of(declared, totals), declared.prices.exchange_rates if declared.prices else ())


def _elsewhere(facts: Facts, currency: str, read: Totals, standing: Facts | None) -> Facts:
    """The same facts in another currency, in which other amounts may have no rate."""
    totals = read.over(facts.period.window, currency)
    gaps = tuple(gap for gap in facts.gaps if gap.reason is not GapReason.NO_EXCHANGE_RATE)
    day = facts.last_day
    over = day_of(instant(f"{day.date}T00:00:00Z"))
    told = replace(
        facts,
        currency=currency,
        totals=totals,
        gaps=(*gaps, *foreign(totals, currency, facts.covered_from)),
        last_day=replace(day, totals=read.over(over, currency)),
    )
    return _with_months_before(told, read, standing.elsewhere.get(currency) if standing else None)


def _with_months_before(facts: Facts, read: Totals, standing: Facts | None) -> Facts:
    """The facts with the months before theirs: as they stand, or read."""
    known = {} if standing is None else {**standing.earlier, facts.period.previous: standing.previous}
    months = {
        month: known[month] if month in known else read.over(month.window, facts.currency)
        for month in {*_budgeted(facts.declared, facts.period), facts.period.previous}
    }
    previous = months[facts.period.previous]
    budgeted = _budgeted(facts.declared, facts.period)
    return replace(facts, previous=previous, earlier={month: months[month] for month in budgeted})


def _budgeted(declared: Declarations, period: Period) -> tuple[Period, ...]:
    """The months before this one that the longest budget of any unit counts."""
    spans = {unit.budget_span for unit in declared.units if unit.budget_nanos is not None}
    return max((span.months(period)[:-1] for span in spans), key=len, default=())


def _by_subject(read: Totals, period: Period, totals: tuple[Total, ...], currency: str) -> tuple[Total, ...]:
    """What is parked or unclaimed, by what caused it; asked for only where there is any."""
    kinds = (OwnerKind.PARKED, OwnerKind.UNCLAIMED)
    if not any(total.owner.kind in kinds and (total.quantity or total.nanos) for total in totals):
        return ()
    found = read.over(period.window, currency, by_subject=True)
    return tuple(total for total in found if total.owner.kind in kinds and total.currency in ("", currency))


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


def _parked(by_subject: tuple[Total, ...], owners: Mapping[str, Owner], since: Instant) -> tuple[Gap, ...]:
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
            f"{decimal(amount)} are parked: pods held more cards than their node has",
            workload=workload,
            unit=None if workload else UNALLOCATED,
        )
        for workload, amount in sorted(nanos.items(), key=lambda item: str(item[0]))
    )


def _last_day(read: Totals, currency: str, reach: Reach, gaps: tuple[Gap, ...]) -> LastDay:
    end = floor(reach.until, DAY)
    day = Window(Instant(end - DAY), end)
    late = reach.until < end + reach.bill_settles_after * HOUR or reach.settled < end
    incomplete = any(gap.hides_cost for gap in gaps) or any(through < end for through in reach.bills.values())
    unknown = within(reach.covered, day) != (day,)
    totals = tuple(total for total in read.over(day, currency) if total.component is not Component.CORRECTION)
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
