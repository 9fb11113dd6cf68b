"""What counters counted by the hour: differences of their own values, never extrapolated, never a lifetime.

An hour's count is the last value in it minus the last value in the hour before. Where that hour has no sample (a new
server, or a hole in the scrapes), it is the last minus the first value of the hour itself: what was counted before the
first sample is left out, because a counter's lifetime must never be charged to one hour. Where a counter began again
within the hour, the differences cannot be had exactly: Prometheus' `increase` is taken, rounded, which may be off by
what two scrape intervals hold.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from aicost.core.window import HOUR, Instant, Window
from aicost.sources.prometheus import Prometheus
from aicost.sources.prometheus_answers import Sample

Own: TypeAlias = tuple[str, ...]
"""The values of the labels that tell counts apart; series that differ in others only are one count scraped twice."""


@dataclass(frozen=True, slots=True)
class Readings:
    """One counter's readings in hours, each at the hour's end: its last and its lowest value.

    `restarted` has its increase, of the hours in which it began again.
    """

    last: tuple[Sample, ...] = ()
    lowest: tuple[Sample, ...] = ()
    restarted: tuple[Sample, ...] = ()


async def readings(prometheus: Prometheus, names: tuple[str, ...], hours: Window) -> Readings:
    """The readings of a counter, of which the first name that a server has counts: three queries."""
    first = Instant(hours.start + HOUR)
    last, lowest, restarted = await asyncio.gather(
        _steps(prometheus, "last_over_time({counter}[1h] offset 1ms)", names, hours.start, hours.end),
        _steps(prometheus, "min_over_time({counter}[1h] offset 1ms)", names, first, hours.end),
        _steps(
            prometheus,
            "(increase({counter}[1h] offset 1ms) and resets({counter}[1h] offset 1ms) > 0)",
            names,
            first,
            hours.end,
        ),
    )
    return Readings(last, lowest, restarted)


async def _steps(
    prometheus: Prometheus, query: str, names: tuple[str, ...], first: Instant, last: Instant
) -> tuple[Sample, ...]:
    either = " or ".join(query.replace("{counter}", name) for name in names)
    return await prometheus.steps(either, first, last, HOUR)


def increments(
    of: Readings, hours: Window, own: Callable[[Mapping[str, str]], Own], scale: int = 1
) -> Iterator[tuple[Own, Instant, int]]:
    """What was counted in each hour (by its end), in units of 1/`scale`, once for all series of the same `own` labels."""
    last, lowest, restarted = _by_series(of.last), _by_series(of.lowest), _by_series(of.restarted)
    found: dict[tuple[Own, Instant], int] = {}
    for (series, end), value in last.items():
        if end <= hours.start:
            continue
        low = lowest.get((series, end), value)
        before = last.get((series, Instant(end - HOUR)), low)
        since = 0 if low < before else before  # it began again between the last sample of the hour before and its first
        key = own(dict(series)), end
        found[key] = max(round(restarted.get((series, end), value - since) * scale), found.get(key, 0))
    for (labels, end), count in sorted(found.items()):
        yield labels, end, count


def _by_series(samples: Iterable[Sample]) -> dict[tuple[frozenset[tuple[str, str]], Instant], float]:
    return {
        (
            frozenset((name, value) for name, value in sample.labels.items() if name != "__name__"),
            sample.at,
        ): sample.value
        for sample in samples
    }
