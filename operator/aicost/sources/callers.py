"""What callers had of metered model servers, from the series of a router or server that carry a caller's label.

Of vLLM these are the histograms that it fills when a request ends: they measure the time of the whole prefill and of
the whole decode. Its time per output token is a mean of each request and measures no decode. All sources of a preset
share its queries; which series are whose is told by their matchers, here.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial

from aicost.core.declarations import Dimensions, Meter, Source
from aicost.core.usage import CallerUse, Served
from aicost.core.window import HOUR, Instant, Window
from aicost.ports import Malformed
from aicost.sources.counters import Own, Readings, increments, readings
from aicost.sources.hours import whole_hours
from aicost.sources.prometheus import Prometheus, in_parts
from aicost.sources.prometheus_answers import Sample

_MICROSECONDS = 1_000_000
_MOST = 2**53
"""The largest count of an hour that is believed: beyond it floats lose units."""
_PLACE = ("namespace", "pod", "instance")


@dataclass(frozen=True, slots=True)
class Preset:
    """The series of one kind of server or router, by the field of Served; of seconds where that is a time.

    `apart` are its own labels, beside the caller's, that tell counts apart; `labels` hold dimensions by default.
    """

    series: Mapping[str, tuple[str, ...]]
    apart: tuple[str, ...]
    labels: Mapping[str, str] = field(default_factory=dict)


PRESETS: Mapping[str, Preset] = {
    "vLLM": Preset(
        series={
            "prefill": ("vllm:request_prefill_time_seconds_sum",),
            "decode": ("vllm:request_decode_time_seconds_sum",),
            "input": ("vllm:request_prompt_tokens_sum",),
            "output": ("vllm:request_generation_tokens_sum",),
        },
        apart=("model_name", "engine"),
        labels={"model": "model_name"},
    ),
    "SGLang": Preset(
        series={"input": ("sglang:prompt_tokens_total",), "output": ("sglang:generation_tokens_total",)},
        apart=("model_name", "engine_type", "is_streaming", "priority", "dp_rank"),
        labels={"model": "model_name"},
    ),
    "LLMD": Preset(
        series={"input": ("llm_d_epp_request_input_tokens_sum",), "output": ("llm_d_epp_request_output_tokens_sum",)},
        apart=("model_name", "target_model_name", "fairness_id", "priority"),
        labels={"model": "model_name", "customer": "fairness_id"},
    ),
}
"""The presets that are read, by the name that a UsageSource says."""


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
        read = await asyncio.gather(*(readings(self._prometheus, names, hours) for names in preset.series.values()))
        return dict(zip(preset.series, read, strict=True)), hours


def metered(source: Source, preset: Preset, read: Mapping[str, Readings], hours: Window) -> Iterator[CallerUse]:
    """What the callers of a source had in each hour. An hour of which its series tell nothing has no use at all."""
    meter = source.meter
    if meter is None:
        return
    labels = {**preset.labels, **dict(meter.labels)}
    dimensions = sorted(labels)
    apart = (*_PLACE, *preset.apart)
    sums: dict[Instant, dict[Dimensions, Served]] = defaultdict(lambda: defaultdict(Served))

    def own(of: Mapping[str, str]) -> Own:
        return (*(of.get(labels[name], "") for name in dimensions), *(of.get(name, "") for name in apart))

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
    return Readings(*(tuple(_selected(samples, meter)) for samples in (of.last, of.lowest, of.restarted)))


def _selected(samples: Iterable[Sample], meter: Meter) -> Iterator[Sample]:
    return (each for each in samples if all(each.labels.get(name, "") == value for name, value in meter.matchers))
