"""When somebody works with interactive GPUs: from which hour to which, and on which days of the week. UTC.

What is a day of work elsewhere may begin on one UTC day and end on the next: it belongs to the day on which it begins.
"""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from aicost.core.recommendations.gpu.evidence import ServerEvidence
from aicost.core.recommendations.gpu.policy import Policy
from aicost.core.window import DAY, HOUR, Instant

_WEEK = 168
_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_EPOCH_WAS = 3
"""1 January 1970 was a Thursday."""
_MARGIN = 2
"""Hours a day that people may come earlier or stay longer."""


@dataclass(frozen=True, slots=True)
class Shift:
    """Work from hour `first` until hour `last`, of the day after unless that is later; it begins on some weekdays, 0 being Monday."""

    first: int
    last: int
    weekdays: tuple[int, ...]

    def __str__(self) -> str:
        if self.passes_midnight:
            begins = "" if self.days == len(_DAYS) else f", beginning on {self._named(self.weekdays)}"
            return f"outside {self.span}{begins}"
        rest = self._named(set(range(len(_DAYS))) - set(self.weekdays))
        return f"outside {self.first:02}:00-{self.last:02}:00 UTC{f' and on {rest}' if rest else ''}"

    def _named(self, weekdays: Iterable[int]) -> str:
        return ", ".join(_DAYS[each] for each in sorted(weekdays))

    @property
    def span(self) -> str:
        """In words."""
        return f"{self.first:02}:00 UTC to {self.last:02}:00{' the day after' if self.passes_midnight else ''}"

    @property
    def passes_midnight(self) -> bool:
        """Whether it ends on another UTC day than it begins."""
        return self.last <= self.first

    @property
    def hours(self) -> int:
        """How long it is."""
        return self.last - self.first + 24 * self.passes_midnight

    @property
    def clocks(self) -> tuple[int, ...]:
        """Its hours of the clock, in their order."""
        return tuple(hour % 24 for hour in range(self.first, self.first + self.hours))

    @property
    def days(self) -> int:
        """How many days of the week."""
        return len(self.weekdays)

    @property
    def rests(self) -> int:
        """Hours of a week in which nobody works."""
        return _WEEK - self.days * self.hours

    @property
    def rests_at_least(self) -> int:
        """With a margin on every working day."""
        return _WEEK - self.days * min(24, self.hours + _MARGIN)


def working_hours(e: ServerEvidence, policy: Policy) -> Shift | None:
    """The span of hours and the weekdays in which any GPU worked; None where that is no working day or less than a week is known."""
    if len(e.hours) * 100 < policy.idle_hours * _MOST:
        return None
    return shift_of({load.hour.start for load in e.loads if load.peak_ppm >= policy.idle_below}, policy.longest_day)


def shift_of(busy: AbstractSet[Instant], longest: int) -> Shift | None:
    """Of all spans of at most `longest` hours that hold every busy hour that with most rest; hours are named by their begin."""
    shifts = (_from(first, busy) for first in {start % DAY // HOUR for start in busy})
    return max((shift for shift in shifts if shift.hours <= longest), key=_restful, default=None)


def _from(first: int, busy: AbstractSet[Instant]) -> Shift:
    begins = [start - first * HOUR for start in busy]
    last = first + max(begin % DAY // HOUR for begin in begins) + 1
    return Shift(
        first, (last - 1) % 24 + 1, tuple(sorted({(begin // DAY + _EPOCH_WAS) % len(_DAYS) for begin in begins}))
    )


def _restful(shift: Shift) -> tuple[int, bool, int]:
    return shift.rests, not shift.passes_midnight, -shift.first


_MOST = 95
"""Percent of the hours of a week that have to be known."""
