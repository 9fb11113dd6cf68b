"""What counters counted by the hour: differences of their own values, never extrapolated, never a lifetime.

An hour's count is the last value in it minus the last value in the hour before. A series that was not there then, though
its target showed others of its name, began at zero. Where the target was not there either (a new server, or a hole in
the scrapes), it is the last minus the first value of the hour itself: what was counted before the first sample is left
out, because a counter's lifetime must never be charged to one hour. Where a counter began again within the hour, its
samples are read one by one. What it counted between its last sample and its end nobody knows.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import TypeAlias

from aicost.core.window import HOUR, Instant, Window, floor
from aicost.sources.presets import SCRAPE, Own, Selectors
from aicost.sources.prometheus import Prometheus
from aicost.sources.prometheus_answers import Sample, TooLarge

Labels: TypeAlias = frozenset[tuple[str, str]]
RANK = "aicost_rank"
"""The label that says which selector of a count a series is of."""


@dataclass(frozen=True, slots=True)
class Readings:
    """One count's readings in hours, each at the hour's end: its last and its lowest value.

    Of the hours in which it began again, `restarted` has its increase and `samples` all that was scraped.
    """

    last: tuple[Sample, ...] = ()
    lowest: tuple[Sample, ...] = ()
    restarted: tuple[Sample, ...] = ()
    samples: tuple[Sample, ...] = ()


async def readings(prometheus: Prometheus, selectors: Selectors, hours: Window) -> Readings:
    """The readings of a count: three queries, and one for each selector and hour in which a counter began again.

    One where there is no series: of what has no last value nothing else is told.
    """
    first = Instant(hours.start + HOUR)
    again = "(increase({counter}[1h] offset 1ms) and resets({counter}[1h] offset 1ms) > 0)"
    last = await _steps(prometheus, "last_over_time({counter}[1h] offset 1ms)", selectors, hours.start, hours.end)
    if not last:
        return Readings()
    lowest, restarted = await asyncio.gather(
        _steps(prometheus, "min_over_time({counter}[1h] offset 1ms)", selectors, first, hours.end),
        _steps(prometheus, again, selectors, first, hours.end),
    )
    begun_again = sorted({(sample.labels[RANK], sample.at) for sample in restarted})
    samples = await asyncio.gather(*(_samples(prometheus, selectors, rank, at) for rank, at in begun_again))
    return Readings(last, lowest, restarted, tuple(sample for each in samples for sample in each))


async def _steps(
    prometheus: Prometheus, query: str, selectors: Selectors, first: Instant, last: Instant
) -> tuple[Sample, ...]:
    """The selectors' series side by side, each with its rank: `or` alone would drop those that differ in name only."""
    ranked = (
        f'label_replace({query.replace("{counter}", selector)}, "{RANK}", "{rank:02}", "", "")'
        for rank, selector in enumerate(selectors)
    )
    return await prometheus.steps(" or ".join(ranked), first, last, HOUR)


async def _samples(prometheus: Prometheus, selectors: Selectors, rank: str, at: Instant) -> list[Sample]:
    """All samples of an hour; none where they are too many, so that `increase`, which extrapolates, has to do."""
    try:
        found = await prometheus.scraped(f"{selectors[int(rank)]}[1h] offset 1ms", at)
    except TooLarge:
        return []
    return [replace(sample, labels={**sample.labels, RANK: rank}) for sample in found]


def increments(
    of: Readings, hours: Window, own: Callable[[Mapping[str, str], int], Own], scale: int = 1
) -> Iterator[tuple[Own, Instant, int]]:
    """What was counted in each hour (by its end), in units of 1/`scale`, once for all series that are `own` alike.

    `own` takes a series' labels and the number of the selector that it is of.
    """
    counter = _Counter.of(of)
    found: dict[tuple[Own, Instant], int] = {}
    for series, end in counter.last:
        labels = dict(series)
        rank = labels.pop(RANK, "0")
        if end > hours.start and rank == counter.ranks[_place(labels), end]:
            key = own(labels, int(rank)), end
            found[key] = max(round(counter.counted(series, end) * scale), found.get(key, 0))
    for (values, end), count in sorted(found.items()):
        yield values, end, count


@dataclass(frozen=True, slots=True)
class _Counter:
    """The readings by series and end of the hour. `targets` showed some series, `ranks` is the first name of a place."""

    last: Mapping[tuple[Labels, Instant], float]
    lowest: Mapping[tuple[Labels, Instant], float]
    restarted: Mapping[tuple[Labels, Instant], float]
    samples: Mapping[tuple[Labels, Instant], list[float]]
    targets: set[tuple[Labels, Instant]] = field(init=False, default_factory=set)
    ranks: dict[tuple[Own, Instant], str] = field(init=False, default_factory=dict)

    @classmethod
    def of(cls, read: Readings) -> _Counter:
        samples: dict[tuple[Labels, Instant], list[float]] = defaultdict(list)
        for sample in sorted(read.samples, key=lambda each: each.at):
            samples[_series(sample), Instant(floor(sample.at, HOUR) + HOUR)].append(sample.value)
        return cls(_by_series(read.last), _by_series(read.lowest), _by_series(read.restarted), samples)

    def __post_init__(self) -> None:
        for series, end in self.last:
            labels = dict(series)
            self.targets.add((_target(labels), end))
            rank, place = labels.get(RANK, "0"), (_place(labels), end)
            self.ranks[place] = min(rank, self.ranks.get(place, rank))

    def counted(self, series: Labels, end: Instant) -> float:
        """What the series counted in the hour that ends there."""
        before, value = self._before(series, end), self.last[series, end]
        if samples := self.samples.get((series, end)):
            values = samples if before is None else [before, *samples]
            return sum(now - then if now >= then else now for then, now in pairwise(values))
        if (series, end) in self.restarted:
            return self.restarted[series, end]
        low = self.lowest.get((series, end), value)
        if before is None:
            return value - low
        return value if low < before else value - before  # else it began again after the last sample of the hour before

    def _before(self, series: Labels, end: Instant) -> float | None:
        """Its value at the begin of the hour; None where nobody knows."""
        begin = Instant(end - HOUR)
        return self.last.get((series, begin), 0.0 if (_target(dict(series)), begin) in self.targets else None)


def _target(labels: Mapping[str, str]) -> Labels:
    """Whom a series was scraped from, and its name."""
    return frozenset((name, labels[name]) for name in (*SCRAPE, RANK) if name in labels)


def _place(labels: Mapping[str, str]) -> Own:
    """The pod that shows a series, or else its target: where several names of a count are one count."""
    pod = labels.get("namespace", ""), labels.get("pod", "")
    return pod if pod[1] else (labels.get("job", ""), labels.get("instance", ""))


def _by_series(samples: Iterable[Sample]) -> dict[tuple[Labels, Instant], float]:
    return {(_series(sample), sample.at): sample.value for sample in samples}


def _series(sample: Sample) -> Labels:
    return frozenset((name, value) for name, value in sample.labels.items() if name != "__name__")
