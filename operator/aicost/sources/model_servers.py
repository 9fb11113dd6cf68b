"""What model servers counted, by pod, model and hour, as `counters` reads it, whichever server it is."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Iterator, Mapping
from functools import partial
from typing import TypeAlias

from aicost.core.usage import PodTokens, Tokens
from aicost.core.window import HOUR, Instant, Window
from aicost.sources.counters import Readings, increments, readings
from aicost.sources.hours import whole_hours
from aicost.sources.presets import PRESETS, Own, first_of
from aicost.sources.prometheus import Prometheus, in_parts

COUNTERS = {
    field: tuple(
        (preset, selector) for preset in PRESETS.values() if preset.serves for selector in preset.counts.get(field, ())
    )
    for field in ("input", "cached_input", "output", "requests")
} | {
    "aborted": tuple((preset, selector) for preset in PRESETS.values() if preset.serves for selector in preset.aborted)
}
"""The selectors of all model servers' presets, by the field of Tokens or of PodTokens."""

_OF_REQUESTS = frozenset(("requests", "aborted"))

Served: TypeAlias = tuple[str, str, str, Instant]
"""Namespace, pod, model and the end of an hour."""


class ModelServers:
    """TokenMeter from the servers' own metrics; who a server belongs to is told by the scrape's `namespace` and `pod`."""

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
        selectors = (tuple(selector for _, selector in of) for of in COUNTERS.values())
        read = await asyncio.gather(*(readings(self._prometheus, each, hours) for each in selectors))
        return tuple(counted(dict(zip(COUNTERS, read, strict=True)), hours))


def counted(read: Mapping[str, Readings], hours: Window) -> Iterator[PodTokens]:
    """The counts of each pod, model and hour. Readings are by the field of Tokens or of PodTokens.

    A server that tells of aborted requests shows no series of them before the first one: till then there were none.
    """
    totals: dict[Served, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for field, of in read.items():
        for (namespace, pod, model, aborts, *_), end, count in increments(of, hours, partial(_own, field)):
            if namespace and pod:
                counts = totals[namespace, pod, model, end]
                counts[field] += count
                if aborts:
                    counts.setdefault("aborted", 0)
    for (namespace, pod, model, end), counts in sorted(totals.items()):
        aborted = counts.pop("aborted", None)
        yield PodTokens(namespace, pod, model, Window(Instant(end - HOUR), end), Tokens(**counts), aborted)


def _own(field: str, labels: Mapping[str, str], rank: int) -> Own:
    """Namespace and pod of the scrape, the model, whether it tells of aborted requests, then what the server counts apart."""
    preset, _ = COUNTERS[field][rank]
    model = first_of(labels, preset.labels.get("model", ()))
    return (
        labels.get("namespace", ""),
        labels.get("pod", ""),
        model,
        "aborts" if preset.aborted and field in _OF_REQUESTS else "",
        *preset.own(labels),
    )
