"""What the parts of a card really did between two samples, from NVML's GPM (Hopper and newer).

These are averages over the whole time between two readings, where DCGM shows the last moment of it.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

import pynvml

from aicost.agent.fields import DRAM_ACTIVE, GR_ENGINE_ACTIVE, SM_ACTIVE, SM_OCCUPANCY, TENSOR_ACTIVE, Field
from aicost.agent.nvml import Device, reason

METRICS = {
    GR_ENGINE_ACTIVE: pynvml.NVML_GPM_METRIC_GRAPHICS_UTIL,
    SM_ACTIVE: pynvml.NVML_GPM_METRIC_SM_UTIL,
    SM_OCCUPANCY: pynvml.NVML_GPM_METRIC_SM_OCCUPANCY,
    TENSOR_ACTIVE: pynvml.NVML_GPM_METRIC_ANY_TENSOR_UTIL,
    DRAM_ACTIVE: pynvml.NVML_GPM_METRIC_DRAM_BW_UTIL,
}
"""GPM's number of each field; it tells percent, DCGM's fields are ratios."""
FULL_SCALE = 100
NOT_SUPPORTED = "this card or driver has no GPM (it needs Hopper or newer)"
FIRST = "two samples are needed, and this is the first"

Told: TypeAlias = tuple[Mapping[Field, float], Mapping[Field, str]]
"""Values, and why others are missing."""
Key: TypeAlias = tuple[str, int | None]


@dataclass(slots=True)
class _Pair:
    """Two of NVML's samples: the last one taken, and room for the next."""

    last: Any
    room: Any
    taken: bool = False


class Activity:
    """Keeps the last sample of each card and instance. Not safe for two threads at once."""

    def __init__(self) -> None:
        self._pairs: dict[Key, _Pair] = {}

    def since_last(self, device: Device) -> Told:
        """Averages since the last call for it; NVML wants 100 ms between two."""
        try:
            if not pynvml.nvmlGpmQueryDeviceSupport(device.handle).isSupportedDevice:
                return {}, dict.fromkeys(METRICS, NOT_SUPPORTED)
            return self._averages(device)
        except pynvml.NVMLError as error:
            self._forget(device.card.key)
            return {}, dict.fromkeys(METRICS, reason(error))

    def keep_only(self, present: Collection[Key]) -> None:
        """Give back the samples of what is no longer there."""
        for key in [key for key in self._pairs if key not in present]:
            self._forget(key)

    def _averages(self, device: Device) -> Told:
        key = device.card.key
        if key not in self._pairs:
            self._pairs[key] = _Pair(pynvml.nvmlGpmSampleAlloc(), pynvml.nvmlGpmSampleAlloc())
        pair = self._pairs[key]
        _sampler(device)(pair.room)
        pair.last, pair.room = pair.room, pair.last
        if not pair.taken:
            pair.taken = True
            return {}, dict.fromkeys(METRICS, FIRST)
        return _between(pair.room, pair.last)

    def _forget(self, key: Key) -> None:
        pair = self._pairs.pop(key, None)
        for sample in (pair.last, pair.room) if pair else ():
            pynvml.nvmlGpmSampleFree(sample)


def _sampler(device: Device) -> Callable[[Any], Any]:
    instance = device.card.instance
    if instance is None:
        return lambda sample: pynvml.nvmlGpmSampleGet(device.handle, sample)
    return lambda sample: pynvml.nvmlGpmMigSampleGet(device.handle, instance.id, sample)


def _between(earlier: Any, later: Any) -> Told:
    """Each metric has a return code of its own; a number that is no percentage is none of it."""
    asked = pynvml.c_nvmlGpmMetricsGet_t()
    asked.version, asked.numMetrics = pynvml.NVML_GPM_METRICS_GET_VERSION, len(METRICS)
    asked.sample1, asked.sample2 = earlier, later
    for place, number in enumerate(METRICS.values()):
        asked.metrics[place].metricId = ctypes.c_uint(number)
    pynvml.nvmlGpmMetricsGet(asked)
    values: dict[Field, float] = {}
    missing: dict[Field, str] = {}
    for place, field in enumerate(METRICS):
        metric = asked.metrics[place]
        if metric.nvmlReturn != pynvml.NVML_SUCCESS:
            missing[field] = reason(pynvml.NVMLError(metric.nvmlReturn))
        elif not 0 <= metric.value <= FULL_SCALE:
            missing[field] = f"GPM told {metric.value}, which is no percentage"
        else:
            values[field] = metric.value / FULL_SCALE
    return values, missing
