"""Time as values: instants in whole seconds, half-open UTC windows, hours, days and months.

Nothing here knows what time it is.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import NewType

Instant = NewType("Instant", int)
"""Whole seconds since 1970-01-01T00:00:00Z."""

MINUTE = 60
HOUR = 60 * MINUTE
DAY = 24 * HOUR
_ANY_MONTH_IS_SHORTER = 32
_MONTH = re.compile(r"[12]\d{3}-(0[1-9]|1[0-2])", re.ASCII)


def instant(text: str) -> Instant:
    """Read RFC 3339 (`2026-11-01T00:00:00Z`); fractions of a second are cut. Raises ValueError otherwise."""
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError(f"{text!r} has no time zone: write it as 2026-11-01T00:00:00Z")
    return Instant(int(moment.timestamp() // 1))


def rfc3339(at: Instant) -> str:
    """The instant as Kubernetes prints it: `2026-11-01T00:00:00Z`."""
    return f"{datetime.fromtimestamp(at, UTC).replace(tzinfo=None).isoformat()}Z"


def date(at: Instant) -> str:
    """The UTC date of the instant: `2026-11-01`."""
    return rfc3339(at)[:10]


def floor(at: Instant, step: int) -> Instant:
    """The latest multiple of `step` seconds since the epoch that is not after `at`."""
    return Instant(at - at % step)


@dataclass(frozen=True, slots=True, order=True)
class Window:
    """The half-open interval [start, end): never empty."""

    start: Instant
    end: Instant

    def __post_init__(self) -> None:
        if self.start >= self.end:
            raise ValueError(f"a window must end after it starts: {self}")

    def __str__(self) -> str:
        return f"[{rfc3339(self.start)}, {rfc3339(self.end)})"

    def __contains__(self, at: Instant) -> bool:
        return self.start <= at < self.end

    @property
    def seconds(self) -> int:
        """Its length."""
        return self.end - self.start

    def meets(self, other: Window) -> bool:
        """Whether an instant lies in both."""
        return self.start < other.end and other.start < self.end

    def overlap(self, other: Window) -> Window | None:
        """The part that both cover, or None."""
        return window(max(self.start, other.start), min(self.end, other.end))

    def pieces(self, step: int) -> Iterator[Window]:
        """Its parts, cut at the multiples of `step` seconds since the epoch, in order."""
        start = self.start
        while start < self.end:
            end = min(Instant(floor(start, step) + step), self.end)
            yield Window(start, end)
            start = end


def window(start: Instant, end: Instant) -> Window | None:
    """The window from `start` to `end`, or None when there is nothing between them."""
    return Window(start, end) if start < end else None


def hour_of(at: Instant) -> Window:
    """The UTC hour that holds the instant."""
    start = floor(at, HOUR)
    return Window(start, Instant(start + HOUR))


def day_of(at: Instant) -> Window:
    """The UTC day that holds the instant."""
    start = floor(at, DAY)
    return Window(start, Instant(start + DAY))


@dataclass(frozen=True, slots=True, order=True)
class Period:
    """A UTC calendar month, written `2026-11`."""

    month: str

    def __post_init__(self) -> None:
        if not _MONTH.fullmatch(self.month):
            raise ValueError(f"{self.month!r} is not a month: write it as 2026-11")

    def __str__(self) -> str:
        return self.month

    @classmethod
    def of(cls, at: Instant) -> Period:
        """The month that holds the instant."""
        return cls(rfc3339(at)[:7])

    @property
    def window(self) -> Window:
        """From the first of the month to the first of the next."""
        first = datetime.fromisoformat(f"{self.month}-01T00:00:00+00:00")
        following = (first + timedelta(days=_ANY_MONTH_IS_SHORTER)).replace(day=1)
        return Window(Instant(int(first.timestamp())), Instant(int(following.timestamp())))

    @property
    def previous(self) -> Period:
        """The month before."""
        return Period.of(Instant(self.window.start - 1))


class Span(StrEnum):
    """What a budget is for: a calendar month, quarter or year in UTC."""

    MONTH = "Month"
    QUARTER = "Quarter"
    YEAR = "Year"

    def months(self, until: Period) -> tuple[Period, ...]:
        """Its months up to this one, from its first on."""
        year, month = until.month[:5], int(until.month[5:])
        first = month - (month - 1) % _MONTHS[self]
        return tuple(Period(f"{year}{each:02}") for each in range(first, month + 1))


_MONTHS = {Span.MONTH: 1, Span.QUARTER: 3, Span.YEAR: 12}
