"""What one workload used of one model of one source over whole days, and what that cost: the evidence of all levers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cached_property
from typing import TypeAlias

from aicost.core.declarations import LatencyClass
from aicost.core.recommendations.advice import HOURS_OF_A_MONTH, Part, Target
from aicost.core.recommendations.models.sampled import Sampled
from aicost.core.token_prices import Manner, TokenPrice
from aicost.core.token_worth import worth_of
from aicost.core.usage import Tokens
from aicost.core.window import HOUR, Window

PERCENT = 100


@dataclass(frozen=True, slots=True)
class Counted:
    """What was counted on a day of requests of one manner, by one row of what a source told."""

    day: Window
    tokens: Tokens
    manner: Manner = frozenset()


Priced: TypeAlias = Callable[[Counted], TokenPrice | None]
"""At what price something was counted, or would have been; None where nobody knows."""


@dataclass(frozen=True, slots=True)
class Setting:
    """The environment variable by which the target says which model it calls."""

    container: str
    variable: str


@dataclass(frozen=True, slots=True)
class Sizes:
    """Of so many requests how many had a short prompt and how many a short answer, as a gateway counted them."""

    requests: int = 0
    short_prompts: int = 0
    short_answers: int = 0

    def __add__(self, other: Sizes) -> Sizes:
        return Sizes(
            self.requests + other.requests,
            self.short_prompts + other.short_prompts,
            self.short_answers + other.short_answers,
        )

    @property
    def short(self) -> int:
        """Requests that were short in both at least: those that cannot be told apart may be others."""
        return max(0, self.short_prompts + self.short_answers - self.requests)


@dataclass(frozen=True)
class ModelUsage:
    """A workload's usage of a provider's model, by a source, over a window of whole UTC days.

    `billed_nanos` is what it cost in the window, in `currency`, by lines of the ledger; `unpriced`: some lines have no amount, so that
    nobody knows all of it; `spoken`: some tokens are audio, and levers know prices of text; `twice`: sources of which more than one may tell of the same requests, and nobody knows of which. `named` is the model as its caller names it. `target` is where the model is chosen. `gateway` is the kind of gateway that
    saw requests, `sizes` those of them, as far as its histograms tell, and `sampled` what single ones tell that were looked at.
    """

    source: str
    provider: str
    model: str
    window: Window
    billed_nanos: int
    currency: str
    used: tuple[Counted, ...]
    target: Target
    named: str = ""
    latency: LatencyClass = LatencyClass.INTERACTIVE
    setting: Setting | None = None
    unpriced: bool = False
    spoken: bool = False
    twice: tuple[str, ...] = ()
    gateway: str = ""
    sizes: Sizes | None = None
    sampled: Sampled | None = None

    def __post_init__(self) -> None:
        if any(self.window.overlap(each.day) != each.day for each in self.used):
            raise ValueError(f"{self.model}: something was counted outside of {self.window}")

    @cached_property
    def tokens(self) -> Tokens:
        """All that was counted."""
        return sum((each.tokens for each in self.used), Tokens())

    @property
    def days(self) -> int:
        """Days of which something was counted."""
        return len({each.day for each in self.used if each.tokens != Tokens()})

    @property
    def part(self) -> Part:
        """What it costs a month at the pace of the window; credits make nothing cheaper than free."""
        return Part(("tokens", self.source, self.model), max(0, int(self.billed_nanos * self.pace)))

    @property
    def pace(self) -> Fraction:
        """How many windows a month has."""
        return Fraction(HOURS_OF_A_MONTH * HOUR, self.window.seconds)

    def mean(self, count: int) -> int:
        """So much for each request, rounded up; 0 where nobody counted the requests."""
        return -(-count // self.tokens.requests) if self.tokens.requests else 0

    def renamed(self, model: str) -> str:
        """Another model of the same provider as its caller would name it."""
        return f"{self.prefix}{model}"

    @property
    def prefix(self) -> str:
        """What a gateway's name for the model has before the provider's: `openai/`."""
        return self.named.partition("/")[0] + "/" if "/" in self.named else ""

    def with_tokens(self, used: tuple[Counted, ...]) -> ModelUsage:
        """The same with other usage."""
        return replace(self, used=used)


def worth(used: tuple[Counted, ...], priced: Priced) -> Fraction | None:
    """Nano-units of all usage, each row by its own mean request; None where any of it has no price."""
    total = Fraction(0)
    for each in used:
        price = priced(each)
        found = worth_of(price, each.tokens) if price else None
        if found is None:
            return None
        total += found
    return total


def share(count: int, whole: int) -> int:
    """Percent, rounded down; of nothing nothing."""
    return count * PERCENT // whole if whole else 0
