"""From the ledger to the facts of the month that statements are made of. Reads the ledger port, decides nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from aicost.core.claims import Claims, Contest
from aicost.core.closing import Closing
from aicost.core.cost import estimated, foreign, unpriced
from aicost.core.counting import Measures
from aicost.core.coverage import reaches, within
from aicost.core.declarations import Declarations
from aicost.core.dividing import Dividing
from aicost.core.exchange import Exchange, currencies
from aicost.core.gaps import Feed, Gap
from aicost.core.holdings import Devices
from aicost.core.identity import WorkloadRef
from aicost.core.ledger import Component, Entry, Owner, OwnerKind, Total
from aicost.core.meters import meters
from aicost.core.names import Names
from aicost.core.reasons import GapReason
from aicost.core.recommendations.chosen import Told
from aicost.core.statement import Facts, LastDay, sharing_by_workload
from aicost.core.unbilled import unbilled
from aicost.core.unclaimed import largest
from aicost.core.usage import Tokens
from aicost.core.window import DAY, HOUR, Instant, Period, Window, date, day_of, floor, instant, rfc3339, window
from aicost.ports import Ledger
from aicost.reconcile.missing import Reach, contradicting, excessive, holes, parked, unobserved, unseen_hosts
from aicost.reconcile.totals import Totals
from aicost.reconcile.trainings import NO_TRAININGS, Trainings, trained

NO_BOOK = "USD"
NOTHING_DIVIDES = Dividing(())
EPOCH = Instant(0)


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


@dataclass(frozen=True, slots=True)
class Learnt:
    """What an evaluation learnt beside the ledger.

    `closings` are those of all closed months, `trainings` who trains, and `dividing` says who uses trainings up.
    """

    declared: Declarations
    reach: Reach
    devices: Devices = field(default_factory=Devices)
    gaps: tuple[Gap, ...] = ()
    tokens: Mapping[WorkloadRef, Tokens] = field(default_factory=dict)
    contests: frozenset[Contest] = frozenset()
    closings: tuple[Closing, ...] = ()
    trainings: Trainings = NO_TRAININGS
    dividing: Dividing = NOTHING_DIVIDES
    advice: Mapping[WorkloadRef, Told] = field(default_factory=dict)
    measured: Measures = field(default_factory=dict)
    names: Names = field(default_factory=dict)


def state_facts(ledger: Ledger, learnt: Learnt, standing: Facts | None = None) -> Facts:
    """The facts of the month that holds `reach.until`; `standing` are earlier ones whose months before it stand."""
    declared, reach = learnt.declared, learnt.reach
    exchange = exchange_of(declared, ledger.totals(Period.of(reach.until).window))
    read = Totals(ledger, exchange)
    facts = _with_gaps(_of_month(ledger, learnt, read), ledger, learnt, read)
    told = _with_other_currencies(_with_months_before(facts, read, standing), read, standing)
    return trained(told, learnt.trainings, read, standing, reach.until, learnt.dividing)


def _of_month(ledger: Ledger, learnt: Learnt, read: Totals) -> Facts:
    """What costs and claims say, before what is missing."""
    declared, reach, devices = learnt.declared, learnt.reach, learnt.devices
    period, claims, currency = Period.of(reach.until), Claims(declared), read.exchange.book
    since, through = _known(reach, period)
    groups = ((group.node.name, group.labels) for group in devices.groups if group.window.overlap(period.window))
    return Facts(
        period=period,
        currency=currency,
        covered_from=since,
        through=through,
        declared=declared,
        totals=read.over(period.window, currency),
        last_day=_last_day(read, currency, reach),
        bills_through=reach.bills,
        previous_closed=any(closing.period == period.previous for closing in learnt.closings),
        use=ledger.use(period.window),
        tokens=learnt.tokens,
        sharing=sharing_by_workload(devices, _owners(devices, claims)),
        refused=claims.refused,
        contests=learnt.contests,
        recharges=_recharges(ledger, declared, period),
        refused_meters=meters(declared, claims).refused,
        outbid=claims.outbid(groups),
        issued={closing.period: closing.issued for closing in learnt.closings if closing.issued},
        advice=learnt.advice,
        measured=learnt.measured,
        names=learnt.names,
    )


def _with_gaps(facts: Facts, ledger: Ledger, learnt: Learnt, read: Totals) -> Facts:
    """With all that is missing, and what nobody claims; a day of which something is missing is not settled."""
    gaps, since, totals, devices = learnt.gaps, facts.covered_from, facts.totals, learnt.devices
    by_subject = _by_subject(read, facts.period, totals, facts.currency)
    owners = _owners(devices, Claims(facts.declared))
    known_gaps = (
        *gaps,
        *holes(learnt.reach, since, gaps),
        *unpriced(totals, since),
        *parked(by_subject, owners, since),
        *contradicting(devices.groups, facts.period),
        *excessive(devices.groups, facts.declared.prices, facts.period),
        *foreign(totals, facts.currency, since),
        *unobserved(_countable(ledger, facts.period, learnt.reach), facts.use, gaps, since),
        *unseen_hosts(ledger.unseen(facts.period.window)),
        *estimated(totals, since),
        *unbilled(totals, since),
    )
    day = facts.last_day
    settled = day.settled and not any(gap.hides_cost for gap in known_gaps)
    unclaimed = largest(by_subject, facts.currency)
    return replace(facts, gaps=known_gaps, unclaimed=unclaimed, last_day=replace(day, settled=settled))


def _owners(devices: Devices, claims: Claims) -> Mapping[str, Owner]:
    """Whose each pod is, by its name."""
    return {str(held.pod): claims.pod(held.pod).owner for held in devices.holdings}


def _known(reach: Reach, period: Period) -> tuple[Instant, dict[Feed, Instant]]:
    """Since when the month is known, and how far each feed reaches."""
    since = next((known.start for known in within(reach.covered, period.window)), reach.until)
    counted = since if reach.counted is None else reach.counted
    return since, {Feed.GPU: reaches(reach.covered, since), Feed.USAGE: counted}


def _recharges(ledger: Ledger, declared: Declarations, period: Period) -> tuple[Entry, ...]:
    if not any(source.meter for source in declared.sources):
        return ()
    return ledger.entries(period.window, Component.RECHARGE)


def _with_other_currencies(facts: Facts, read: Totals, standing: Facts | None) -> Facts:
    """The facts with the same in each other currency that a unit is told in."""
    others = sorted({*currencies(facts.declared.units, facts.currency).values()} - {facts.currency})
    return replace(facts, elsewhere={other: _elsewhere(facts, other, read, standing) for other in others})


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


def _last_day(read: Totals, currency: str, reach: Reach) -> LastDay:
    end = floor(reach.until, DAY)
    day = Window(Instant(end - DAY), end)
    late = reach.until < end + reach.bill_settles_after * HOUR or reach.settled < end
    incomplete = any(through < end for through in reach.bills.values())
    unknown = within(reach.covered, day) != (day,)
    totals = tuple(total for total in read.over(day, currency) if total.component is not Component.CORRECTION)
    return LastDay(date(day.start), totals, settled=not (late or incomplete or unknown), held=not unknown)


def _countable(ledger: Ledger, period: Period, reach: Reach) -> tuple[Total, ...]:
    """The month's totals as far as use was asked for: of the hour that is still open nobody can know it."""
    asked = window(period.window.start, reach.until if reach.counted is None else reach.counted)
    return ledger.totals(asked) if asked else ()
