"""What nodes are made of beside cards: CPU and memory, what pods took of them in an hour, and what they cost.

Amounts are averages over the time that the node was there in the hour: `microcores` are millionths of a core, `memory`
is in bytes. So a second of them is core-microseconds and byte-seconds.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from aicost.core.identity import PodIdentity
from aicost.core.window import Instant, Window

CORE = 1_000_000
GIB = 2**30
MOST_MICROCORES = 10**6 * CORE
MOST_MEMORY = 2**51
"""More than any node has: who tells so is mistaken, or wants sums to break. An hour of it still fits 64 bits."""
CORE_MICROSECONDS = "core-microseconds"
BYTE_SECONDS = "byte-seconds"
NODE_SECONDS = "node-seconds"


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
class Taker:
    """A pod that took of a node: what it requested, and what it used, None where nobody saw that."""

    pod: PodIdentity
    requested: Amounts
    used: Amounts | None = None

    def took(self, resource: Resource) -> int:
        """The larger of request and use: what is reserved for it nobody else can have."""
        used = self.used.of(resource) if self.used else 0
        return max(self.requested.of(resource), used)


@dataclass(frozen=True, slots=True)
class HostHour:
    """What a node had, by name, in a UTC hour, and who took of it."""

    node: str
    hour: Window
    capacity: Amounts
    takers: tuple[Taker, ...] = ()

    def __post_init__(self) -> None:
        if not (self.capacity.microcores and self.capacity.memory):
            raise ValueError(f"node {self.node} has neither CPU nor memory: {self.capacity}")

    @property
    def is_measured(self) -> bool:
        """Whether the use of any pod was seen: of a node that nobody scrapes none is."""
        return any(taker.used for taker in self.takers)


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
