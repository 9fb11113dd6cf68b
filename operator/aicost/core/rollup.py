"""Statements of business units, sources and the price book: sums over many owners, by the same rules as a workload's."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from aicost.core.capture import CapturedDay
from aicost.core.causes import Top, tops
from aicost.core.charges import Charges, charges, pools
from aicost.core.claims import Refused
from aicost.core.cost import Cost, by_workload, cost_of
from aicost.core.declarations import Source, Unit, Workload
from aicost.core.distribution import Undistributed
from aicost.core.exchange import currencies
from aicost.core.gaps import Gap
from aicost.core.identity import UNALLOCATED, WorkloadRef
from aicost.core.issued import Issued
from aicost.core.ledger import Certainty, Component, OwnerKind, Total
from aicost.core.meters import RefusedMeter
from aicost.core.parents import circle, descendants
from aicost.core.recharge import server_in
from aicost.core.recommendations.savings import OpenSavings, open_savings
from aicost.core.statement import Facts, State, state_of
from aicost.core.unbilled import unbilled_of
from aicost.core.window import Instant, Period


@dataclass(frozen=True, slots=True)
class UnitStatement:
    """What a unit is charged: itself, its children, and for `unallocated` what is left of its three pools, in nano-units.

    `spent` is what counts against its budget: the whole budget's period so far, children included. `circle` is the way
    over its parents back to it, if they lead back.
    `top` ranks what the token cost of its own workloads was for. `savings` are those of all advice that is told to its own and
    its children's workloads; None where nobody looked at any.
    """

    name: str
    unit: Unit | None
    own: Cost
    children: Cost
    last_day_nanos: int
    previous_nanos: int
    pools: Mapping[OwnerKind, int]
    workloads: tuple[tuple[WorkloadRef, int], ...]
    gaps: tuple[Gap, ...]
    circle: tuple[str, ...]
    state: State
    currency: str = ""
    spent: int = 0
    undistributed: tuple[Undistributed, ...] = ()
    top: Top | None = None
    savings: OpenSavings | None = None

    @property
    def total(self) -> Cost:
        """Own and children."""
        return self.own + self.children


@dataclass(frozen=True, slots=True)
class RechargeStatement:
    """What a meter passed on from its server, and what of callers that nobody claims, who they are, largest first."""

    passed_on: int
    unclaimed: int
    unclaimed_callers: tuple[tuple[str, int], ...] = ()
    refused: RefusedMeter | None = None


@dataclass(frozen=True, slots=True)
class SourceStatement:
    """What a source billed, how much of it nobody claims, which claims on it were refused, how far its bill reaches.

    `estimated` is what its bill does not have yet, and not a part of what was billed. A meter bills nothing; `recharge` says
    what it moved. `days` are those that were billed, with what of them is claimed, or seen by a source that refines them.
    """

    source: Source
    billed: int
    unclaimed: int
    through: Instant | None
    gaps: tuple[Gap, ...]
    refused: tuple[Refused, ...]
    state: State
    recharge: RechargeStatement | None = None
    estimated: int = 0
    days: tuple[CapturedDay, ...] = ()


@dataclass(frozen=True, slots=True)
class PoolStatement:
    """One GPU model of the cluster: its card time in the month, and its cost or None where it has no price.

    `built_in` is what has a built-in list price only.
    """

    pool: str
    card_microseconds: int
    nanos: int | None
    built_in: bool = False


@dataclass(frozen=True, slots=True)
class _Books:
    """The charges of all units in one currency, span by span: each is distributed by its own costs, within the currency.

    What a closing issued stands, whatever is distributed or exchanged otherwise since.
    """

    currency: str
    issued: Mapping[Period, Issued]
    lines: Mapping[str, list[Total]]
    month: Charges
    last_day: Charges
    previous: Charges
    earlier: Mapping[Period, Charges]

    @classmethod
    def of(cls, facts: Facts, told: Mapping[str, str]) -> _Books:
        """Of facts in one currency; `told` is that of every unit."""
        units = [unit for unit in facts.declared.units if told[unit.name] == facts.currency]

        def over(totals: Iterable[Total]) -> Charges:
            return charges(totals, units, facts.currency)

        lines: dict[str, list[Total]] = defaultdict(list)
        for total in facts.totals:
            lines[total.owner.unit].append(total)
        earlier = {period: over(totals) for period, totals in facts.earlier.items()}
        month, last_day, previous = (over(of) for of in (facts.totals, facts.last_day.totals, facts.previous))
        return cls(facts.currency, facts.issued, lines, month, last_day, previous, earlier)

    def spent(self, name: str, unit: Unit | None, both: frozenset[str], period: Period) -> int:
        """What the unit and those beneath it are charged in the budget's period so far."""
        before = unit.budget_span.months(period)[:-1] if unit else ()
        months = {month: self.earlier[month] for month in before if month in self.earlier}
        return self.month.of(both).total + sum(self.then(month, of, name, both) for month, of in months.items())

    def then(self, month: Period, charged: Charges, name: str, both: frozenset[str]) -> int:
        """What the unit and those beneath it were charged in an earlier month: as it was issued, if it was."""
        kept = self.issued[month].unit(name, self.currency) if month in self.issued else None
        return charged.of(both).total if kept is None else kept


def unit_statements(facts: Facts) -> tuple[UnitStatement, ...]:
    """One statement for each unit that is declared or owns a line, and for `unallocated`; by name."""
    units: dict[str, Unit | None] = dict.fromkeys({UNALLOCATED, *(total.owner.unit for total in facts.totals)})
    units.update({unit.name: unit for unit in facts.declared.units})
    below = descendants(facts.declared.units)
    views = facts.views()
    told_in = currencies(facts.declared.units, facts.currency)
    books = {view.currency: _Books.of(view, told_in) for view in (facts, *facts.elsewhere.values())}
    told = []
    for name, unit in sorted(units.items()):
        view = views.get(name, facts)
        told.append(_unit(view, books[view.currency], name, unit, below.get(name, frozenset())))
    return _with_tops(facts, told)


def _with_tops(facts: Facts, told: list[UnitStatement]) -> tuple[UnitStatement, ...]:
    """Only in the currency of the causes; what nobody claims was for nobody who is known."""
    ranked = {
        each.name: each.own.tokens
        for each in told
        if each.name != UNALLOCATED and each.currency == facts.causes.currency
    }
    found = tops(facts.causes, facts.declared.workloads, ranked)
    return tuple(replace(each, top=found.get(each.name)) for each in told)


def _unit(facts: Facts, books: _Books, name: str, unit: Unit | None, below: frozenset[str]) -> UnitStatement:
    mine = books.lines.get(name, [])
    way = circle(name, facts.declared.units)
    beneath: frozenset[str] = frozenset() if way else below
    reserved = name == UNALLOCATED
    budget = unit.budget_nanos if unit else None
    both = beneath | {name}
    spent = books.spent(name, unit, both, facts.period)
    workloads = [workload for workload in facts.declared.workloads if workload.unit in both]
    gaps = tuple(gap for gap in facts.gaps if _concerns(gap, both, workloads, reserved=reserved))
    return UnitStatement(
        name=name,
        unit=unit,
        own=books.month.of([name]),
        children=books.month.of(beneath),
        last_day_nanos=books.last_day.of(both).total,
        previous_nanos=books.then(facts.period.previous, books.previous, name, both),
        pools=pools(mine, books.month, facts.currency) if reserved else {},
        workloads=_largest(mine, facts.currency),
        gaps=gaps,
        circle=way,
        state=state_of(spent, budget, gaps, conflict=bool(way), denied=False),
        currency=facts.currency,
        spent=spent,
        undistributed=tuple(kept for kept in books.month.distributed.undistributed if kept.unit == name),
        savings=open_savings(facts.advice[w.ref] for w in workloads if w.ref in facts.advice),
    )


def _concerns(gap: Gap, units: frozenset[str], workloads: list[Workload], *, reserved: bool) -> bool:
    """A unit is told what its own and its descendants' workloads are told; `unallocated` also what is missing of nobody's."""
    if gap.unit:
        return gap.unit in units
    return (reserved and not gap.workload and not gap.lost) or any(gap.concerns(workload) for workload in workloads)


def _largest(totals: Iterable[Total], currency: str) -> tuple[tuple[WorkloadRef, int], ...]:
    costs = {ref: cost_of(of, currency).total for ref, of in by_workload(totals).items()}
    return tuple(sorted(costs.items(), key=lambda item: (-item[1], item[0])))


def source_statements(facts: Facts) -> tuple[SourceStatement, ...]:
    """One statement for each declared source, in the order of declaration."""
    return tuple(_source(facts, source) for source in facts.declared.sources)


def _source(facts: Facts, source: Source) -> SourceStatement:
    mine = [t for t in facts.totals if t.component is Component.TOKENS and t.pool == source.name]
    billed = [t for t in mine if t.certainty is not Certainty.ESTIMATED]
    unclaimed = [t for t in billed if t.owner.kind is OwnerKind.UNCLAIMED]
    told = (gap for gap in facts.gaps if gap.source == source.name and not (gap.workload or gap.unit))
    gaps = (*told, *unbilled_of(source.name, mine, facts.covered_from))
    return SourceStatement(
        source=source,
        billed=cost_of(billed, facts.currency).total,
        unclaimed=cost_of(unclaimed, facts.currency).total,
        through=facts.bills_through.get(source.name),
        gaps=gaps,
        refused=tuple(r for r in facts.refused if r.claim and r.claim.source == source.name),
        state=State.OK if all(gap.is_notice for gap in gaps) else State.PARTIAL,
        recharge=_recharge(facts, source) if source.meter else None,
        days=facts.captures.get(source.name, ()),
        estimated=cost_of((t for t in mine if t.certainty is Certainty.ESTIMATED), facts.currency).total,
    )


def _recharge(facts: Facts, source: Source) -> RechargeStatement:
    """From the month's lines by caller: what the server was given back is what nobody claims."""
    kept: dict[str, int] = defaultdict(int)
    passed_on = 0
    for entry in facts.recharges:
        for line in entry.lines if entry.origin.pool == source.name else ():
            if line.amount is None or line.amount.currency != facts.currency or line.amount.nanos <= 0:
                continue
            if line.owner.workload == server_in(entry):
                kept[line.subject] += line.amount.nanos
            else:
                passed_on += line.amount.nanos
    ranked = sorted(kept.items(), key=lambda caller: (-caller[1], caller[0]))
    refused = next((meter for meter in facts.refused_meters if meter.source == source.name), None)
    return RechargeStatement(passed_on, sum(kept.values()), tuple(ranked), refused)


def pool_statements(facts: Facts) -> tuple[PoolStatement, ...]:
    """One statement for each GPU model that the cluster had in the month, for what of it has a built-in price only, and none."""
    pools: dict[tuple[str, bool, bool], list[Total]] = defaultdict(list)
    for total in facts.totals:
        if total.component is Component.GPU and total.quantity:
            built_in = total.gap is None and total.certainty is Certainty.ESTIMATED
            pools[total.pool, total.gap is None, built_in].append(total)
    return tuple(
        PoolStatement(
            pool, sum(t.quantity for t in of), cost_of(of, facts.currency).total if priced else None, built_in
        )
        for (pool, priced, built_in), of in sorted(pools.items())
    )
