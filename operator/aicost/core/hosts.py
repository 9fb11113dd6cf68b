"""What nodes are made of beside cards: CPU and memory, what pods took of them in an hour, and what they cost.

Amounts are averages over the time that a pod was there: `microcores` are millionths of a core, `memory` is in bytes. So
a second of them is core-microseconds and byte-seconds.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from aicost.core.identity import PodIdentity
from aicost.core.window import HOUR, Instant, Window, floor

CORE = 1_000_000
GIB = 2**30
MOST_MICROCORES = 10**6 * CORE
MOST_MEMORY = 2**51
"""More than any node has: who tells so is mistaken, or wants sums to break. An hour of it still fits 64 bits."""
CORE_MICROSECONDS = "core-microseconds"
BYTE_SECONDS = "byte-seconds"
NODE_SECONDS = "node-seconds"
BRIEF = 300
"""Seconds: of a pod that was there for less of an hour two scrapes may not have seen anything, and nothing is wrong."""


class Resource(StrEnum):
    """What of a host is priced; its origins and their pool are named after it."""

    CPU = "CPU"
    MEMORY = "memory"

    @property
    def unit(self) -> str:
        """What quantities of it count."""
        return CORE_MICROSECONDS if self is Resource.CPU else BYTE_SECONDS


@dataclass(frozen=True, slots=True)
class Amounts:
    """CPU and memory at once."""

    microcores: int = 0
    memory: int = 0

    def __post_init__(self) -> None:
        if not (0 <= self.microcores <= MOST_MICROCORES and 0 <= self.memory <= MOST_MEMORY):
            raise ValueError(f"no node has or lends so much: {self}")

    def of(self, resource: Resource) -> int:
        """One of the two."""
        return self.microcores if resource is Resource.CPU else self.memory


@dataclass(frozen=True, slots=True)
class Measured:
    """What a pod was seen to use, of each resource by itself: None where too little was seen to say."""

    microcores: int | None = None
    memory: int | None = None

    def __post_init__(self) -> None:
        Amounts(self.microcores or 0, self.memory or 0)

    def of(self, resource: Resource) -> int | None:
        """One of the two."""
        return self.microcores if resource is Resource.CPU else self.memory


UNSEEN = Measured()


@dataclass(frozen=True, slots=True)
class Taker:
    """A pod that took of a node while it was `there`: what it requested, and what it used as far as that was seen."""

    pod: PodIdentity
    there: Window
    requested: Amounts
    used: Measured = UNSEEN

    def took(self, resource: Resource) -> int:
        """The larger of request and use: what is reserved for it nobody else can have."""
        return max(self.requested.of(resource), self.used.of(resource) or 0)

    def together(self, other: Taker) -> Taker:
        """What either account of the pod tells; of two numbers the larger."""
        there = Window(min(self.there.start, other.there.start), max(self.there.end, other.there.end))
        cpu, memory = (_larger(self.used.of(resource), other.used.of(resource)) for resource in Resource)
        pod = max(self.pod, other.pod, key=lambda each: (sorted(each.labels), each.owners))
        return Taker(pod, there, _most(self.requested, other.requested), Measured(cpu, memory))


@dataclass(frozen=True, slots=True)
class HostHour:
    """What a node had, by name, in a UTC hour, and who took of it.

    `over` is the part of the hour since the node was created, if it was in the hour: where another took its name, each
    has an account of its own.
    """

    node: str
    over: Window
    capacity: Amounts
    takers: tuple[Taker, ...] = ()

    def __post_init__(self) -> None:
        if not (self.capacity.microcores and self.capacity.memory):
            raise ValueError(f"node {self.node} has neither CPU nor memory: {self.capacity}")

    @property
    def hour(self) -> Instant:
        """When the UTC hour began."""
        return floor(self.over.start, HOUR)

    def seconds(self, taker: Taker) -> int:
        """How long a pod was there."""
        there = self.over.overlap(taker.there)
        return there.seconds if there else 0

    def unseen(self, taker: Taker, resource: Resource) -> bool:
        """Whether nobody saw what a pod used, though it was there for long enough to be seen."""
        return taker.used.of(resource) is None and self.seconds(taker) >= BRIEF

    def together(self, other: HostHour) -> HostHour:
        """What either account of the node tells."""
        of: dict[str, Taker] = {}
        for taker in (*self.takers, *other.takers):
            known = of.get(taker.pod.uid)
            of[taker.pod.uid] = known.together(taker) if known else taker
        over = Window(self.over.start, max(self.over.end, other.over.end))
        return HostHour(self.node, over, _most(self.capacity, other.capacity), tuple(of[uid] for uid in sorted(of)))


def together(accounts: Iterable[HostHour]) -> tuple[HostHour, ...]:
    """All that any account tells, by time and node: in whatever order they come, and however often.

    What is told again in part takes nothing back.
    """
    found: dict[tuple[Instant, str], HostHour] = {}
    for account in accounts:
        key = account.over.start, account.node
        found[key] = found[key].together(account) if key in found else account
    return tuple(found[key] for key in sorted(found))


def _most(one: Amounts, other: Amounts) -> Amounts:
    return Amounts(max(one.microcores, other.microcores), max(one.memory, other.memory))


def _larger(one: int | None, other: int | None) -> int | None:
    return max((each for each in (one, other) if each is not None), default=None)


@dataclass(frozen=True, slots=True, order=True)
class ComputeRate:
    """What a core and a GiB cost an hour, in nano-units, from an instant (UTC midnight) until the next rate begins."""

    since: Instant
    cpu_core_hour: int
    memory_gib_hour: int

    def __post_init__(self) -> None:
        if self.cpu_core_hour < 0 or self.memory_gib_hour < 0:
            raise ValueError("a price per hour cannot be negative")

    def per_hour(self, capacity: Amounts, resource: Resource) -> int:
        """Nano-units that the CPU or the memory of a node costs an hour, rounded down once for the node."""
        if resource is Resource.CPU:
            return capacity.microcores * self.cpu_core_hour // CORE
        return capacity.memory * self.memory_gib_hour // GIB
