"""What units and workloads cost on every basis: incurred, charged and used, by the same sums as their statuses."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

from aicost.core.cost import Cost, card_time, cost_of, used
from aicost.core.identity import WorkloadRef
from aicost.core.ledger import Total
from aicost.core.rollup import unit_statements
from aicost.core.statement import Facts, use_by_workload, workload_statements


@dataclass(frozen=True, slots=True)
class Basis:
    """A unit by itself, children apart and after distribution, or a workload of it: amounts in nano-units.

    `used` is None where nobody knows, and of units.
    """

    unit: str
    workload: WorkloadRef | None
    currency: str
    cost: Cost
    used: int | None = None


def unit_bases(facts: Facts) -> tuple[Basis, ...]:
    """Every unit that is declared or owns a line, by name. What all are charged sums to all lines of their currency."""
    return tuple(Basis(each.name, None, each.currency, each.own) for each in unit_statements(facts))


def workload_bases(facts: Facts) -> tuple[Basis, ...]:
    """Every declared workload as its status tells it, and every one that is gone in the unit where it was, by name."""
    declared = [Basis(s.workload.unit, s.workload.ref, s.currency, s.cost, s.used) for s in workload_statements(facts)]
    known = {basis.workload for basis in declared}
    gone: dict[tuple[WorkloadRef, str, str], list[Total]] = defaultdict(list)
    for view in (facts, *facts.elsewhere.values()):
        for total in view.totals:
            if total.owner.workload and total.owner.workload not in known:
                gone[total.owner.workload, total.owner.unit, view.currency].append(total)
    use, views = use_by_workload(facts.use), facts.views()
    for (ref, unit, currency), mine in gone.items():
        if views.get(unit, facts).currency == currency:
            cost = cost_of(mine, currency)
            declared.append(Basis(unit, ref, currency, cost, used(cost, use.get(ref), card_time(mine))))
    return tuple(sorted(declared, key=lambda basis: (str(basis.workload), basis.unit)))
