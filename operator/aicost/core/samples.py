"""A sample of single requests that a gateway tells of: how many were looked at, and what the short ones of them used.

Only counts are made of it: neither a prompt nor an answer is known here, and no request is remembered.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from math import ceil
from typing import TypeAlias

from aicost.core.counting import SHORT_ANSWER, SHORT_PROMPT
from aicost.core.declarations import Dimensions
from aicost.core.usage import Measured
from aicost.core.window import HOUR, Window

_GOLDEN, _FINE = 618_033_989, 10**9


class Looked(StrEnum):
    """What was counted of the requests that were looked at: no usage of its own, and told to nobody as such.

    `REQUESTS` were looked at and stand for `STANDS_FOR`; `SHORT` of these have a short prompt and a short answer, and used
    the tokens of the next two. The last three say how stretches of time differ: sums over them of the squares of what
    stands for requests, of the squares of the short ones, and of both multiplied.
    """

    REQUESTS = "sampledRequests"
    STANDS_FOR = "sampledStandsFor"
    SHORT = "sampledShort"
    SHORT_INPUT = "sampledShortInput"
    SHORT_OUTPUT = "sampledShortOutput"
    SQUARES = "sampledSquares"
    SHORT_SQUARES = "sampledShortSquares"
    PRODUCTS = "sampledProducts"


@dataclass(frozen=True, slots=True)
class Request:
    """One request: who made it, and how many tokens its prompt and its answer had; None: that is not told, or of no use."""

    caller: Dimensions
    input: int | None = None
    output: int | None = None

    def __post_init__(self) -> None:
        if min(self.input or 0, self.output or 0) < 0:
            raise ValueError(f"a request of {self.input} and {self.output} tokens is none")

    @property
    def short(self) -> tuple[int, int] | None:
        """Its tokens, where both are short by the bounds of histograms; what has no size is not short."""
        if self.input is None or self.output is None or self.input > SHORT_PROMPT or self.output > SHORT_ANSWER:
            return None
        return self.input, self.output


Sample: TypeAlias = Mapping[Dimensions, Measured]
"""What was counted of the requests of each caller that were looked at."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """A stretch of time: the requests that were looked at, and how many it had in all."""

    seen: tuple[Request, ...]
    requests: int

    def __post_init__(self) -> None:
        if len(self.seen) > self.requests:
            raise ValueError(f"{len(self.seen)} of {self.requests} requests cannot be looked at")


@dataclass(slots=True)
class _Sums:
    """What was counted of a caller's requests in one stretch, or in all of them."""

    looked_at: int = 0
    stands_for: Fraction = Fraction(0)
    short: Fraction = Fraction(0)
    input: Fraction = Fraction(0)
    output: Fraction = Fraction(0)
    squares: Fraction = Fraction(0)
    short_squares: Fraction = Fraction(0)
    products: Fraction = Fraction(0)

    def see(self, request: Request, stands_for: Fraction) -> None:
        self.looked_at += 1
        self.stands_for += stands_for
        if short := request.short:
            self.short += stands_for
            self.input += stands_for * short[0]
            self.output += stands_for * short[1]

    def take(self, stretch: _Sums) -> None:
        self.looked_at += stretch.looked_at
        self.stands_for += stretch.stands_for
        self.short += stretch.short
        self.input += stretch.input
        self.output += stretch.output
        self.squares += stretch.stands_for**2
        self.short_squares += stretch.short**2
        self.products += stretch.stands_for * stretch.short

    @property
    def measured(self) -> Measured:
        """Whole numbers: rather too few short ones, of the same mean, and rather too much that differs."""
        short = int(self.short)
        counts = {
            Looked.REQUESTS: self.looked_at,
            Looked.STANDS_FOR: short + ceil(self.stands_for - self.short),
            Looked.SHORT: short,
            Looked.SHORT_INPUT: int(self.input * short / self.short) if short else 0,
            Looked.SHORT_OUTPUT: int(self.output * short / self.short) if short else 0,
            Looked.SQUARES: ceil(self.squares),
            Looked.SHORT_SQUARES: ceil(self.short_squares),
            Looked.PRODUCTS: int(self.products),
        }
        return frozenset((of.value, count) for of, count in counts.items() if count)


def sample_of(stretches: Iterable[Stretch]) -> Sample:
    """By caller: each request that was looked at stands for as many as its stretch has for each of them.

    Whatever a neighbour does in another stretch changes nothing. A stretch is one draw of its time (the ultimate cluster:
    Kish, Survey Sampling, 1965, 6.5): how they differ says how well the sample tells the whole.
    """
    found: dict[Dimensions, _Sums] = defaultdict(_Sums)
    for stretch in stretches:
        mine: dict[Dimensions, _Sums] = defaultdict(_Sums)
        for request in stretch.seen:
            mine[request.caller].see(request, Fraction(stretch.requests, len(stretch.seen)))
        for caller, sums in mine.items():
            found[caller].take(sums)
    return {caller: sums.measured for caller, sums in found.items()}


def drawn(hour: Window, requests: int) -> int:
    """Which of an hour's requests is looked at, with its neighbours: by number, from 0 on; all numbers have their turn.

    Weyl's sequence of the golden ratio (Niederreiter, Random Number Generation and Quasi-Monte Carlo Methods, 1992, 3.1) over
    all hours since the epoch: it repeats neither with hours of the day nor with days of the week, and has no state. A page
    comes up as often as it has requests, the last one, which is not full, too.
    """
    return hour.start // HOUR * _GOLDEN % _FINE * requests // _FINE


def blocks(calls: Sequence[int], most: int) -> list[range]:
    """Neighbouring minutes, by number, of as many calls together as one answer has; a minute of more stands alone."""
    found: list[range] = []
    begin, held = 0, 0
    for place, count in enumerate(calls):
        if held and held + count > most:
            found.append(range(begin, place))
            begin, held = place, 0
        held += count
    return [*found, range(begin, len(calls))]
