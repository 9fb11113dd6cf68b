"""What workloads' token cost was for: by customer and by model, as far as bills tell."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from aicost.core.bills import customer_of, dimensions_of
from aicost.core.declarations import Workload
from aicost.core.identity import WorkloadRef
from aicost.core.ledger import Component, Entry
from aicost.core.refining import item

MOST = 10
UNDECLARED = "undeclared"
OTHER = "other"
Ranking: TypeAlias = tuple[tuple[str, int], ...]
_Named: TypeAlias = Mapping[WorkloadRef, Mapping[str, int]]


@dataclass(frozen=True, slots=True)
class Causes:
    """Nano-units of each workload's customers and models by name, in one currency; what has no name is not here.

    `within` are the same in each unit that the workload had them in, customers and models; the empty name is what has none.
    """

    currency: str = ""
    customers: _Named = field(default_factory=dict)
    models: _Named = field(default_factory=dict)
    within: Mapping[tuple[str, WorkloadRef], tuple[Mapping[str, int], Mapping[str, int]]] = field(default_factory=dict)


def causes(entries: Iterable[Entry], currency: str) -> Causes:
    """Of bill rows in a currency; the same rows give the same, in any order."""
    customers, models = _counter(), _counter()
    for entry in entries:
        if entry.origin.component is not Component.TOKENS:
            continue
        dimensions = dimensions_of(entry.origin.key)
        customer, model = dict(dimensions).get("customer", ""), item(dimensions)[0]
        for line in entry.lines:
            if line.owner.workload and line.amount and line.amount.currency == currency:
                whose = line.owner.unit, line.owner.workload
                customers[whose][customer_of(line) or customer] += line.amount.nanos
                models[whose][model] += line.amount.nanos
    return _causes(customers, models, currency)


def together(parts: Iterable[Causes], currency: str) -> Causes:
    """The causes of several parts of the time, all in one currency, as those of all of it."""
    customers, models = _counter(), _counter()
    for part in parts:
        for whose, sides in part.within.items():
            for into, named in zip((customers[whose], models[whose]), sides, strict=True):
                for name, nanos in named.items():
                    into[name] += nanos
    return _causes(customers, models, currency)


def _causes(customers: dict[Any, dict[str, int]], models: dict[Any, dict[str, int]], currency: str) -> Causes:
    within = {whose: (dict(customers[whose]), dict(models[whose])) for whose in customers}
    return Causes(currency, _known(customers), _known(models), within)


@dataclass(frozen=True, slots=True)
class Top:
    """What a workload's token cost was for, in rankings that each sum to it."""

    customers: Ranking
    features: Ranking
    models: Ranking


def top(found: Causes, workload: Workload, tokens: int) -> Top | None:
    """Of `tokens` nano-units in the currency of the causes; None where there is no token cost.

    Usage names no features yet: all of it counts to the declared one.
    """
    customers, models = found.customers.get(workload.ref, {}), found.models.get(workload.ref, {})
    if not (tokens or customers or models):
        return None
    return Top(
        customers=ranked(customers, tokens, workload.customer or UNDECLARED),
        features=ranked({}, tokens, workload.feature or UNDECLARED),
        models=ranked(models, tokens),
    )


def tops(found: Causes, workloads: Iterable[Workload], tokens: Mapping[str, int]) -> Mapping[str, Top]:
    """Of each unit what the token cost of its workloads was for; `tokens` is theirs by unit, in the causes' currency.

    What names nobody counts to what the workload declares; of one that is deleted nobody knows that.
    """
    declared = {workload.ref: workload for workload in workloads}
    customers, features, models = _counter(), _counter(), _counter()
    for (unit, ref), (by_customer, by_model) in found.within.items():
        workload = declared.get(ref)
        for name, nanos in by_customer.items():
            customers[unit][name or (workload.customer if workload else "")] += nanos
            features[unit][workload.feature if workload else ""] += nanos
        for name, nanos in by_model.items():
            models[unit][name] += nanos
    return {
        unit: Top(
            *(
                ranked({name: nanos for name, nanos in of[unit].items() if name}, total)
                for of in (customers, features, models)
            )
        )
        for unit, total in tokens.items()
        if unit in customers
    }


def ranked(named: Mapping[str, int], total: int, default: str = UNDECLARED) -> Ranking:
    """The ten largest, what all others are, and what nobody is named for; they sum to the total.

    What has no name counts to `default`, which may be one of the named.
    """
    amounts = dict(named)
    unnamed = total - sum(amounts.values())
    if default in amounts:
        amounts[default] += unnamed
        unnamed = 0
    rows = sorted(amounts.items(), key=lambda row: (-row[1], row[0]))
    rest = sum(nanos for _, nanos in rows[MOST:])
    more = [(name, nanos) for name, nanos in ((OTHER, rest), (default, unnamed)) if nanos]
    return (*rows[:MOST], *more)


def _counter() -> dict[Any, dict[str, int]]:
    return defaultdict(lambda: defaultdict(int))


def _known(found: Mapping[tuple[str, WorkloadRef], Mapping[str, int]]) -> _Named:
    """By workload, whatever unit it was in; without what has no name."""
    of: dict[WorkloadRef, dict[str, int]] = _counter()
    for (_, ref), named in found.items():
        for name, nanos in named.items():
            if name:
                of[ref][name] += nanos
    return {ref: dict(named) for ref, named in of.items()}
