"""What gateways counted in Prometheus: who used which model with a shared key, day by day; it adds no money.

Prometheus keeps its samples for some weeks: a day whose begin it no longer has, or on which no series tell anything, was not
read, so that what is known of it stays. Days that are long over do not change, and are asked for once.
"""

from __future__ import annotations

import asyncio
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from functools import partial
from typing import TypeAlias

from aicost.core.declarations import Dimensions, Series, Source
from aicost.core.gaps import Feed, Gap
from aicost.core.identity import Labels
from aicost.core.modalities import as_told
from aicost.core.reasons import GapReason
from aicost.core.usage import Tokens, UsageRow
from aicost.core.window import DAY, Instant, Window, date
from aicost.ports import BillReading, Clock, Unavailable
from aicost.sources.by_caller import by_caller, matching
from aicost.sources.counters import Readings, readings
from aicost.sources.matchers import target, the_only
from aicost.sources.presets import PRESETS, Preset
from aicost.sources.prometheus import Prometheus, in_parts
from aicost.sources.prometheus_answers import Sample
from aicost.sources.tokens.client import Limits
from aicost.sources.tokens.daily import days_of, read_days

STILL_READ = 2 * DAY
"""After its end a day is read again for so long: samples may come late."""
PROVIDER = "provider"
REMEDY = "name the gateway's namespace in the source's prometheus.matchers"

Part: TypeAlias = tuple[Mapping[str, Readings], Window]
"""The readings of some hours, by the field of Tokens."""


class GatewayUsage:
    """Reads what a gateway counted, from its series in Prometheus, if one is configured."""

    def __init__(self, prometheus: Prometheus | None, clock: Clock) -> None:
        self._prometheus = prometheus
        self._clock = clock
        self._known: dict[tuple[str, Series | None, Instant], BillReading] = {}

    async def read(self, source: Source, over: Window) -> BillReading:
        """Each UTC day that the window touches: read, a gap that says why it could not be, or unknown; never any money."""
        reading = await read_days(source.name, over, {Feed.USAGE: partial(self._day, source)}, Limits())
        days = {day.start for day in days_of(over)}
        self._known = {of: kept for of, kept in self._known.items() if of[0] != source.name or of[2] in days}
        return replace(reading, gaps=tuple(_of_holes(reading)))

    async def _day(self, source: Source, day: Window) -> BillReading:
        of = source.name, source.series, day.start
        if of not in self._known:
            reading = await self._asked(source, day)
            if day.end + STILL_READ > self._clock.now():
                return reading
            self._known[of] = reading
        return self._known[of]

    async def _asked(self, source: Source, day: Window) -> BillReading:
        series = source.series
        if self._prometheus is None or series is None:
            raise Unavailable("no Prometheus is configured: set prometheus.url in the chart, AICOST_PROMETHEUS_URL")
        preset = PRESETS[series.preset]
        parts = await in_parts(partial(self._read, self._prometheus, preset), day)
        told = _believed(parts, series)
        counted = tuple(_samples(told, preset))
        held = await self._holds(self._prometheus, counted, day)
        if held and any(sample.at > day.start for sample in counted):
            return BillReading(usage=rows(source.name, series, told, day), usage_days=(day,))
        return BillReading(gaps=tuple(self._silent(source.name, series, day, held=held)))

    def _silent(self, source: str, series: Series, day: Window, *, held: bool) -> Iterator[Gap]:
        """The gap of a day that is over. What Prometheus does not hold any more may be known: of that, yesterday is told."""
        now = self._clock.now()
        if day.end <= now and (held or now < day.end + DAY):
            why = f"no series of {series.preset} tell of" if held else "Prometheus does not hold the begin of"
            message = f"UsageSource {source}: {why} {date(day.start)}"
            yield Gap(GapReason.METER_UNAVAILABLE, Feed.USAGE, day.start, message, source=source)

    async def _read(self, prometheus: Prometheus, preset: Preset, hours: Window) -> Part:
        asked = {**preset.counts, **preset.beside}
        read = await asyncio.gather(*(readings(prometheus, of, hours) for of in asked.values()))
        return dict(zip(asked, read, strict=True)), hours

    async def _holds(self, prometheus: Prometheus, counted: Iterable[Sample], day: Window) -> bool:
        """Whether Prometheus holds the day from its begin: series of the hour before, or any scrape of the day before."""
        if any(sample.at == day.start for sample in counted):
            return True
        return bool(await prometheus.instant("count(last_over_time(up[1d] offset 1ms))", day.start))


def rows(source: str, series: Series, parts: list[Part], day: Window) -> tuple[UsageRow, ...]:
    """The day's tokens by caller and model; a model is `provider/model` where the gateway says whom it called.

    Beside them how many requests were short, how many failed and how many tokens were audio, where its series tell; a caller may
    have failures alone.
    """
    preset = PRESETS[series.preset]
    labelled = replace(preset, labels={**preset.labels, PROVIDER: preset.provider})
    totals: dict[Dimensions, Tokens] = defaultdict(Tokens)
    beside: dict[Dimensions, Counter[str]] = defaultdict(Counter)
    for read, hours in parts:
        for of in by_caller(series, labelled, read, hours):
            caller = _of_provider(of.caller)
            if of.field in preset.beside:
                beside[caller][of.field] += of.count
            else:
                totals[caller] += replace(Tokens(), **{of.field: of.count})
    told = ((of, totals[of], as_told(totals[of], frozenset((+beside[of]).items()))) for of in {**totals, **beside})
    return tuple(UsageRow(source, day, *of) for of in told if of[1] != Tokens() or of[2])


def _of_holes(reading: BillReading) -> Iterator[Gap]:
    """The gaps without those of silent days before the gateway was there; where it never was, its last silent day's."""
    silent = [gap for gap in reading.gaps if gap.reason is GapReason.METER_UNAVAILABLE]
    first = min(
        (day.start for day in reading.usage_days), default=max((gap.since for gap in silent), default=Instant(0))
    )
    yield from (gap for gap in reading.gaps if gap not in silent or gap.since >= first)


def _of_provider(caller: Dimensions) -> Dimensions:
    """So that what a gateway sent to another provider never takes a part of this one's bill."""
    named = dict(caller)
    provider, model = named.pop(PROVIDER, ""), named.get("model", "")
    if provider and model and not model.startswith(f"{provider}/"):
        named["model"] = f"{provider}/{model}"
    return frozenset(named.items())


def _believed(parts: Iterable[Part], series: Series) -> list[Part]:
    """What the matchers select; without a namespace, of the only target that counts tokens. Raises Malformed for several."""
    told = _matching(parts, series.matchers)
    if "namespace" in dict(series.matchers):
        return told
    counting = (target(sample.labels) for sample in _samples(told, PRESETS[series.preset]))
    only = the_only(counting, series.preset, REMEDY)
    return _matching(told, frozenset(zip(("job", "namespace"), only, strict=True))) if only else []


def _matching(parts: Iterable[Part], matchers: Labels) -> list[Part]:
    return [({field: matching(each, matchers) for field, each in of.items()}, hours) for of, hours in parts]


def _samples(parts: Iterable[Part], preset: Preset) -> Iterator[Sample]:
    """The last sample of each hour of what counts tokens, at its end, the hour before the day too: nothing else says that it was there."""
    return (sample for of, _ in parts for field in preset.counts for sample in of[field].last)
