"""What advice on GPUs rests on: how hard cards worked in an hour while a pod held them, beyond the mean that cost needs.

Kept for a bounded time only, for advice looks at weeks. What nobody told is None, never zero.
"""

from __future__ import annotations

from dataclasses import dataclass

from aicost.core.usage import FULLY_BUSY_PPM, SIGNALS
from aicost.core.window import DAY, Window

KEPT = 35 * DAY
"""Seconds for which loads are kept: twice the longest window that advice looks at, and a week."""


@dataclass(frozen=True, slots=True)
class CardLoad:
    """What one card or MIG instance did in an hour while a pod held it.

    By `signal`, the most honest one that was told: its mean, the 95th percentile of its `samples` and their peak, in
    parts per million of the whole card. `duty_peak_ppm` is that of GPU_UTIL, to hold against it; tensor cores and memory
    bandwidth likewise. Memory is in MiB: the most that was used, and what the card has. Power is in milliwatts, of the
    whole card also under MIG; PCIe what came from the host at most, in bytes a second.
    """

    namespace: str
    pod: str
    card: str
    hour: Window
    signal: str
    samples: int
    mean_ppm: int
    high_ppm: int
    peak_ppm: int
    duty_peak_ppm: int | None = None
    tensor_peak_ppm: int | None = None
    bandwidth_mean_ppm: int | None = None
    bandwidth_peak_ppm: int | None = None
    memory_peak_mib: int | None = None
    memory_mib: int | None = None
    power_low_mw: int | None = None
    power_peak_mw: int | None = None
    pcie_peak_bytes: int | None = None

    def __post_init__(self) -> None:
        if self.signal not in SIGNALS or self.samples < 1:
            raise ValueError(f"card {self.card} has {self.samples} samples of {self.signal}: at least one of {SIGNALS}")
        if not all(0 <= ppm <= self.peak_ppm <= FULLY_BUSY_PPM for ppm in (self.mean_ppm, self.high_ppm)):
            raise ValueError(f"card {self.card}: {self.mean_ppm}, {self.high_ppm} and {self.peak_ppm} ppm contradict")


@dataclass(frozen=True, slots=True)
class ServerLoad:
    """What share of its KV cache a model server's pod used in an hour at most: what it allocated beyond is not needed."""

    namespace: str
    pod: str
    hour: Window
    kv_cache_peak_ppm: int

    def __post_init__(self) -> None:
        if not 0 <= self.kv_cache_peak_ppm <= FULLY_BUSY_PPM:
            raise ValueError(f"pod {self.pod} cannot use {self.kv_cache_peak_ppm} ppm of its KV cache")


@dataclass(frozen=True, slots=True)
class Loads:
    """Loads of cards and of model servers, each with its own hour."""

    cards: tuple[CardLoad, ...] = ()
    servers: tuple[ServerLoad, ...] = ()
