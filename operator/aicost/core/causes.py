"""What workloads' token cost was for: by customer, by feature and by model, as far as bills and gateways tell."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from aicost.core.bills import dimensions_of, named_by_caller
from aicost.core.declarations import Workload
from aicost.core.identity import WorkloadRef
from aicost.core.ledger import Component, Entry
from aicost.core.refining import item

MOST = 10
UNDECLARED = "undeclared"
OTHER = "other"
Ranking: TypeAlias = tuple[tuple[str, int], ...]
SIDES = ("customer", "feature", "model")
"""The dimensions by which token cost is told what it was for: each has all of it."""
Sides: TypeAlias = Mapping[str, Mapping[str, int]]
"""Nano-units by side and name."""
_Whose: TypeAlias = tuple[str, WorkloadRef]


@dataclass(frozen=True, slots=True)
class Causes:
    """Nano-units of each workload by side and name, in one currency; what has no name is not here.

    `within` are the same in each unit that the workload had them in; the empty name is what has none.
    """

    currency: str = ""
    named: Mapping[WorkloadRef, Sides] = field(default_factory=dict)
    within: Mapping[_Whose, Sides] = field(default_factory=dict)


def causes(entries: Iterable[Entry], currency: str) -> Causes:
    """Of bill rows in a currency; the same rows give the same, in any order. What a caller's gateway names of it counts first."""
    found = _counter()
    for entry in entries:
        if entry.origin.component is not Component.TOKENS:
            continue
        dimensions = dimensions_of(entry.origin.key)
        row = dict(dimensions) | {"model": item(dimensions)[0]}
        for line in entry.lines:
            if line.owner.workload and line.amount and line.amount.currency == currency:
                told = row | named_by_caller(line)
                for side in SIDES:
                    found[line.owner.unit, line.owner.workload][side][told.get(side, "")] += line.amount.nanos
    return _causes(found, currency)


def together(parts: Iterable[Causes], currency: str) -> Causes:
    """The causes of several parts of the time, all in one currency, as those of all of it."""
    found = _counter()
    for whose, sides in (each for part in parts for each in part.within.items()):
        _add(found[whose], sides)
    return _causes(found, currency)


def _causes(found: Mapping[_Whose, Sides], currency: str) -> Causes:
    named = _counter()
    for (_, ref), sides in found.items():
        _add(named[ref], {side: {name: nanos for name, nanos in of.items() if name} for side, of in sides.items()})
    told = {ref: _plain(sides) for ref, sides in named.items() if any(sides.values())}
    return Causes(currency, told, {whose: _plain(sides) for whose, sides in found.items()})


def _add(into: Mapping[str, dict[str, int]], sides: Sides) -> None:
    for side, named in sides.items():
        for name, nanos in named.items():
            into[side][name] += nanos


def _plain(sides: Sides) -> Sides:
    return {side: dict(named) for side, named in sides.items() if named}


@dataclass(frozen=True, slots=True)
class Top:
    """What a workload's token cost was for, in rankings that each sum to it."""

    customers: Ranking
    features: Ranking
    models: Ranking


def top(found: Causes, workload: Workload, tokens: int) -> Top | None:
    """Of `tokens` nano-units in the currency of the causes; None where there is no token cost.

    What names no customer or feature counts to the declared one.
    """
    named = found.named.get(workload.ref, {})
    if not (tokens or named):
        return None
    return Top(
        customers=ranked(named.get("customer", {}), tokens, workload.customer or UNDECLARED),
        features=ranked(named.get("feature", {}), tokens, workload.feature or UNDECLARED),
        models=ranked(named.get("model", {}), tokens),
    )


def tops(found: Causes, workloads: Iterable[Workload], tokens: Mapping[str, int]) -> Mapping[str, Top]:
    """Of each unit what the token cost of its workloads was for; `tokens` is theirs by unit, in the causes' currency.

    What names nobody counts to what the workload declares; of one that is deleted nobody knows that.
    """
    declared = {of.ref: {"customer": of.customer, "feature": of.feature} for of in workloads}
    units = _counter()
    for (unit, ref), sides in found.within.items():
        default = declared.get(ref, {})
        for side, named in sides.items():
            for name, nanos in named.items():
                units[unit][side][name or default.get(side) or ""] += nanos
    return {
        unit: Top(
            *(ranked({name: nanos for name, nanos in units[unit][side].items() if name}, total) for side in SIDES)
        )
        for unit, total in tokens.items()
        if unit in units
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


def _counter() -> dict[Any, dict[str, dict[str, int]]]:
    return defaultdict(lambda: {side: defaultdict(int) for side in SIDES})
