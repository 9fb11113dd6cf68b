"""What a sample of requests says of all that a gateway counted: how many are short, within bounds, and what they use."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from math import isqrt

from aicost.core.window import Window

Z_SQUARED = Fraction(38_416, 10_000)
"""1.96 squared: bounds that hold 19 times of 20."""
_FINE = 10**9


@dataclass(frozen=True, slots=True)
class Stratum:
    """A day of a workload's model: of `requests` that were counted so many were looked at, and of these so many are short.

    The last two are the tokens of all short ones that were looked at.
    """

    requests: int = 0
    looked_at: int = 0
    short: int = 0
    short_input: int = 0
    short_output: int = 0

    def __add__(self, other: Stratum) -> Stratum:
        return Stratum(
            self.requests + other.requests,
            self.looked_at + other.looked_at,
            self.short + other.short,
            self.short_input + other.short_input,
            self.short_output + other.short_output,
        )

    @property
    def each(self) -> Fraction:
        """How many requests one that was looked at stands for."""
        return Fraction(self.requests, self.looked_at)


@dataclass(frozen=True)
class Sampled:
    """A sample of what gateways saw: `requests` are all that they counted in the window, `told_by` the sources that tell.

    Days are strata: each weighs as much as it has requests (Cochran, Sampling Techniques, 3rd edition, 5.3). Those without
    any request that was looked at say nothing, and have no part in it.
    """

    requests: int
    days: tuple[tuple[Window, Stratum], ...]
    told_by: tuple[str, ...] = ()

    @cached_property
    def strata(self) -> tuple[Stratum, ...]:
        """The days that say something."""
        return tuple(of for _, of in self.days if of.looked_at and of.requests)

    @cached_property
    def looked_at(self) -> int:
        """Requests that were looked at."""
        return sum(of.looked_at for of in self.strata)

    @property
    def share(self) -> Fraction:
        """Of all requests so many are short, by those that were looked at; 0 where none was."""
        return self._of_short([of.short for of in self.strata]) / self._weight if self.strata else Fraction(0)

    def bounds(self, alike: int) -> tuple[Fraction, Fraction]:
        """Between which the share lies: Wilson's interval (JASA 22, 1927, 209), of a sample that counts `alike` times less.

        Weights that differ make a sample count less, too (Kish, Survey Sampling, 1965, 11.7).
        """
        if not self.strata:
            return Fraction(0), Fraction(1)
        squares = sum((of.looked_at * of.each**2 for of in self.strata), Fraction(0))
        return wilson(self.share, self._weight**2 / (squares * alike))

    @property
    def mean_short(self) -> tuple[Fraction, Fraction]:
        """Tokens of the mean short request: of its prompt and of its answer; none where none is short."""
        short = self._of_short([of.short for of in self.strata])
        if not short:
            return Fraction(0), Fraction(0)
        given = self._of_short([of.short_input for of in self.strata])
        return given / short, self._of_short([of.short_output for of in self.strata]) / short

    @property
    def _weight(self) -> int:
        return sum(of.requests for of in self.strata)

    def _of_short(self, counts: list[int]) -> Fraction:
        """What was counted of those that were looked at, for all that they stand for."""
        return sum((of.each * count for of, count in zip(self.strata, counts, strict=True)), Fraction(0))


def wilson(share: Fraction, counts: Fraction) -> tuple[Fraction, Fraction]:
    """Between which shares a share of so many lies: never outside of 0 and 1, nor is it outside of them."""
    ratio = Z_SQUARED / counts
    middle = (share + ratio / 2) / (1 + ratio)
    half = _root(ratio * share * (1 - share) + ratio * ratio / 4) / (1 + ratio)
    return max(Fraction(0), min(share, middle - half)), min(Fraction(1), max(share, middle + half))


def _root(of: Fraction) -> Fraction:
    """The root, rounded up in the ninth place: bounds are rather too wide."""
    return Fraction(isqrt(of.numerator * _FINE**2 // of.denominator) + 1, _FINE)
