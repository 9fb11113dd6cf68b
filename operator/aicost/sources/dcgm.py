"""How busy cards were, from dcgm-exporter's series: hourly averages of the best signal that a card has.

Utilisation never says who pays (accounting rule 1).
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator, Mapping

from aicost.core.identity import Labels
from aicost.core.usage import FULLY_BUSY_PPM, SIGNALS, CardUse
from aicost.core.window import HOUR, Instant, Window
from aicost.sources.dcgm_holders import Holder, Holders
from aicost.sources.hours import whole_hours
from aicost.sources.matchers import selecting
from aicost.sources.prometheus import Prometheus, in_parts
from aicost.sources.prometheus_answers import Sample
from aicost.sources.recorded import filled

FULL_SCALE = {"DCGM_FI_PROF_SM_ACTIVE": 1, "DCGM_FI_PROF_GR_ENGINE_ACTIVE": 1, "DCGM_FI_DEV_GPU_UTIL": 100}
"""The value of each signal that means fully busy. An average outside 0 to this holds one of DCGM's marks for blank
(2147483632 and the like) or its known corruptions, and is not used: another signal may speak for that hour."""

UP = "last_over_time(up[$wide]) and on (job, instance) last_over_time(DCGM_FI_DEV_FB_USED{$only}[$wide])"
"""The exporters' scrapes: their target labels name the exporters' own pods."""

Moment = tuple[str, Holder, Instant]
"""Card, holder and the end of an hour."""


class Dcgm:
    """UtilisationSource from dcgm-exporter; `only` are the labels of its scrape, and without any all targets count."""

    def __init__(self, prometheus: Prometheus, only: Labels = frozenset()) -> None:
        self._prometheus = prometheus
        self._only = only

    async def card_use(self, over: Window) -> tuple[CardUse, ...]:
        """By card, pod and whole hour of the window. Raises Unavailable, Malformed or Forbidden."""
        hours = whole_hours(over)
        if hours is None:
            return ()
        parts = await in_parts(self._part, hours)
        return tuple(use for part in parts for use in part)

    async def _part(self, hours: Window) -> tuple[CardUse, ...]:
        up, *averages = await asyncio.gather(
            self._prometheus.instant(filled(UP, hours, HOUR, self._only), hours.end),
            *(self._average(signal, hours) for signal in SIGNALS),
        )
        holders = Holders(sample.labels for sample in up)
        return tuple(best(dict(zip(SIGNALS, averages, strict=True)), holders))

    async def _average(self, signal: str, hours: Window) -> tuple[Sample, ...]:
        """At the end of each hour; the millisecond keeps the sample at the end itself for the next hour."""
        query = f"avg_over_time({signal}{{{selecting(self._only)}}}[1h] offset 1ms)"
        return await self._prometheus.steps(query, Instant(hours.start + HOUR), hours.end, HOUR)


def best(averages: Mapping[str, Iterable[Sample]], holders: Holders) -> Iterator[CardUse]:
    """One record for each card, holder and hour, by the most honest signal that has a possible value.

    Several series of a card and holder are the same reading again (two exporters, two Prometheus): the highest counts.
    """
    chosen: dict[Moment, tuple[str, int]] = {}
    for signal in reversed(SIGNALS):
        chosen |= {moment: (signal, ppm) for moment, ppm in _read(signal, averages.get(signal, ()), holders).items()}
    for (card, holder, end), (signal, ppm) in sorted(chosen.items(), key=lambda item: in_time(item[0])):
        hour = Window(Instant(end - HOUR), end)
        yield CardUse(holder.namespace, holder.pod, card, hour, signal, ppm)


def _read(signal: str, samples: Iterable[Sample], holders: Holders) -> dict[Moment, int]:
    read: dict[Moment, int] = {}
    for sample in samples:
        holder, card = holders.of(sample.labels), card_of(sample.labels)
        if holder is None or not card or not 0 <= sample.value <= FULL_SCALE[signal]:
            continue
        ppm = round(sample.value * FULLY_BUSY_PPM / FULL_SCALE[signal])
        moment = card, holder, sample.at
        read[moment] = max(ppm, read.get(moment, 0))
    return read


def card_of(labels: Mapping[str, str]) -> str:
    """The card's UUID, with the instance's id behind a slash under MIG."""
    uuid, instance = labels.get("UUID", ""), labels.get("GPU_I_ID", "")
    return f"{uuid}/{instance}" if uuid and instance else uuid


def in_time(moment: Moment) -> tuple[int, str, str, str]:
    """What sorts moments: by hour, then by card and holder."""
    card, holder, end = moment
    return end, card, holder.namespace, holder.pod
