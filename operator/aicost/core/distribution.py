"""Distribution: how units pass pools of their own cost on to others, whenever a statement is made; never in the ledger.

One pass: everything is worked out from what units cost before any of it, so that what is received is not passed on
again, circles are harmless and order plays no part.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias

from aicost.core.identity import UNALLOCATED
from aicost.core.ledger import Certainty, OwnerKind, Total
from aicost.core.money import split
from aicost.core.reasons import ConditionReason

WHOLE = 1_000_000
"""A pool in parts per million: a percentage has 4 decimals at most, so each is a whole number of them."""


class Pool(StrEnum):
    """The parts of a unit's own cost that may be passed on: of its workloads, idle capacity, what nobody claims."""

    OWN = "Own"
    IDLE = "Idle"
    UNCLAIMED = "Unclaimed"


class Method(StrEnum):
    """How a pool is divided."""

    KEEP = "Keep"
    EVEN = "Even"
    PROPORTIONAL = "Proportional"
    FIXED = "Fixed"


@dataclass(frozen=True, slots=True)
class Distribution:
    """What a unit declares for one pool. `to` are receivers with their parts of `WHOLE`, which only `FIXED` looks at."""

    pool: Pool
    method: Method
    to: tuple[tuple[str, int], ...] = ()

    def __post_init__(self) -> None:
        if any(part < 0 for _, part in self.to) or sum(part for _, part in self.to) > WHOLE:
            raise ValueError("receivers get 100 percent at most, and none less than nothing")


@dataclass(frozen=True, slots=True)
class Transfer:
    """What one unit passes on to another, of one pool and certainty, in nano-units; negative for credits."""

    giver: str
    receiver: str
    pool: Pool
    certainty: Certainty
    nanos: int


@dataclass(frozen=True, slots=True)
class Undistributed:
    """A pool that stays where it is although its unit declares otherwise, and why."""

    unit: str
    pool: Pool
    reason: ConditionReason
    message: str


@dataclass(frozen=True, slots=True)
class Distributed:
    """What moves, and what does not although it should."""

    transfers: tuple[Transfer, ...] = ()
    undistributed: tuple[Undistributed, ...] = ()


_POOLS = {
    OwnerKind.WORKLOAD: Pool.OWN,
    OwnerKind.RESERVED: Pool.IDLE,
    OwnerKind.IDLE: Pool.IDLE,
    OwnerKind.UNIT: Pool.UNCLAIMED,
    OwnerKind.UNCLAIMED: Pool.UNCLAIMED,
}
"""What is parked is in no pool: it stays where it is until its numbers are put right."""
_Pot: TypeAlias = Mapping[Certainty, int]


def distribute(totals: Iterable[Total], declared: Mapping[str, Iterable[Distribution]], currency: str) -> Distributed:
    """Divide the pools of the `declared` units, by name, as they ask for; amounts in other currencies stay.

    A pool is divided certainty by certainty, exactly: each part is within one nano-unit of its share (money.split).
    """
    pots, own = _pots(totals, currency)
    transfers: list[Transfer] = []
    undistributed: list[Undistributed] = []
    for giver in sorted(declared):
        for rule in sorted(declared[giver], key=lambda rule: rule.pool):
            pot = pots.get((giver, rule.pool), {})
            shares = _shares(giver, rule, own, declared.keys(), is_empty=not any(pot.values()))
            if isinstance(shares, Undistributed):
                undistributed.append(shares)
            else:
                transfers.extend(_parts(giver, rule.pool, pot, shares))
    return Distributed(tuple(transfers), tuple(undistributed))


def moved_as_own(
    amounts: Mapping[str, int],
    totals: Iterable[Total],
    declared: Mapping[str, Iterable[Distribution]],
    currency: str,
) -> Mapping[str, int]:
    """By how much each unit's amount changes where amounts go the way of the pool Own; all changes sum to 0, exactly.

    They are divided by what the `totals` cost, as these are.
    """
    _, own = _pots(totals, currency)
    changes: dict[str, int] = defaultdict(int)
    mine = (each for each in sorted(declared) if each in amounts)
    rules = ((giver, rule) for giver in mine for rule in declared[giver] if rule.pool is Pool.OWN)
    for giver, rule in rules:
        shares = _shares(giver, rule, own, declared.keys(), is_empty=False)
        for name, nanos in () if isinstance(shares, Undistributed) else _divided(amounts[giver], shares):
            changes[giver] -= nanos
            changes[name] += nanos
    return changes


def _pots(totals: Iterable[Total], currency: str) -> tuple[Mapping[tuple[str, Pool], _Pot], Mapping[str, int]]:
    """The pools of every unit by certainty, and each unit's own cost."""
    pots: dict[tuple[str, Pool], dict[Certainty, int]] = defaultdict(lambda: defaultdict(int))
    own: dict[str, int] = defaultdict(int)
    for total in totals:
        if total.gap is None and total.currency == currency:
            own[total.owner.unit] += total.nanos
            if pool := _POOLS.get(total.owner.kind):
                pots[total.owner.unit, pool][total.certainty] += total.nanos
    return pots, own


def _shares(
    giver: str, rule: Distribution, own: Mapping[str, int], units: Collection[str], *, is_empty: bool
) -> Mapping[str, int] | Undistributed:
    """The weight of each receiver, the giver's among them where it keeps a part; nobody's where nothing is to move."""
    strange = sorted(name for name, _ in rule.to if name not in units or name in (giver, UNALLOCATED))
    if strange and rule.method is not Method.KEEP:
        message = f"{rule.pool} is kept: there is no other BusinessUnit {', '.join(strange)} of the same currency"
        return Undistributed(giver, rule.pool, ConditionReason.RECEIVER_NOT_FOUND, message)
    if is_empty or rule.method is Method.KEEP:
        return {}
    if rule.method is Method.FIXED:
        return {**dict(rule.to), giver: WHOLE - sum(part for _, part in rule.to)}
    others = (name for name in units if name not in (giver, UNALLOCATED) and own.get(name, 0) > 0)
    named = [name for name, _ in rule.to] or list(others)
    weights = {name: 1 if rule.method is Method.EVEN else max(0, own.get(name, 0)) for name in named}
    if not sum(weights.values()):
        message = f"{rule.pool} is kept: none of those who should receive it has a cost of its own"
        return Undistributed(giver, rule.pool, ConditionReason.NOTHING_TO_DIVIDE_BY, message)
    return weights


def _parts(giver: str, pool: Pool, pot: _Pot, shares: Mapping[str, int]) -> Iterator[Transfer]:
    for certainty in sorted(pot):
        for name, nanos in _divided(pot[certainty], shares):
            if nanos and name != giver:
                yield Transfer(giver, name, pool, certainty, nanos)


def _divided(nanos: int, shares: Mapping[str, int]) -> Iterator[tuple[str, int]]:
    names = sorted(shares)
    return zip(names, split(nanos, [shares[name] for name in names]) if names else (), strict=True)
