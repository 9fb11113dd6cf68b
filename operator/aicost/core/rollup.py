"""Statements of business units, sources and the price book: sums over many owners, by the same rules as a workload's."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from aicost.core.claims import Refused
from aicost.core.cost import Cost, by_workload, cost_of
from aicost.core.declarations import Source, Unit, Workload
from aicost.core.gaps import Gap
from aicost.core.identity import UNALLOCATED, WorkloadRef
from aicost.core.ledger import Component, OwnerKind, Total
from aicost.core.meters import RefusedMeter
from aicost.core.recharge import server_in
from aicost.core.statement import Facts, State, state_of
from aicost.core.window import Instant


@dataclass(frozen=True, slots=True)
class UnitStatement:
    """What a unit cost: its own lines, its children's, and for `unallocated` its three pools in nano-units."""

    name: str
    unit: Unit | None
    own: Cost
    children: Cost
    last_day_nanos: int
    previous_nanos: int
    pools: Mapping[OwnerKind, int]
    workloads: tuple[tuple[WorkloadRef, int], ...]
    gaps: tuple[Gap, ...]
    cyclic: bool
    state: State

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

    A meter bills nothing; `recharge` says what it moved.
    """

    source: Source
    billed: int
    unclaimed: int
    through: Instant | None
    gaps: tuple[Gap, ...]
    refused: tuple[Refused, ...]
    state: State
    recharge: RechargeStatement | None = None


@dataclass(frozen=True, slots=True)
class PoolStatement:
    """One GPU model of the cluster: its card time in the month, and its cost or None where it has no price."""

    pool: str
    card_microseconds: int
    nanos: int | None


def unit_statements(facts: Facts) -> tuple[UnitStatement, ...]:
    """One statement for each unit that is declared or owns a line, and for `unallocated`; by name."""
    units: dict[str, Unit | None] = dict.fromkeys({UNALLOCATED, *(total.owner.unit for total in facts.totals)})
    units.update({unit.name: unit for unit in facts.declared.units})
    below = _descendants(facts.declared.units)
    return tuple(_unit(facts, name, unit, below.get(name, frozenset())) for name, unit in sorted(units.items()))


def _unit(facts: Facts, name: str, unit: Unit | None, below: frozenset[str]) -> UnitStatement:
    cyclic = name in below
    beneath = frozenset() if cyclic else below
    mine = [total for total in facts.totals if total.owner.unit == name]
    own = cost_of(mine, facts.currency)
    children = cost_of((t for t in facts.totals if t.owner.unit in beneath), facts.currency)
    reserved = name == UNALLOCATED
    budget = unit.budget_nanos if unit else None
    both = {name} | beneath
    workloads = [workload for workload in facts.declared.workloads if workload.unit in both]
    gaps = tuple(gap for gap in facts.gaps if _concerns(gap, both, workloads, reserved=reserved))
    return UnitStatement(
        name=name,
        unit=unit,
        own=own,
        children=children,
        last_day_nanos=cost_of((t for t in facts.last_day.totals if t.owner.unit in both), facts.currency).total,
        previous_nanos=cost_of((t for t in facts.previous if t.owner.unit in both), facts.currency).total,
        pools=_pools(mine, facts.currency) if reserved else {},
        workloads=_largest(mine, facts.currency),
        gaps=gaps,
        cyclic=cyclic,
        state=state_of((own + children).total, budget, gaps, conflict=cyclic, denied=False),
    )


def _concerns(gap: Gap, units: frozenset[str] | set[str], workloads: list[Workload], *, reserved: bool) -> bool:
    """A unit is told what its own and its descendants' workloads are told; `unallocated` also what is nobody's."""
    if gap.unit:
        return gap.unit in units
    return (reserved and not gap.workload) or any(gap.concerns(workload) for workload in workloads)


def _descendants(units: Iterable[Unit]) -> Mapping[str, frozenset[str]]:
    """All units beneath each unit; a unit beneath itself is in its own set."""
    children: dict[str, set[str]] = defaultdict(set)
    for unit in units:
        if unit.parent:
            children[unit.parent].add(unit.name)
    return {name: _reachable(name, children) for name in list(children)}


def _reachable(name: str, children: Mapping[str, set[str]]) -> frozenset[str]:
    found: set[str] = set()
    ahead = list(children.get(name, ()))
    while ahead:
        child = ahead.pop()
        if child not in found:
            found.add(child)
            ahead.extend(children.get(child, ()))
    return frozenset(found)


def _pools(totals: Iterable[Total], currency: str) -> Mapping[OwnerKind, int]:
    by_kind: dict[OwnerKind, list[Total]] = defaultdict(list)
    for total in totals:
        by_kind[total.owner.kind].append(total)
    kinds = (OwnerKind.IDLE, OwnerKind.UNCLAIMED, OwnerKind.PARKED)
    return {kind: cost_of(by_kind[kind], currency).total for kind in kinds}


def _largest(totals: Iterable[Total], currency: str) -> tuple[tuple[WorkloadRef, int], ...]:
    costs = {ref: cost_of(of, currency).total for ref, of in by_workload(totals).items()}
    return tuple(sorted(costs.items(), key=lambda item: (-item[1], item[0])))


def source_statements(facts: Facts) -> tuple[SourceStatement, ...]:
    """One statement for each declared source, in the order of declaration."""
    return tuple(_source(facts, source) for source in facts.declared.sources)


def _source(facts: Facts, source: Source) -> SourceStatement:
    billed = [t for t in facts.totals if t.component is Component.TOKENS and t.pool == source.name]
    unclaimed = [t for t in billed if t.owner.kind is OwnerKind.UNCLAIMED]
    gaps = tuple(gap for gap in facts.gaps if gap.source == source.name)
    return SourceStatement(
        source=source,
        billed=cost_of(billed, facts.currency).total,
        unclaimed=cost_of(unclaimed, facts.currency).total,
        through=facts.bills_through.get(source.name),
        gaps=gaps,
        refused=tuple(r for r in facts.refused if r.claim and r.claim.source == source.name),
        state=State.PARTIAL if gaps else State.OK,
        recharge=_recharge(facts, source) if source.meter else None,
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
    """One statement for each GPU model that the cluster had in the month, and for the part of it without a price."""
    pools: dict[tuple[str, bool], list[Total]] = defaultdict(list)
    for total in facts.totals:
        if total.component is Component.GPU and total.quantity:
            pools[total.pool, total.gap is None].append(total)
    return tuple(
        PoolStatement(pool, sum(t.quantity for t in of), cost_of(of, facts.currency).total if priced else None)
        for (pool, priced), of in sorted(pools.items())
    )
