"""What vLLM servers counted, by pod, model and hour: differences of the counters' own values, never extrapolated.

An hour's count is the last value in it minus the last value in the hour before. Where that hour has no sample (a new
server, or a hole in the scrapes), it is the last minus the first value of the hour itself: the tokens before the
first sample are left out, because a counter's lifetime must never be charged to one hour. Where a counter began again
within the hour, the differences cannot be had exactly: Prometheus' `increase` is taken, rounded, which may be off by
what two scrape intervals hold.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from aicost.core.usage import PodTokens, Tokens
from aicost.core.window import HOUR, Instant, Window
from aicost.sources.hours import whole_hours
from aicost.sources.prometheus import Prometheus, in_parts
from aicost.sources.prometheus_answers import Sample

COUNTERS = {
    "input": ("vllm:prompt_tokens_total",),
    "cached_input": (
        "vllm:prompt_tokens_cached_total",
        "vllm:prefix_cache_hits_total",
        "vllm:gpu_prefix_cache_hits_total",
    ),
    "output": ("vllm:generation_tokens_total",),
    "requests": ("vllm:request_success_total",),
}
"""vLLM's counters by the field of Tokens; the first name that a server has counts, older versions come later."""

_COUNTED_APART = ("model_name", "engine", "finished_reason")
"""Labels of vLLM's own; series that differ in others only are the same count scraped twice."""

Served: TypeAlias = tuple[str, str, str, Instant]
"""Namespace, pod, model and the end of an hour."""


@dataclass(frozen=True, slots=True)
class Readings:
    """One counter's readings in hours, each at the hour's end: its last and its lowest value.

    `restarted` has its increase, of the hours in which it began again.
    """

    last: tuple[Sample, ...] = ()
    lowest: tuple[Sample, ...] = ()
    restarted: tuple[Sample, ...] = ()


class VllmServers:
    """TokenMeter from vLLM's own metrics; who a server belongs to is told by the scrape's `namespace` and `pod`."""

    def __init__(self, prometheus: Prometheus) -> None:
        self._prometheus = prometheus

    async def pod_tokens(self, over: Window) -> tuple[PodTokens, ...]:
        """By pod, model and whole hour of the window. Raises Unavailable, Malformed or Forbidden."""
        hours = whole_hours(over)
        if hours is None:
            return ()
        parts = await in_parts(self._part, hours)
        return tuple(tokens for part in parts for tokens in part)

    async def _part(self, hours: Window) -> tuple[PodTokens, ...]:
        readings = await asyncio.gather(*(self._read(names, hours) for names in COUNTERS.values()))
        return tuple(counted(dict(zip(COUNTERS, readings, strict=True)), hours))

    async def _read(self, names: tuple[str, ...], hours: Window) -> Readings:
        last, lowest, restarted = await asyncio.gather(
            self._steps("last_over_time({counter}[1h] offset 1ms)", names, hours.start, hours.end),
            self._steps("min_over_time({counter}[1h] offset 1ms)", names, Instant(hours.start + HOUR), hours.end),
            self._steps(
                "(increase({counter}[1h] offset 1ms) and resets({counter}[1h] offset 1ms) > 0)",
                names,
                Instant(hours.start + HOUR),
                hours.end,
            ),
        )
        return Readings(last, lowest, restarted)

    async def _steps(self, query: str, names: tuple[str, ...], first: Instant, last: Instant) -> tuple[Sample, ...]:
        either = " or ".join(query.replace("{counter}", name) for name in names)
        return await self._prometheus.steps(either, first, last, HOUR)


def counted(readings: Mapping[str, Readings], hours: Window) -> Iterator[PodTokens]:
    """The counts of each pod, model and hour. `readings` are by the field of Tokens."""
    totals: dict[Served, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for field, of in readings.items():
        for (namespace, pod, model, *_), end, count in _increments(of, hours):
            totals[namespace, pod, model, end][field] += count
    for (namespace, pod, model, end), counts in sorted(totals.items()):
        yield PodTokens(namespace, pod, model, Window(Instant(end - HOUR), end), Tokens(**counts))


def _increments(of: Readings, hours: Window) -> Iterator[tuple[tuple[str, ...], Instant, int]]:
    """What each series counted in each hour, once."""
    last, lowest, restarted = _by_series(of.last), _by_series(of.lowest), _by_series(of.restarted)
    found: dict[tuple[tuple[str, ...], Instant], int] = {}
    for (series, end), value in last.items():
        if end <= hours.start:
            continue
        low = lowest.get((series, end), value)
        before = last.get((series, Instant(end - HOUR)), low)
        since = 0 if low < before else before  # it began again between the last sample of the hour before and its first
        key = _own(dict(series)), end
        found[key] = max(round(restarted.get((series, end), value - since)), found.get(key, 0))
    for (own, end), count in sorted(found.items()):
        if own[0] and own[1]:
            yield own, end, count


def _by_series(samples: Iterable[Sample]) -> dict[tuple[frozenset[tuple[str, str]], Instant], float]:
    return {
        (
            frozenset((name, value) for name, value in sample.labels.items() if name != "__name__"),
            sample.at,
        ): sample.value
        for sample in samples
    }


def _own(labels: Mapping[str, str]) -> tuple[str, ...]:
    """Namespace and pod of the scrape, then the model, then what vLLM counts apart."""
    return (labels.get("namespace", ""), labels.get("pod", ""), *(labels.get(name, "") for name in _COUNTED_APART))
