"""Drilling into a month: which units lie beneath one, whose parts of which origins, how an origin is named, and why a line has the part it has."""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from aicost.core.declarations import Unit
from aicost.core.identity import WorkloadRef
from aicost.core.ledger import Component, Key, Line, Origin, OwnerKind, Total
from aicost.core.parents import descendants

ID_DIGITS = 16
"""64 bits: two of a million origins share an id with a chance of one in thirty million."""

_HOW = {
    Component.GPU: "time held, at the price of the devices' share of the cards",
    Component.COMPUTE: "what was taken of the node's CPU and memory, at their price",
    Component.TOKENS: "a row of the provider's bill",
    Component.RECHARGE: "what the caller had of the server that day",
    Component.CORRECTION: "what is true now, less what was closed",
}
_WHOSE = {
    OwnerKind.WORKLOAD: "claimed by the workload",
    OwnerKind.UNIT: "no workload claims it; the unit has its namespace by default",
    OwnerKind.RESERVED: "nobody held it; the unit reserves the node",
    OwnerKind.IDLE: "nobody held it",
    OwnerKind.UNCLAIMED: "no workload claims it, and no unit has it by default",
    OwnerKind.PARKED: "its numbers contradict each other, so that it is parked whole",
}
_NOT_HELD = frozenset({OwnerKind.RESERVED, OwnerKind.IDLE})


@dataclass(frozen=True, slots=True)
class Whose:
    """Whose lines: a unit's, those of its workloads among them, or one workload's."""

    unit: str = ""
    workload: WorkloadRef | None = None

    def __post_init__(self) -> None:
        if bool(self.unit) is (self.workload is not None):
            raise ValueError("lines are asked for of either a unit or a workload")

    def __str__(self) -> str:
        return f"workload {self.workload}" if self.workload else f"unit {self.unit}"


@dataclass(frozen=True, slots=True)
class Part:
    """A line with the origin that it is a part of."""

    origin: Origin
    line: Line

    @property
    def why(self) -> str:
        """How the part was made, and why it is its owner's: the rule, in words."""
        kind = self.line.owner.kind
        if kind in _NOT_HELD:
            return _WHOSE[kind]
        how = _HOW[self.origin.component]
        if self.origin.component is Component.RECHARGE:
            taken = self.line.amount is not None and self.line.amount.nanos < 0
            return "passed on to the server's callers" if taken else f"{self.origin.description}: {how}"
        return f"{how}; {_WHOSE[kind]}"


@dataclass(frozen=True, slots=True)
class UnitSum:
    """What a unit caused by itself and with all units beneath it, in nano-units of a currency, before distribution.

    Without a currency there is no amount at all. `unpriced` says why what is in no sum has none.
    """

    unit: str
    currency: str
    own: int = 0
    total: int = 0
    unpriced: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Drilled:
    """What lies beneath: sums by subject, and the largest parts of origins out of `count` that are not empty.

    Of a unit `beneath` are the units right beneath it.
    """

    totals: tuple[Total, ...]
    parts: tuple[Part, ...]
    count: int
    beneath: tuple[UnitSum, ...] = ()


def beneath(unit: str, units: Iterable[Unit], totals: Iterable[Total]) -> tuple[UnitSum, ...]:
    """The units right beneath one, the dearest first, each with all that lie beneath it in turn."""
    declared, caused = tuple(units), tuple(totals)
    below = descendants(declared)
    found = (
        summed
        for child in declared
        if child.parent == unit
        for summed in _sums(
            child.name, [of for of in caused if of.owner.unit in {child.name, *below.get(child.name, ())}]
        )
    )
    return tuple(sorted(found, key=lambda of: (-of.total, of.unit, of.currency)))


def _sums(unit: str, caused: Sequence[Total]) -> Iterator[UnitSum]:
    unpriced = tuple(sorted({of.gap.value for of in caused if of.gap and of.quantity}))
    own, total = defaultdict[str, int](int), defaultdict[str, int](int)
    for of in caused:
        if of.gap is None:
            total[of.currency] += of.nanos
            own[of.currency] += of.nanos if of.owner.unit == unit else 0
    for currency in total or ("",):
        yield UnitSum(unit, currency, own[currency], total[currency], unpriced)


def origin_id(key: Key) -> str:
    """The name of an origin where its key is too long: it stays the same when the origin is evaluated again."""
    return hashlib.sha256(json.dumps(key, ensure_ascii=False).encode()).hexdigest()[:ID_DIGITS]
