"""What units and workloads cost on every basis, by the same sums as their statuses.

Incurred, charged and used; cash is what is charged, amortised the same with trainings when they are used up.
Of a closed month the lines stand, and so does what its closing charged: no declaration of today is asked.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Container, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from aicost.core.cost import Cost, card_time, cost_of, used
from aicost.core.identity import WorkloadRef
from aicost.core.issued import Issued, UnitCharge
from aicost.core.ledger import Total, Use
from aicost.core.rollup import unit_statements
from aicost.core.spreading import moved
from aicost.core.statement import Facts, use_by_workload, workload_statements
from aicost.core.training import Moved, Spread


@dataclass(frozen=True, slots=True)
class Basis:
    """A unit by itself, children apart and after distribution, or a workload of it: amounts in nano-units.

    `used` is None where nobody knows, and of units. `invested` is what of the charge bought trainings, `amortised` what was
    used up of trainings in the month to date; of units both are after distribution, too.
    """

    unit: str
    workload: WorkloadRef | None
    currency: str
    cost: Cost
    used: int | None = None
    invested: int = 0
    amortised: int = 0


def unit_bases(facts: Facts) -> tuple[Basis, ...]:
    """Every unit that is declared or owns a line, by name. What all are charged sums to all lines of their currency."""
    told = {each.name: Basis(each.name, None, each.currency, each.own) for each in unit_statements(facts)}
    spreads = tuple(_spreads(facts, {}))
    everything: tuple[tuple[str, Spread | Moved], ...] = (*spreads, *moved(facts, spreads))
    for currency, spread in everything:
        known = told.get(spread.unit, Basis(spread.unit, None, currency, Cost()))
        told[spread.unit] = _spread(known, spread)
    return tuple(told[name] for name in sorted(told))


def workload_bases(facts: Facts) -> tuple[Basis, ...]:
    """Every declared workload as its status tells it, and every one that is gone in the unit where it was, by name."""
    units = {workload.ref: workload.unit for workload in facts.declared.workloads}
    told = {
        (s.workload.ref, s.workload.unit): Basis(s.workload.unit, s.workload.ref, s.currency, s.cost, s.used)
        for s in workload_statements(facts)
    }
    told |= {(ref, basis.unit): basis for ref, basis in _gone(facts, units.keys())}
    for currency, spread in _spreads(facts, units):
        of = (spread.workload, spread.unit)
        told[of] = _spread(told.get(of, Basis(spread.unit, spread.workload, currency, Cost(), used=0)), spread)
    return _by_name(told.values())


def _gone(facts: Facts, known: Container[WorkloadRef]) -> Iterator[tuple[WorkloadRef, Basis]]:
    gone: dict[tuple[WorkloadRef, str, str], list[Total]] = defaultdict(list)
    for view in (facts, *facts.elsewhere.values()):
        for total in view.totals:
            if total.owner.workload and total.owner.workload not in known:
                gone[total.owner.workload, total.owner.unit, view.currency].append(total)
    use, views = use_by_workload(facts.use), facts.views()
    for (ref, unit, currency), mine in gone.items():
        if views.get(unit, facts).currency == currency:
            cost = cost_of(mine, currency)
            yield ref, Basis(unit, ref, currency, cost, used(cost, use.get(ref), card_time(mine)))


def _spreads(facts: Facts, units: Mapping[WorkloadRef, str]) -> Iterator[tuple[str, Spread]]:
    """All, each in the currency of its unit: that of `units`, where the workload has one there."""
    views = facts.views()
    for view in (facts, *facts.elsewhere.values()):
        for spread in view.trained.spreads():
            unit = units.get(spread.workload, spread.unit)
            if views.get(unit, facts).currency == view.currency:
                yield view.currency, replace(spread, unit=unit)


def _spread(basis: Basis, spread: Spread | Moved) -> Basis:
    invested, amortised = basis.invested + spread.invested, basis.amortised + spread.amortised
    return replace(basis, invested=invested, amortised=amortised)


def issued_units(issued: Issued, totals: Mapping[str, Iterable[Total]]) -> tuple[Basis, ...]:
    """Every unit that was charged when a month was closed, by name; `totals` are its lines in each currency, by then's rates.

    What distribution moved is told net, as far as it is not re-charged: a closing keeps what units carry, not each step.
    """
    mine: dict[tuple[str, str], list[Total]] = defaultdict(list)
    for currency, of in totals.items():
        for total in of:
            mine[total.owner.unit, currency].append(total)
    told = {
        of.unit: Basis(of.unit, None, of.currency, _carried(cost_of(mine[of.unit, of.currency], of.currency), of))
        for of in issued.units
    }
    spreads: tuple[tuple[str, Spread | Moved], ...] = (*(issued.spreads or ()), *issued.moved)
    for currency, spread in spreads:
        known = told.get(spread.unit, Basis(spread.unit, None, issued.book, Cost()))
        if known.currency == currency:
            told[spread.unit] = _spread(known, spread)
    return tuple(told[name] for name in sorted(told))


def issued_workloads(issued: Issued, totals: Mapping[str, Iterable[Total]], use: Iterable[Use]) -> tuple[Basis, ...]:
    """Every workload that was charged when a month was closed, in each unit where it was, by name."""
    observed, charged = use_by_workload(use), issued.by_workload()
    mine: dict[tuple[WorkloadRef, str], list[Total]] = defaultdict(list)
    for currency, of in totals.items():
        for total in of:
            ref = total.owner.workload
            if ref and ref in charged and charged[ref].currency == currency:
                mine[ref, total.owner.unit].append(total)
    told = {}
    for (ref, unit), of in mine.items():
        currency = charged[ref].currency
        cost = cost_of(of, currency)
        told[ref, unit] = Basis(unit, ref, currency, cost, used(cost, observed.get(ref), card_time(of)))
    for currency, spread in issued.spreads or ():
        ref, unit = spread.workload, spread.unit
        if currency == (charged[ref].currency if ref in charged else issued.unit_currency(unit)):
            told[ref, unit] = _spread(told.get((ref, unit), Basis(unit, ref, currency, Cost(), used=0)), spread)
    return _by_name(told.values())


def _by_name(told: Iterable[Basis]) -> tuple[Basis, ...]:
    return tuple(sorted(told, key=lambda basis: (str(basis.workload), basis.unit)))


def _carried(cost: Cost, charge: UnitCharge) -> Cost:
    moved = charge.own - cost.total
    return replace(cost, passed_on=cost.passed_on - min(moved, 0), received=cost.received + max(moved, 0))
