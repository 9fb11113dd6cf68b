"""What the model's costs come to once statements are made of them: other currencies, distribution, trainings.

As the model it shares no code with the product: exact fractions, added up from the start.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import TypeAlias

from tests.reconcile.model import DAY, Claim, Costs, Model, Part, in_october

BOOK, ABROAD, EUROS = "USD", "EUR", "e"
"""The book's currency, that of the units `IN_EUROS`, and the project whose bill is in it."""
IN_EUROS = ("find",)
UNITS, NOBODYS = ("care", "find", "shared"), "unallocated"
TUNE, DAYS_OF_NOVEMBER = "support/tune", 30
POOLS = {"workload": "Own", "reserved": "Idle", "idle": "Idle", "unclaimed": "Unclaimed"}
Amounts: TypeAlias = dict[str, Fraction]
"""Nano-units by unit."""
Used: TypeAlias = dict[tuple[str, str], tuple[Fraction, Fraction]]
"""What a workload in a unit bought of trainings and used up of them in a month to date, in nano-units."""


@dataclass(frozen=True)
class Rule:
    """How a unit passes a pool on: to some others in parts of a hundred, evenly, or by what each costs."""

    method: str
    to: tuple[tuple[str, int], ...] = ()


@dataclass
class Terms:
    """What is declared of statements: euros in dollars from days on, who passes on what, how long a training lasts."""

    rates: dict[int, Fraction] = field(default_factory=dict)
    rules: dict[tuple[str, str], Rule] = field(default_factory=dict)
    months: int = 1

    def rate(self, day: int) -> Fraction | None:
        """What a euro is worth on a day, if anybody has said."""
        begun = [since for since in self.rates if since <= day]
        return self.rates[max(begun)] if begun else None


def charged(costs: Costs, terms: Terms) -> dict[str, Amounts]:
    """November's charges in each currency: of every unit that is told in it."""
    return {name: _charged(_own(costs, terms, name), terms, name) for name in (BOOK, ABROAD)}


def _own(costs: Costs, terms: Terms, currency: str) -> dict[tuple[str, str], Fraction]:
    """What each unit and pool costs by itself; what has no rate is left out."""
    own: dict[tuple[str, str], Fraction] = defaultdict(Fraction)
    for part, (nanos, _) in costs.items():
        kind, unit, _ = part[3]
        if not in_october(part) or part[0] == "correction":
            own[unit, POOLS[kind]] += _converted(part, nanos, terms, currency)
    return own


def _converted(part: Part, nanos: Fraction, terms: Terms, currency: str) -> Fraction:
    billed, rate = ABROAD if part[2] == EUROS else BOOK, terms.rate(part[1] // DAY)
    if billed == currency:
        return nanos
    if rate is None or part[0] == "correction":  # booked on a day that only the ledger knows; none is told abroad
        return Fraction(0)
    return nanos * rate if currency == BOOK else nanos / rate


def _charged(own: Mapping[tuple[str, str], Fraction], terms: Terms, currency: str) -> Amounts:
    """One pass: all by what units cost before any of it."""
    units = [unit for unit in (*UNITS, NOBODYS) if (unit in IN_EUROS) is (currency == ABROAD)]
    before = {unit: sum((nanos for (of, _), nanos in own.items() if of == unit), Fraction(0)) for unit in units}
    after = dict(before)
    for (giver, pool), rule in terms.rules.items():
        pot, weights = own.get((giver, pool), Fraction(0)), _weights(giver, rule, before)
        if giver in units and pot:
            for receiver, weight in weights.items():
                part = pot * weight / sum(weights.values())
                after[giver] -= part
                after[receiver] += part
    return after


def _weights(giver: str, rule: Rule, before: Amounts) -> Mapping[str, Fraction]:
    if rule.method == "Fixed":
        given = sum(part for _, part in rule.to)
        return {**{unit: Fraction(part) for unit, part in rule.to}, giver: Fraction(100 - given)}
    others = [unit for unit in before if unit not in (giver, NOBODYS) and before[unit] > 0]
    return {unit: before[unit] if rule.method == "Proportional" else Fraction(1) for unit in others}


def used_up(model: Model, costs: Costs, now: int) -> Used:
    """What the training cost in November to date, and who used up which of October's cost, day by complete day."""
    bought: dict[tuple[str, str], Fraction] = defaultdict(Fraction)
    used: dict[tuple[str, str], Fraction] = defaultdict(Fraction)
    for part, (nanos, _) in costs.items():
        _, unit, workload = part[3]
        if workload == TUNE and not in_october(part):
            bought[workload, unit] += nanos
        elif workload == TUNE:
            for day in range(now // DAY):
                users = _users(model.claims, day) or [(workload, unit)]
                for user in users:
                    used[user] += nanos / model.months / DAYS_OF_NOVEMBER / len(users)
    return {of: (bought[of], used[of]) for of in {*bought, *used} if bought[of] or used[of]}


def _users(claims: Sequence[Claim], day: int) -> list[tuple[str, str]]:
    """Who named the training when the day began, else the first who did later; of several edits of a day the last counts."""
    last = {(of.namespace, of.name, of.since // DAY): of for of in claims if of.unit}
    lasting = [of for of in claims if not of.unit or of is last[of.namespace, of.name, of.since // DAY]]
    for when in (day * DAY, *sorted(of.since for of in lasting if of.since > day * DAY)):
        standing = {(of.namespace, of.name): of for of in lasting if of.since <= when}
        if users := [(f"{of.namespace}/{of.name}", of.unit) for of in standing.values() if of.unit and of.trained]:
            return users
    return []
