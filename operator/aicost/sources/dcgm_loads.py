"""How hard cards worked, hour by hour, from dcgm-exporter's series: what `core.loads.CardLoad` holds.

A constant number of queries for a window, one for each row of `READINGS`, whatever the number of cards.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from aicost.core.identity import Labels
from aicost.core.loads import CardLoad
from aicost.core.usage import FULLY_BUSY_PPM, SIGNALS
from aicost.core.window import HOUR, Instant, Window
from aicost.sources.dcgm import FULL_SCALE, UP, Moment, card_of, in_time
from aicost.sources.dcgm_holders import Holders
from aicost.sources.matchers import selecting
from aicost.sources.prometheus import Prometheus
from aicost.sources.prometheus_answers import Sample
from aicost.sources.recorded import filled

_MEAN, _PEAK, _LOW = "avg_over_time(", "max_over_time(", "min_over_time("
_HIGH, _COUNT, _LAST = "quantile_over_time(0.95, ", "count_over_time(", "last_over_time("
_DUTY = SIGNALS[-1]
_MOST_SAMPLES = 10 * HOUR
_MOST_MIB = 2**30
_MOST_WATTS = 100_000
_MOST_BYTES = 2**50
"""Beyond these no card is: DCGM's marks for blank (2147483632 and those from 2^62 on) are, and are no value."""


@dataclass(frozen=True, slots=True)
class Reading:
    """One query: a function over the hours of a series. A value from 0 to `most` counts, as so many whole `units` of each."""

    over_time: str
    series: str
    most: float
    units: float = 1
    choose: Callable[[int, int], int] = max

    def query(self, only: Labels) -> str:
        """At the end of an hour; the millisecond keeps the sample at the end itself for the next hour."""
        return f"{self.over_time}{self.series}{{{selecting(only)}}}[1h] offset 1ms)"


def _share(over_time: str, series: str) -> Reading:
    most = FULL_SCALE.get(series, 1)
    return Reading(over_time, series, most, FULLY_BUSY_PPM / most)


READINGS: Mapping[str, Reading] = {
    **{f"mean {signal}": _share(_MEAN, signal) for signal in SIGNALS},
    **{f"high {signal}": _share(_HIGH, signal) for signal in SIGNALS},
    **{f"peak {signal}": _share(_PEAK, signal) for signal in SIGNALS},
    **{f"samples {signal}": Reading(_COUNT, signal, _MOST_SAMPLES) for signal in SIGNALS},
    "tensor_peak_ppm": _share(_PEAK, "DCGM_FI_PROF_PIPE_TENSOR_ACTIVE"),
    "bandwidth_mean_ppm": _share(_MEAN, "DCGM_FI_PROF_DRAM_ACTIVE"),
    "bandwidth_peak_ppm": _share(_PEAK, "DCGM_FI_PROF_DRAM_ACTIVE"),
    "memory_peak_mib": Reading(_PEAK, "DCGM_FI_DEV_FB_USED", _MOST_MIB),
    "used": Reading(_LAST, "DCGM_FI_DEV_FB_USED", _MOST_MIB),
    "free": Reading(_LAST, "DCGM_FI_DEV_FB_FREE", _MOST_MIB),
    "reserved": Reading(_LAST, "DCGM_FI_DEV_FB_RESERVED", _MOST_MIB),
    "power_low_mw": Reading(_LOW, "DCGM_FI_DEV_POWER_USAGE", _MOST_WATTS, 1000, min),
    "power_peak_mw": Reading(_PEAK, "DCGM_FI_DEV_POWER_USAGE", _MOST_WATTS, 1000),
    "pcie_peak_bytes": Reading(_PEAK, "DCGM_FI_PROF_PCIE_RX_BYTES", _MOST_BYTES),
}
"""What is asked for, by the field of CardLoad or by what it is put together from."""
_FIELDS = tuple(name for name in READINGS if name in CardLoad.__slots__)

Known: TypeAlias = Mapping[str, int]
"""The values of a card, holder and hour that are possible, by the name of their reading."""


async def card_loads(prometheus: Prometheus, only: Labels, hours: Window) -> tuple[CardLoad, ...]:
    """Of whole hours, by hour, card and pod. Raises Unavailable, TooLarge, Malformed or Forbidden."""
    first = Instant(hours.start + HOUR)
    up, *read = await asyncio.gather(
        prometheus.instant(filled(UP, hours, HOUR, only), hours.end),
        *(prometheus.steps(reading.query(only), first, hours.end, HOUR) for reading in READINGS.values()),
    )
    holders = Holders(sample.labels for sample in up)
    return tuple(loads(dict(zip(READINGS, read, strict=True)), holders))


def loads(read: Mapping[str, Iterable[Sample]], holders: Holders) -> Iterator[CardLoad]:
    """One load for each card, holder and hour of which a signal tells.

    Several series of a card and holder are the same reading again (sharers, containers, two exporters): the highest counts.
    """
    known: dict[Moment, dict[str, int]] = defaultdict(dict)
    for name, samples in read.items():
        for sample in samples:
            _note(known, name, sample, holders)
    for moment in sorted(known, key=in_time):
        if (load := _load(moment, known[moment])) is not None:
            yield load


def _note(known: dict[Moment, dict[str, int]], name: str, sample: Sample, holders: Holders) -> None:
    reading, holder, card = READINGS[name], holders.of(sample.labels), card_of(sample.labels)
    if holder is None or not card or not 0 <= sample.value <= reading.most:
        return
    values, value = known[card, holder, sample.at], round(sample.value * reading.units)
    values[name] = reading.choose(value, values[name]) if name in values else value


def _load(moment: Moment, known: Known) -> CardLoad | None:
    card, holder, end = moment
    signal = next((each for each in SIGNALS if known.get(f"samples {each}") and f"peak {each}" in known), None)
    if signal is None:
        return None
    peak = known[f"peak {signal}"]
    return CardLoad(
        namespace=holder.namespace,
        pod=holder.pod,
        card=card,
        hour=Window(Instant(end - HOUR), end),
        signal=signal,
        samples=known[f"samples {signal}"],
        mean_ppm=min(known.get(f"mean {signal}", peak), peak),
        high_ppm=min(known.get(f"high {signal}", peak), peak),
        peak_ppm=peak,
        duty_peak_ppm=known.get(f"peak {_DUTY}"),
        memory_mib=_memory(known),
        **{name: known.get(name) for name in _FIELDS},
    )


def _memory(known: Known) -> int | None:
    """USED + FREE + RESERVED, where that is told; exporters before 4.3.1 do not tell what is reserved."""
    if "used" not in known or "free" not in known:
        return None
    return known["used"] + known["free"] + known.get("reserved", 0)
