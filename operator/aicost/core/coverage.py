"""Arithmetic of windows: what is covered and what is missing. Sets of windows are sorted, disjoint and not touching."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TypeAlias

from aicost.core.window import DAY, Instant, Window, window

Coverage: TypeAlias = tuple[Window, ...]


@dataclass(frozen=True, slots=True)
class Progress:
    """How many of the UTC days of a window are done."""

    done: int
    total: int

    def __str__(self) -> str:
        return f"{self.done} of {self.total} days"


def most_at_once(counts: Iterable[tuple[int, Window]]) -> int:
    """The largest sum of counts whose windows share an instant. Windows are half-open: an end frees what it counted."""
    changes: dict[int, int] = defaultdict(int)
    for count, over in counts:
        changes[over.start] += count
        changes[over.end] -= count
    there = most = 0
    for at in sorted(changes):
        there += changes[at]
        most = max(most, there)
    return most


def union(windows: Iterable[Window]) -> Coverage:
    """The windows as few as possible: overlapping and touching ones are one."""
    joined: list[Window] = []
    for each in sorted(windows):
        if joined and each.start <= joined[-1].end:
            joined[-1] = Window(joined[-1].start, max(joined[-1].end, each.end))
        else:
            joined.append(each)
    return tuple(joined)


def missing(needed: Window, covered: Coverage) -> Coverage:
    """The parts of a window that nothing covers."""
    gaps: list[Window | None] = []
    start = needed.start
    for known in covered:
        gaps.append(window(start, min(known.start, needed.end)))
        start = max(start, known.end)
    gaps.append(window(start, needed.end))
    return tuple(gap for gap in gaps if gap)


def progress(over: Window, left: Coverage) -> Progress:
    """The days of a window of which nothing is left to do."""
    days = tuple(over.pieces(DAY))
    return Progress(sum(not any(day.overlap(part) for part in left) for day in days), len(days))


def within(covered: Coverage, over: Window) -> Coverage:
    """The covered parts of a window."""
    return tuple(common for known in covered if (common := known.overlap(over)))


def reaches(covered: Coverage, since: Instant) -> Instant:
    """How far coverage goes on without a hole from an instant; the instant itself where it is not covered."""
    return next((known.end for known in covered if since in known), since)
