"""What callers had of metered model servers, from the series of a router or server that carry a caller's label.

All sources of a preset share its queries.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial

from aicost.core.declarations import Dimensions, Source
from aicost.core.usage import CallerUse, Served
from aicost.core.window import HOUR, Instant, Window
from aicost.sources.by_caller import by_caller
from aicost.sources.counters import Readings, readings
from aicost.sources.hours import whole_hours
from aicost.sources.presets import PRESETS, Preset
from aicost.sources.prometheus import Prometheus, in_parts


class CallerSeries:
    """CallerMeter from Prometheus."""

    def __init__(self, prometheus: Prometheus) -> None:
        self._prometheus = prometheus

    async def caller_use(self, sources: Sequence[Source], over: Window) -> tuple[CallerUse, ...]:
        """Each preset's series are asked for once. Raises Unavailable, Malformed or Forbidden."""
        hours = whole_hours(over)
        found: list[CallerUse] = []
        for name, preset in PRESETS.items():
            alike = [source for source in sources if source.series and source.series.preset == name]
            if hours and alike:
                for part in await in_parts(partial(self._read, preset), hours):
                    found += (use for source in alike for use in metered(source, preset, *part))
        return tuple(found)

    async def _read(self, preset: Preset, hours: Window) -> tuple[Mapping[str, Readings], Window]:
        of = preset.by_caller
        read = await asyncio.gather(*(readings(self._prometheus, selectors, hours) for selectors in of.values()))
        return dict(zip(of, read, strict=True)), hours


def metered(source: Source, preset: Preset, read: Mapping[str, Readings], hours: Window) -> Iterator[CallerUse]:
    """What the callers of a source had in each hour. An hour of which its series tell nothing has no use at all."""
    sums: dict[Instant, dict[Dimensions, Served]] = defaultdict(lambda: defaultdict(Served))
    for of in by_caller(source.series, preset, read, hours) if source.series else ():
        sums[of.end][of.caller] += replace(Served(), **{of.field: of.count})
    for end, callers in sorted(sums.items()):
        yield from _uses(source.name, Window(Instant(end - HOUR), end), callers)


def _uses(source: str, hour: Window, callers: Mapping[Dimensions, Served]) -> Iterator[CallerUse]:
    """Who had something; where nobody had, that the series are there."""
    some = {caller: served for caller, served in callers.items() if served != Served()}
    for caller, served in sorted((some or {frozenset(): Served()}).items(), key=lambda of: sorted(of[0])):
        yield CallerUse(source, hour, caller, served)
