"""One reading of every card. It blocks for as long as NVML does, so it belongs into a thread."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pynvml

from aicost.agent.fields import ENERGY, FB_FREE, FB_RESERVED, FB_USED, GPU_UTIL, POWER_USAGE, Field
from aicost.agent.gpm import Activity
from aicost.agent.nvml import Device, devices, reason
from aicost.agent.readings import Reading

MIB = 2**20
MILLIWATTS = 1000
CUT = "NVML tells it of whole cards only, and this one is cut into instances"


class Sampling:
    """Reads all cards, one after the other; each has the reading's own instant of the clock given."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._activity = Activity()

    def readings(self) -> list[Reading]:
        """Every card or instance that can be read now. Raises Unavailable when NVML tells of none at all."""
        found = devices()
        self._activity.keep_only({device.card.key for device in found})
        return [self._of(device) for device in found]

    def _of(self, device: Device) -> Reading:
        values: dict[Field, float] = {}
        missing: dict[Field, str] = {}
        for fields, ask in _QUESTIONS:
            try:
                values |= ask(device)
            except pynvml.NVMLError as error:
                missing |= dict.fromkeys(fields, reason(error))
        if device.part:
            missing[GPU_UTIL] = CUT
        active, why = self._activity.since_last(device)
        return Reading(device.card, self._clock(), {**values, **active}, {**missing, **why})


def _utilisation(device: Device) -> Mapping[Field, float]:
    """DCGM too shows none of a card that is cut."""
    return {} if device.part else {GPU_UTIL: pynvml.nvmlDeviceGetUtilizationRates(device.handle).gpu}


def _memory(device: Device) -> Mapping[Field, float]:
    """The instance's own where it is one. Only version 2 tells what is reserved from what is used, as DCGM does."""
    handle = device.part or device.handle
    told = pynvml.nvmlDeviceGetMemoryInfo(handle, version=pynvml.nvmlMemory_v2)
    return {FB_USED: told.used // MIB, FB_FREE: told.free // MIB, FB_RESERVED: told.reserved // MIB}


def _power(device: Device) -> Mapping[Field, float]:
    """The whole card's, also of an instance, as DCGM repeats it."""
    return {POWER_USAGE: pynvml.nvmlDeviceGetPowerUsage(device.handle) / MILLIWATTS}


def _energy(device: Device) -> Mapping[Field, float]:
    """The whole card's too, in millijoules."""
    return {ENERGY: pynvml.nvmlDeviceGetTotalEnergyConsumption(device.handle)}


_QUESTIONS: tuple[tuple[tuple[Field, ...], Callable[[Device], Mapping[Field, float]]], ...] = (
    ((GPU_UTIL,), _utilisation),
    ((FB_USED, FB_FREE, FB_RESERVED), _memory),
    ((POWER_USAGE,), _power),
    ((ENERGY,), _energy),
)
"""What NVML is asked in one call; one that fails leaves the others."""
