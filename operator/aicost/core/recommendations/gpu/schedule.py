"""When somebody works with interactive GPUs: from which hour to which, and on which days of the week. UTC."""

from __future__ import annotations

from dataclasses import dataclass

from aicost.core.recommendations.gpu.evidence import ServerEvidence
from aicost.core.recommendations.gpu.policy import Policy
from aicost.core.window import DAY, HOUR

_WEEK = 168
_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_EPOCH_WAS = 3
"""1 January 1970 was a Thursday."""
_MARGIN = 2
"""Hours a day that people may come earlier or stay longer."""


@dataclass(frozen=True, slots=True)
class Shift:
    """Work from hour `first` until hour `last` on some weekdays, 0 being Monday."""

    first: int
    last: int
    weekdays: tuple[int, ...]

    def __str__(self) -> str:
        rest = ", ".join(day for index, day in enumerate(_DAYS) if index not in self.weekdays)
        return f"outside {self.first:02}:00-{self.last:02}:00 UTC{f' and on {rest}' if rest else ''}"

    @property
    def days(self) -> int:
        """How many days of the week."""
        return len(self.weekdays)

    @property
    def rests(self) -> int:
        """Hours of a week in which nobody works."""
        return _WEEK - self.days * (self.last - self.first)

    @property
    def rests_at_least(self) -> int:
        """With a margin on every working day."""
        return _WEEK - self.days * min(24, self.last - self.first + _MARGIN)


def working_hours(e: ServerEvidence, policy: Policy) -> Shift | None:
    """The span of hours and the weekdays in which any GPU worked; None where that is no working day or less than a week is known."""
    if len(e.hours) * 100 < policy.idle_hours * _MOST:
        return None
    busy = {load.hour.start for load in e.loads if load.peak_ppm >= policy.idle_below}
    clock = {start % DAY // HOUR for start in busy}
    days = tuple(sorted({(start // DAY + _EPOCH_WAS) % len(_DAYS) for start in busy}))
    if not clock or max(clock) + 1 - min(clock) > policy.longest_day:
        return None
    return Shift(min(clock), max(clock) + 1, days)


_MOST = 95
"""Percent of the hours of a week that have to be known."""
