"""What workloads' token cost was for: by customer and by model, as far as bills tell."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from aicost.core.declarations import Dimensions, Workload
from aicost.core.identity import WorkloadRef
from aicost.core.ledger import Component, Entry, Key
from aicost.core.refining import item

MOST = 10
UNDECLARED = "undeclared"
OTHER = "other"
Ranking: TypeAlias = tuple[tuple[str, int], ...]
_Named: TypeAlias = Mapping[WorkloadRef, Mapping[str, int]]


@dataclass(frozen=True, slots=True)
class Causes:
    """Nano-units of each workload's customers and models by name, in one currency; what has no name is not here."""

    currency: str = ""
    customers: _Named = field(default_factory=dict)
    models: _Named = field(default_factory=dict)


def causes(entries: Iterable[Entry], currency: str) -> Causes:
    """Of bill rows in a currency; the same rows give the same, in any order."""
    customers: dict[WorkloadRef, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    models: dict[WorkloadRef, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for entry in entries:
        if entry.origin.component is not Component.TOKENS:
            continue
        dimensions = _dimensions(entry.origin.key)
        customer, model = dict(dimensions).get("customer", ""), item(dimensions)[0]
        for line in entry.lines:
            if line.owner.workload and line.amount and line.amount.currency == currency:
                customers[line.owner.workload][customer] += line.amount.nanos
                models[line.owner.workload][model] += line.amount.nanos
    return Causes(currency, _known(customers), _known(models))


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


def _dimensions(key: Key) -> Dimensions:
    """A bill row's key ends with what it is of."""
    return frozenset((name, value) for name, _, value in (part.partition("=") for part in key[3:]))


def _known(found: Mapping[WorkloadRef, Mapping[str, int]]) -> _Named:
    return {of: {name: nanos for name, nanos in named.items() if name} for of, named in found.items()}
