"""Issue: work out what a month charges everybody, as statements tell it, to be kept when the month is closed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from types import MappingProxyType

from aicost.core.cost import by_workload, cost_of
from aicost.core.declarations import Declarations
from aicost.core.exchange import Exchange
from aicost.core.identity import WorkloadRef
from aicost.core.issued import Issued, UnitCharge, WorkloadCharge
from aicost.core.ledger import Total
from aicost.core.rollup import unit_statements
from aicost.core.spreading import moved
from aicost.core.statement import Facts, LastDay
from aicost.core.training import Trained
from aicost.core.window import Period

NOTHING_TRAINED: Mapping[str, Trained] = MappingProxyType({})


def issue(
    period: Period,
    declared: Declarations,
    exchange: Exchange,
    totals: Mapping[str, tuple[Total, ...]],
    trained: Mapping[str, Trained] = NOTHING_TRAINED,
) -> Issued:
    """What every unit and every workload that has lines is charged, and what trainings were used up.

    `totals` are the month's in each currency that is told, `trained` what trainings cost up to its end.
    """
    start = period.window.start
    book = Facts(period, exchange.book, start, {}, declared, totals[exchange.book], LastDay("", (), settled=True))
    views = {currency: replace(book, currency=currency, totals=of) for currency, of in totals.items()}
    elsewhere = {currency: view for currency, view in views.items() if currency != exchange.book}
    facts = replace(book, elsewhere=elsewhere)
    units = (UnitCharge(of.name, of.currency, of.own.total, of.total.total) for of in unit_statements(facts))
    workloads = tuple(sorted(_workloads(facts, views.values())))
    spreads = tuple(sorted((currency, each) for currency, of in trained.items() for each in of.spreads_in(period)))
    change = tuple(sorted(moved(facts, spreads)))
    return Issued(exchange.book, exchange.rates, tuple(sorted(units)), workloads, spreads, change)


def _workloads(facts: Facts, views: Iterable[Facts]) -> Iterator[WorkloadCharge]:
    homes = _homes(facts)
    for view in views:
        for ref, of in by_workload(view.totals).items():
            if homes.get(ref, facts.currency) == view.currency:
                yield WorkloadCharge(ref, view.currency, cost_of(of, view.currency).total)


def _homes(facts: Facts) -> Mapping[WorkloadRef, str]:
    """In which currency each workload is told: its unit's, also where it is gone; the book's if it was in units of several."""
    told = facts.views()
    seen: dict[WorkloadRef, set[str]] = defaultdict(set)
    for total in facts.totals:
        if total.owner.workload:
            seen[total.owner.workload].add(told.get(total.owner.unit, facts).currency)
    gone = {ref: min(of) for ref, of in seen.items() if len(of) == 1}
    return gone | {of.ref: told.get(of.unit, facts).currency for of in facts.declared.workloads}
