"""The ledger's values: origins that tile the bill, their lines with one owner each, and totals of lines.

An entry cannot be built unless its lines sum to its origin exactly: conservation by construction.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from types import MappingProxyType
from typing import TypeAlias

from aicost.core.identity import UNALLOCATED, WorkloadRef
from aicost.core.money import Money
from aicost.core.reasons import GapReason
from aicost.core.window import Instant, Period, Window


class Component(StrEnum):
    """What kind of cost it is. A re-charge moves cost from a model server to its callers and adds none."""

    GPU = "gpu"
    COMPUTE = "compute"
    TOKENS = "tokens"
    RECHARGE = "recharge"
    CORRECTION = "correction"


class Certainty(StrEnum):
    """How well an amount is known, best first."""

    BILLED = "billed"
    CALIBRATED = "calibrated"
    RATED = "rated"
    ESTIMATED = "estimated"


class OwnerKind(StrEnum):
    """Who may own a line. The last three belong to the reserved unit `unallocated`, as three separate parts.

    `UNIT` is what nobody claims in a unit's default namespaces, `RESERVED` the idle capacity of its reserved nodes.
    """

    WORKLOAD = "workload"
    UNIT = "unit"
    RESERVED = "reserved"
    IDLE = "idle"
    UNCLAIMED = "unclaimed"
    PARKED = "parked"


@dataclass(frozen=True, slots=True, order=True)
class Owner:
    """The one owner of a line: a workload in its unit, a unit by default or for its nodes, or a part of `unallocated`."""

    kind: OwnerKind
    unit: str
    workload: WorkloadRef | None = None

    def __post_init__(self) -> None:
        if (self.workload is None) is (self.kind is OwnerKind.WORKLOAD):
            raise ValueError(f"only a line of kind workload names one: {self}")
        if (self.unit == UNALLOCATED) is (self.kind in (OwnerKind.WORKLOAD, OwnerKind.UNIT, OwnerKind.RESERVED)):
            raise ValueError(f"{self.kind} cannot be owned by {self.unit}")


IDLE = Owner(OwnerKind.IDLE, UNALLOCATED)
UNCLAIMED = Owner(OwnerKind.UNCLAIMED, UNALLOCATED)
PARKED = Owner(OwnerKind.PARKED, UNALLOCATED)


@dataclass(frozen=True, slots=True)
class Origin:
    """A thing that costs money, over a window that lies within one UTC month.

    `key` is its identity, stable over re-evaluations: the kind of thing, then what tells it apart. `amount` is None
    where no price is known: then it costs something, but nobody knows what, and `gap` says why. `quantity` counts `unit`s, such as
    card-seconds. `pool` is what reports group origins by: a GPU model, a usage source. `description` is for people.
    """

    key: tuple[str, ...]
    component: Component
    pool: str
    window: Window
    amount: Money | None
    certainty: Certainty
    quantity: int
    unit: str
    description: str
    gap: GapReason | None = None

    def __post_init__(self) -> None:
        if (self.amount is None) is (self.gap is None):
            raise ValueError(f"an origin has either an amount or a reason why it has none: {self.key}")


@dataclass(frozen=True, slots=True)
class Line:
    """A part of an origin with its owner. `subject` says what caused it: a pod, a project of a provider."""

    owner: Owner
    subject: str
    amount: Money | None
    quantity: int


@dataclass(frozen=True, slots=True)
class Entry:
    """An origin and its lines, which sum to it exactly, in money and in quantity."""

    origin: Origin
    lines: tuple[Line, ...]

    def __post_init__(self) -> None:
        if sum(line.quantity for line in self.lines) != self.origin.quantity:
            raise ValueError(f"quantities of the lines do not sum to {self.origin}")
        if self.origin.amount is None:
            if any(line.amount is not None for line in self.lines):
                raise ValueError(f"a line has an amount though its origin has none: {self.origin}")
        elif _sum(self.lines, self.origin.amount.currency) != self.origin.amount.nanos:
            raise ValueError(f"amounts of the lines do not sum to {self.origin}")


def _sum(lines: Iterable[Line], currency: str) -> int | None:
    """Nano-units of all lines; None where one has no amount. Raises CurrencyMismatchError at another currency."""
    total = 0
    for line in lines:
        if line.amount is None:
            return None
        total += line.amount.of(currency)
    return total


Key: TypeAlias = tuple[str, ...]
Kept: TypeAlias = Mapping[tuple[Key, str], Owner]
"""Owners that lines keep whatever is claimed, by their origin's key and their subject."""
NOTHING_KEPT: Kept = MappingProxyType({})


def withdrawn(previous: Iterable[Entry], current: Iterable[Entry]) -> tuple[Entry, ...]:
    """What a complete re-evaluation of the same scope no longer contains, as entries of amount and quantity zero.

    A provider that takes a row back, a node whose product label was corrected: the old key must stop counting.
    """
    keys = {entry.origin.key for entry in current}
    return tuple(_emptied(entry) for entry in previous if entry.origin.key not in keys and not is_empty(entry))


def _emptied(entry: Entry) -> Entry:
    amount = entry.origin.amount and Money(0, entry.origin.amount.currency)
    origin = replace(entry.origin, amount=amount, quantity=0)
    return Entry(origin, tuple(replace(line, amount=amount, quantity=0) for line in entry.lines))


def is_empty(entry: Entry) -> bool:
    """Whether nothing is in it; an origin of zero may still move cost between its lines."""
    return not any(line.quantity or (line.amount and line.amount.nanos) for line in entry.lines)


@dataclass(frozen=True, slots=True)
class Total:
    """A sum of lines that agree in owner, component, pool, certainty, currency, gap and, where asked for, subject.

    `nanos` sums amounts and `quantity` counts in the origins' unit. Where `gap` is set the lines have no amount: then
    `currency` is empty, `nanos` means nothing, and they agree in what they count, too, which is `unit`.
    """

    owner: Owner
    component: Component
    pool: str
    certainty: Certainty
    currency: str
    nanos: int
    quantity: int
    gap: GapReason | None = None
    subject: str = ""
    unit: str = ""


@dataclass(frozen=True, slots=True)
class Use:
    """How much of what a workload held was really used, by one signal.

    `card_microseconds` were observed and cost `observed_nanos`; `busy_ppm_microseconds` sums card-microseconds times parts per
    million busy, and `used_nanos` is that share of their cost, hour by hour. Of CPU and memory whose use was seen,
    `host_observed_nanos` is the cost and `host_used_nanos` what of it was used; the rest was requested only.
    """

    workload: WorkloadRef
    signal: str
    card_microseconds: int
    busy_ppm_microseconds: int
    observed_nanos: int
    used_nanos: int
    host_observed_nanos: int = 0
    host_used_nanos: int = 0


@dataclass(frozen=True, slots=True)
class Unseen:
    """What an owner's pods took of a resource of hosts, since when, while nobody saw what they used of it."""

    owner: Owner
    pool: str
    since: Instant
    quantity: int


@dataclass(frozen=True, slots=True)
class Proof:
    """What the stored origins and lines of a month sum to, in nano-units, by component and currency.

    `entries` were counted; `broken` of them have lines that do not sum to their origin, in money or in quantity:
    so differences that cancel are found too. `currency` is empty for those without an amount.
    """

    period: Period
    component: Component
    currency: str
    entries: int
    origins: int
    lines: int
    broken: int

    @property
    def difference(self) -> int:
        """Zero, or something is wrong."""
        return self.origins - self.lines


@dataclass(frozen=True, slots=True, order=True)
class Broken:
    """Something that is not as it was recorded: of which key, and what; the key is empty for the ledger as a whole."""

    key: str
    what: str


@dataclass(frozen=True, slots=True)
class Verification:
    """How many entries were proved from their rows, superseded ones too, and everything that is broken."""

    entries: int
    broken: tuple[Broken, ...] = ()
