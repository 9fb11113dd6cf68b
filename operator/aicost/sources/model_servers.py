"""What vLLM servers counted, by pod, model and hour, as `counters` reads it."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import TypeAlias

from aicost.core.usage import PodTokens, Tokens
from aicost.core.window import HOUR, Instant, Window
from aicost.sources.counters import Readings, increments, readings
from aicost.sources.hours import whole_hours
from aicost.sources.prometheus import Prometheus, in_parts

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
        read = await asyncio.gather(*(readings(self._prometheus, names, hours) for names in COUNTERS.values()))
        return tuple(counted(dict(zip(COUNTERS, read, strict=True)), hours))


def counted(read: Mapping[str, Readings], hours: Window) -> Iterator[PodTokens]:
    """The counts of each pod, model and hour. Readings are by the field of Tokens."""
    totals: dict[Served, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for field, of in read.items():
        for (namespace, pod, model, *_), end, count in increments(of, hours, _own):
            if namespace and pod:
                totals[namespace, pod, model, end][field] += count
    for (namespace, pod, model, end), counts in sorted(totals.items()):
        yield PodTokens(namespace, pod, model, Window(Instant(end - HOUR), end), Tokens(**counts))


def _own(labels: Mapping[str, str]) -> tuple[str, ...]:
    """Namespace and pod of the scrape, then the model, then what vLLM counts apart."""
    return (labels.get("namespace", ""), labels.get("pod", ""), *(labels.get(name, "") for name in _COUNTED_APART))
