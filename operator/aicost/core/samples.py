"""A sample of single requests that a gateway tells of: how many were looked at, and what the short ones of them used.

Only counts are made of it: neither a prompt nor an answer is known here, and no request is remembered.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from fractions import Fraction
from math import ceil
from typing import TypeAlias

from aicost.core.counting import SHORT_ANSWER, SHORT_PROMPT
from aicost.core.declarations import Dimensions
from aicost.core.usage import Measured, UsageRow
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


_LOOKED = frozenset(map(str, Looked))


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


@dataclass(frozen=True, slots=True)
class Stretch:
    """A stretch of time: the requests that were looked at, and how many it had in all."""

    seen: tuple[Request, ...]
    requests: int

    def __post_init__(self) -> None:
        if len(self.seen) > self.requests:
            raise ValueError(f"{len(self.seen)} of {self.requests} requests cannot be looked at")


@dataclass(frozen=True, slots=True)
class Counts:
    """What was counted of some requests of a stretch that were looked at; tokens are of the short ones."""

    looked_at: int = 0
    short: int = 0
    input: int = 0
    output: int = 0

    def __add__(self, other: Counts) -> Counts:
        return Counts(
            self.looked_at + other.looked_at,
            self.short + other.short,
            self.input + other.input,
            self.output + other.output,
        )


@dataclass(frozen=True, slots=True)
class Draw:
    """What is kept of a stretch: for how many requests each stands that was looked at, and counts of these by caller.

    `beside` is its part of each caller's requests that were counted apart, and are not short.
    """

    each: Fraction
    by: Mapping[Dimensions, Counts]
    beside: Mapping[Dimensions, Fraction] = field(default_factory=dict)


Sample: TypeAlias = Sequence[Draw]
"""What was counted of each stretch in which a request was looked at."""


@dataclass(slots=True)
class _Sums:
    """What was counted of a row's requests in all stretches."""

    looked_at: int = 0
    stands_for: Fraction = Fraction(0)
    short: Fraction = Fraction(0)
    input: Fraction = Fraction(0)
    output: Fraction = Fraction(0)
    squares: Fraction = Fraction(0)
    short_squares: Fraction = Fraction(0)
    products: Fraction = Fraction(0)

    def take(self, counts: Counts, each: Fraction, beside: Fraction) -> None:
        stands_for, short = each * counts.looked_at + beside, each * counts.short
        self.looked_at += counts.looked_at
        self.stands_for += stands_for
        self.short += short
        self.input += each * counts.input
        self.output += each * counts.output
        self.squares += stands_for**2
        self.short_squares += short**2
        self.products += stands_for * short

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


def sample_of(stretches: Iterable[Stretch], apart: Mapping[Dimensions, int] | None = None) -> Sample:
    """Counts of each stretch in which any request was looked at: each of them stands for as many as its stretch has for it.

    Whatever a neighbour does in another stretch changes nothing. Requests that were counted `apart`, by caller, are all
    known, and not short: each stretch has as large a part of them as of the others, so that they make no sample worth less.
    """
    seen = [stretch for stretch in stretches if stretch.seen]
    if not seen:
        return (Draw(Fraction(1), {}, _part(apart, Fraction(1))),) if apart else ()
    requests = sum(stretch.requests for stretch in seen)
    return tuple(_draw(of, _part(apart or {}, Fraction(of.requests, requests))) for of in seen)


def _part(apart: Mapping[Dimensions, int], share: Fraction) -> Mapping[Dimensions, Fraction]:
    return {caller: share * count for caller, count in apart.items()}


def _draw(stretch: Stretch, beside: Mapping[Dimensions, Fraction]) -> Draw:
    by: dict[Dimensions, Counts] = defaultdict(Counts)
    for request in stretch.seen:
        short = request.short
        by[request.caller] += Counts(1, 1, *short) if short else Counts(1)
    return Draw(Fraction(stretch.requests, len(stretch.seen)), dict(by), beside)


def measured_by(sample: Sample, row_of: Callable[[Dimensions], Dimensions | None]) -> Mapping[Dimensions, Measured]:
    """What was counted of each row, where that tells the row of a caller; None: his requests are of none.

    A stretch is one draw of its time (the ultimate cluster: Kish, Survey Sampling, 1965, 6.5), however many callers of a row
    have a part in it: how stretches differ says how well the sample tells the whole.
    """
    found: dict[Dimensions, _Sums] = defaultdict(_Sums)
    for draw in sample:
        mine: dict[Dimensions, Counts] = defaultdict(Counts)
        beside: dict[Dimensions, Fraction] = defaultdict(Fraction)
        for caller in draw.by.keys() | draw.beside.keys():
            if (row := row_of(caller)) is not None:
                mine[row] += draw.by.get(caller, Counts())
                beside[row] += draw.beside.get(caller, Fraction(0))
        for row, counts in mine.items():
            found[row].take(counts, draw.each, beside[row])
    return {row: sums.measured for row, sums in found.items()}


def kept(told: Sequence[UsageRow], stored: Sequence[UsageRow]) -> Sequence[UsageRow]:
    """A source's day as it is told; as it is `stored` where it is told without any look, and is the same but for that.

    So a process that begins anew, and cannot look yet, takes nothing back of what was counted.
    """
    if any(_plain(row) != row for row in told) or set(told) != {_plain(row) for row in stored}:
        return told
    return stored


def _plain(row: UsageRow) -> UsageRow:
    return replace(row, measured=frozenset(each for each in row.measured if each[0] not in _LOOKED))


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
