"""What a sample of requests says of all that a gateway counted: how many are short, within bounds, and what they use."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from math import ceil, floor, isqrt

from aicost.core.window import Window

Z_SQUARED = Fraction(38_416, 10_000)
"""1.96 squared: bounds that hold 19 times of 20."""
_STUDENT = ("12.706", "4.303", "3.182", "2.776", "2.571", "2.447", "2.365", "2.306", "2.262")
"""Student's t of 1 to 9 degrees of freedom, 19 times of 20 (Fisher and Yates, Statistical Tables, table III)."""
_FINE = 10**9


@dataclass(frozen=True, slots=True)
class Stratum:
    """A day of a workload's model, by one source: of `requests` so many were looked at, which stand for `stands_for` of them.

    Of the latter so many are short; all that follows is of these: tokens of the short ones, and how stretches of the day
    differ, see `core.samples.Looked`.
    """

    requests: int = 0
    looked_at: int = 0
    stands_for: int = 0
    short: int = 0
    short_input: int = 0
    short_output: int = 0
    squares: int = 0
    short_squares: int = 0
    products: int = 0

    def __post_init__(self) -> None:
        if not 0 <= self.short <= self.stands_for:
            raise ValueError(f"{self.short} of {self.stands_for} requests cannot be short")

    @property
    def each(self) -> Fraction:
        """How many of all requests are one of those that are stood for."""
        return Fraction(self.requests, self.stands_for)

    def astray(self, share: Fraction) -> Fraction:
        """The sum of squares by which stretches have other short requests than such a share of theirs."""
        off = self.short_squares - 2 * share * self.products + share**2 * self.squares
        return max(Fraction(0), off) * self.each**2


def whole(parts: Sequence[Stratum]) -> Stratum:
    """What rows of one day and source say together: they may have been looked at on the same pages.

    How stretches differ is told of each row by itself. What all of them differ by is at most the sum of each one's squares,
    divided by its part of all (Cauchy and Schwarz); that is what it is where rows are alike, and more where they are not.
    """
    stands_for = sum(of.stands_for for of in parts)
    times = [Fraction(stands_for, of.stands_for) if of.stands_for else Fraction(0) for of in parts]
    return Stratum(
        requests=sum(of.requests for of in parts),
        looked_at=sum(of.looked_at for of in parts),
        stands_for=stands_for,
        short=sum(of.short for of in parts),
        short_input=sum(of.short_input for of in parts),
        short_output=sum(of.short_output for of in parts),
        squares=ceil(sum(of.squares * by for of, by in zip(parts, times, strict=True))),
        short_squares=ceil(sum(of.short_squares * by for of, by in zip(parts, times, strict=True))),
        products=floor(sum(of.products * by for of, by in zip(parts, times, strict=True))),
    )


@dataclass(frozen=True)
class Sampled:
    """A sample of what gateways saw: `requests` are all of those that tell single ones, `told_by` these sources.

    Days are strata: each weighs as much as it has requests (Cochran, Sampling Techniques, 3rd edition, 5.3). Those without
    any request that was looked at say nothing, and have no part in it.
    """

    requests: int
    days: tuple[tuple[Window, Stratum], ...]
    told_by: tuple[str, ...] = ()

    @cached_property
    def strata(self) -> tuple[Stratum, ...]:
        """The days that say something."""
        return tuple(of for _, of in self._told)

    @cached_property
    def looked_at(self) -> int:
        """Requests that were looked at."""
        return sum(of.looked_at for of in self.strata)

    @cached_property
    def days_told(self) -> int:
        """Days that say something, however many sources tell of one."""
        return len({day for day, _ in self._told})

    @cached_property
    def share(self) -> Fraction:
        """Of all requests so many are short, by those that were looked at; 0 where none was."""
        return self._of_short([of.short for of in self.strata]) / self._weight if self.strata else Fraction(0)

    def bounds(self, alike: int) -> tuple[Fraction, Fraction]:
        """Between which the share lies: Wilson's interval (JASA 22, 1927, 209), of as many requests as the sample is worth.

        It is worth no more than a simple sample of the same variance (Kish, Survey Sampling, 1965, 8.2), neither by how its
        stretches of time differ nor by how its days do, nor than those looked at, of which `alike` count as one and whose
        weights differ (11.7). Whatever those show, there may be stretches of another sort that none was drawn of: either
        bound leaves room for them. Of one day nobody knows how days differ.
        """
        if self.days_told <= 1:
            return Fraction(0), Fraction(1)
        squares = sum((of.requests**2 / Fraction(of.looked_at) for of in self.strata), Fraction(0))
        counts = self._weight**2 / (squares * alike)
        low, high = wilson(self.share, min((counts, *self._worth)))
        return low * (1 - self._unseen), high + (1 - high) * self._unseen

    @property
    def mean_short(self) -> tuple[Fraction, Fraction]:
        """Tokens of the mean short request: of its prompt and of its answer; none where none is short."""
        short = self._of_short([of.short for of in self.strata])
        if not short:
            return Fraction(0), Fraction(0)
        given = self._of_short([of.short_input for of in self.strata])
        return given / short, self._of_short([of.short_output for of in self.strata]) / short

    @cached_property
    def _told(self) -> tuple[tuple[Window, Stratum], ...]:
        return tuple((day, of) for day, of in self.days if of.looked_at and of.requests and of.stands_for)

    @property
    def _weight(self) -> int:
        return sum(of.requests for of in self.strata)

    @property
    def _student(self) -> Fraction:
        return Fraction(_STUDENT[min(self.days_told - 1, len(_STUDENT)) - 1])

    @property
    def _worth(self) -> tuple[Fraction, ...]:
        """Of how many requests a simple sample would differ as much as stretches and days do; of one sort they tell nothing."""
        spread = self.share * (1 - self.share) * Z_SQUARED / self._student**2
        variances = (self._between_stretches, self._between_days)
        return tuple(spread * self._weight**2 / each for each in variances if each and spread)

    @property
    def _unseen(self) -> Fraction:
        """What part stretches may have of a sort that none of those looked at was: Wilson's bound of none of as many draws."""
        squares = sum((of.squares * of.each**2 for of in self.strata), Fraction(0)) / self._weight**2
        return squares * Z_SQUARED / (1 + squares * Z_SQUARED)

    @property
    def _between_stretches(self) -> Fraction:
        """The variance of how many are short, each stretch a draw of its own (Wolter, Variance Estimation, 1985, 6.2)."""
        return sum((of.astray(self.share) for of in self.strata), Fraction(0))

    @property
    def _between_days(self) -> Fraction:
        """The same, each day a replicate of the others: other stretches of it were looked at (Cochran 11.9)."""
        astray: dict[Window, Fraction] = defaultdict(Fraction)
        for day, of in self._told:
            astray[day] += of.each * of.short - self.share * of.requests
        return sum((off**2 for off in astray.values()), Fraction(0)) * len(astray) / (len(astray) - 1)

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
