"""Drilling into a month: whose parts of which origins, how an origin is named, and why a line has the part it has."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass

from aicost.core.identity import WorkloadRef
from aicost.core.ledger import Component, Key, Line, Origin, OwnerKind, Total

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
class Drilled:
    """What lies beneath: sums by subject, and the largest parts of origins out of `count` that are not empty."""

    totals: tuple[Total, ...]
    parts: tuple[Part, ...]
    count: int


def origin_id(key: Key) -> str:
    """The name of an origin where its key is too long: it stays the same when the origin is evaluated again."""
    return hashlib.sha256(json.dumps(key, ensure_ascii=False).encode()).hexdigest()[:ID_DIGITS]
