"""What was observed beside money: GPU use by pod and hour, token counts by pod and hour or by provider and day.

Neither decides who pays; both say what was got for it. What callers had of a model server divides its cost.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

from aicost.core.declarations import Dimensions
from aicost.core.money import split
from aicost.core.window import Window

SIGNALS = ("DCGM_FI_PROF_SM_ACTIVE", "DCGM_FI_PROF_GR_ENGINE_ACTIVE", "DCGM_FI_DEV_GPU_UTIL")
"""DCGM's signals of use, the most honest first: a duty cycle says little about how much of a card works."""


FULLY_BUSY_PPM = 1_000_000


@dataclass(frozen=True, slots=True)
class CardUse:
    """How busy one card was while a pod held it, over an hour: `busy_ppm` parts per million by `signal`."""

    namespace: str
    pod: str
    card: str
    hour: Window
    signal: str
    busy_ppm: int

    def __post_init__(self) -> None:
        if not 0 <= self.busy_ppm <= FULLY_BUSY_PPM:
            raise ValueError(f"card {self.card} cannot be {self.busy_ppm} ppm busy")


@dataclass(frozen=True, slots=True)
class Tokens:
    """Token counts; `input` includes `cached_input` and `cache_write`, as OpenAI counts them.

    `cache_write_long` is what of `cache_write` a cache keeps for an hour or longer, as far as that is told.
    """

    input: int = 0
    cached_input: int = 0
    cache_write: int = 0
    output: int = 0
    requests: int = 0
    cache_write_long: int = 0

    def __add__(self, other: Tokens) -> Tokens:
        return Tokens(
            self.input + other.input,
            self.cached_input + other.cached_input,
            self.cache_write + other.cache_write,
            self.output + other.output,
            self.requests + other.requests,
            self.cache_write_long + other.cache_write_long,
        )

    def divided(self, weights: Sequence[int]) -> tuple[Tokens, ...]:
        """Each count divided by the weights, exactly: see `split`."""
        counts = (
            *(self.input, self.cached_input, self.cache_write, self.output, self.requests),
            self.cache_write_long,
        )
        return tuple(Tokens(*of) for of in zip(*(split(count, weights) for count in counts), strict=True))


@dataclass(frozen=True, slots=True)
class PodTokens:
    """What a model server's pod counted over an hour.

    `aborted` are those of its requests of which whoever asked went away before their end; None: it does not tell.
    """

    namespace: str
    pod: str
    model: str
    hour: Window
    tokens: Tokens
    aborted: int | None = None


Measured: TypeAlias = frozenset[tuple[str, int]]
"""Counts beside tokens, one of each measure: see core.counting."""


@dataclass(frozen=True, slots=True)
class UsageRow:
    """What a provider counted for one combination of dimensions on one UTC day."""

    source: str
    day: Window
    dimensions: Dimensions
    tokens: Tokens
    measured: Measured = frozenset()


@dataclass(frozen=True, slots=True)
class Served:
    """What a model server did for a caller: microseconds of prefill and of decode, and tokens."""

    prefill: int = 0
    decode: int = 0
    input: int = 0
    output: int = 0

    def __add__(self, other: Served) -> Served:
        return Served(
            self.prefill + other.prefill,
            self.decode + other.decode,
            self.input + other.input,
            self.output + other.output,
        )

    @property
    def time(self) -> int:
        """Microseconds in all."""
        return self.prefill + self.decode

    @property
    def tokens(self) -> int:
        """Input and output."""
        return self.input + self.output


@dataclass(frozen=True, slots=True)
class CallerUse:
    """What a UsageSource metered of one caller over an hour.

    `dimensions` say who called; a caller that the series do not name has none. An hour in which the series are there and
    count nothing is one use of such a caller, of nothing.
    """

    source: str
    hour: Window
    dimensions: Dimensions
    served: Served


@dataclass(frozen=True, slots=True)
class Observed:
    """Everything observed beside money, each record with its own window."""

    card_use: tuple[CardUse, ...] = ()
    pod_tokens: tuple[PodTokens, ...] = ()
    usage: tuple[UsageRow, ...] = ()
