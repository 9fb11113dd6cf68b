"""What callers had of metered model servers, from the series of a router or server that carry a caller's label.

All sources of a preset share its queries; which series are whose is told by their matchers, here: nothing that
anybody declared comes into a query.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial

from aicost.core.declarations import Dimensions, Meter, Source
from aicost.core.usage import CallerUse, Served
from aicost.core.window import HOUR, Instant, Window
from aicost.ports import Malformed
from aicost.sources.counters import Readings, increments, readings
from aicost.sources.hours import whole_hours
from aicost.sources.presets import PRESETS, Own, Preset, first_of
from aicost.sources.prometheus import Prometheus, in_parts
from aicost.sources.prometheus_answers import Sample

_MICROSECONDS = 1_000_000
_MOST = 2**53
"""The largest count of an hour that is believed: beyond it floats lose units."""
_PLACE = ("namespace", "pod", "instance")


class CallerSeries:
    """CallerMeter from Prometheus."""

    def __init__(self, prometheus: Prometheus) -> None:
        self._prometheus = prometheus

    async def caller_use(self, sources: Sequence[Source], over: Window) -> tuple[CallerUse, ...]:
        """Each preset's series are asked for once. Raises Unavailable, Malformed or Forbidden."""
        hours = whole_hours(over)
        found: list[CallerUse] = []
        for name, preset in PRESETS.items():
            alike = [source for source in sources if source.meter and source.meter.preset == name]
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
    meter = source.meter
    if meter is None:
        return
    labels = {**preset.labels, **{dimension: (label,) for dimension, label in meter.labels}}
    dimensions = sorted(labels)
    sums: dict[Instant, dict[Dimensions, Served]] = defaultdict(lambda: defaultdict(Served))

    def own(of: Mapping[str, str], _: int) -> Own:
        values = (first_of(of, labels[name]) for name in dimensions)
        return (*values, *(of.get(name, "") for name in _PLACE), *preset.own(of))

    for name, of in read.items():
        scale = _MICROSECONDS if name in {"prefill", "decode"} else 1
        for values, end, count in increments(_matching(of, meter), hours, own, scale):
            if count > _MOST:
                raise Malformed(f"a series of UsageSource {source.name} counts more in an hour than can be: {name}")
            caller = frozenset((dim, value) for dim, value in zip(dimensions, values, strict=False) if value)
            sums[end][caller] += replace(Served(), **{name: count})
    for end, callers in sorted(sums.items()):
        yield from _uses(source.name, Window(Instant(end - HOUR), end), callers)


def _uses(source: str, hour: Window, callers: Mapping[Dimensions, Served]) -> Iterator[CallerUse]:
    """Who had something; where nobody had, that the series are there."""
    some = {caller: served for caller, served in callers.items() if served != Served()}
    for caller, served in sorted((some or {frozenset(): Served()}).items(), key=lambda of: sorted(of[0])):
        yield CallerUse(source, hour, caller, served)


def _matching(of: Readings, meter: Meter) -> Readings:
    all_of = of.last, of.lowest, of.restarted, of.samples
    return Readings(*(tuple(_selected(samples, meter)) for samples in all_of))


def _selected(samples: Iterable[Sample], meter: Meter) -> Iterator[Sample]:
    return (each for each in samples if all(each.labels.get(name, "") == value for name, value in meter.matchers))
