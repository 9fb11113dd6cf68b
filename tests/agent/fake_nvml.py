"""A libnvidia-ml.so that never was: pynvml's own code runs, and calls this where it would call NVIDIA's library.

Cards are what a test says they are. As the library does, every function returns a code and writes through pointers.
"""
# ruff: noqa: N802, SLF001, ARG002 # the names and parameters are the library's, and `_obj` is what byref points to

from __future__ import annotations

import ctypes
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import pynvml

MIB = 2**20


@dataclass
class FakeInstance:
    """A GPU instance of a cut card, with the UUIDs of its compute instances."""

    id: int
    profile: str
    uuids: tuple[str, ...]
    used_mib: int = 100
    free_mib: int = 9700
    activity: dict[int, float] = field(default_factory=dict)


@dataclass
class FakeCard:
    """One card. `activity` is GPM's percentages by number; without any the card is too old for GPM."""

    uuid: str = "GPU-11111111-0000-0000-0000-000000000000"
    name: str = "NVIDIA H100 80GB HBM3"
    bus: str = "00000000:00:06.0"
    minor: int = 0
    busy: int = 0
    used_mib: int = 0
    free_mib: int = 80995
    reserved_mib: int = 564
    milliwatts: int = 71123
    millijoules: int = 123456789
    activity: dict[int, float] = field(default_factory=dict)
    instances: list[FakeInstance] = field(default_factory=list)
    fails: dict[str, int] = field(default_factory=dict)


class FakeNvml:
    """`fails` are the codes that functions return for all; `lacks` are functions of newer drivers.

    `opened` and `samples` count what must be given back.
    """

    def __init__(self, *cards: FakeCard) -> None:
        self.cards = list(cards)
        self.fails: dict[str, int] = {}
        self.lacks: set[str] = set()
        self.samples = 0
        self.opened = 0
        self._parts: list[tuple[FakeInstance, int]] = []

    def __getattr__(self, name: str) -> Any:
        """A function that code can hang a `restype` on, as pynvml does."""
        bare = name.removesuffix("_v2").removesuffix("_v3")
        if name in self.__dict__.get("lacks", ()) or not hasattr(type(self), f"do_{bare}"):
            raise AttributeError(name)
        return partial(self._call, bare, getattr(self, f"do_{bare}"))

    def _call(self, name: str, does: Callable[..., Any], *args: Any) -> Any:
        code = self.fails.get(name, 0)
        if name.startswith("nvmlDevice") and args and isinstance(args[0], pynvml.c_nvmlDevice_t):
            code = code or self._card(args[0]).fails.get(name, 0)
        return code or does(*args) or 0

    def _place(self, handle: Any) -> int:
        return int(ctypes.cast(handle, ctypes.c_void_p).value or 0) - 1

    def _card(self, handle: Any) -> FakeCard:
        return self.cards[self._place(handle) % 100]

    def _part(self, handle: Any) -> FakeInstance | None:
        place = self._place(handle)
        return self._parts[place // 100 - 1][0] if place >= 100 else None

    def do_nvmlInitWithFlags(self, flags: int) -> None:
        self.opened += 1

    def do_nvmlShutdown(self) -> None:
        self.opened -= 1

    def do_nvmlSystemGetDriverVersion(self, text: Any, size: Any) -> None:
        text.value = b"580.159.04"

    def do_nvmlDeviceGetCount(self, count: Any) -> None:
        count._obj.value = len(self.cards)

    def do_nvmlDeviceGetHandleByIndex(self, index: Any, handle: Any) -> Any:
        _point(handle, index.value + 1)
        return self.cards[index.value].fails.get("nvmlDeviceGetHandleByIndex", 0)

    def do_nvmlDeviceGetMinorNumber(self, handle: Any, number: Any) -> None:
        number._obj.value = self._card(handle).minor

    def do_nvmlDeviceGetUUID(self, handle: Any, text: Any, size: Any) -> None:
        part = self._part(handle)
        text.value = (
            part.uuids[self._parts[self._place(handle) // 100 - 1][1]] if part else self._card(handle).uuid
        ).encode()

    def do_nvmlDeviceGetName(self, handle: Any, text: Any, size: Any) -> None:
        card, part = self._card(handle), self._part(handle)
        text.value = (f"{card.name} MIG {part.profile}" if part else card.name).encode()

    def do_nvmlDeviceGetPciInfo(self, handle: Any, info: Any) -> None:
        info._obj.busId = self._card(handle).bus.encode()

    def do_nvmlDeviceGetMigMode(self, handle: Any, current: Any, pending: Any) -> int:
        current._obj.value = int(bool(self._card(handle).instances))
        return 0 if self._card(handle).activity or self._card(handle).instances else pynvml.NVML_ERROR_NOT_SUPPORTED

    def do_nvmlDeviceGetMaxMigDeviceCount(self, handle: Any, count: Any) -> None:
        count._obj.value = 7

    def do_nvmlDeviceGetMigDeviceHandleByIndex(self, handle: Any, index: Any, part: Any) -> int:
        card = self._card(handle)
        there = [(instance, number) for instance in card.instances for number in range(len(instance.uuids))]
        if index.value >= len(there):
            return int(pynvml.NVML_ERROR_NOT_FOUND)
        self._parts.append(there[index.value])
        _point(part, len(self._parts) * 100 + self.cards.index(card) + 1)
        return 0

    def do_nvmlDeviceGetGpuInstanceId(self, handle: Any, number: Any) -> None:
        part = self._part(handle)
        assert part
        number._obj.value = part.id

    def do_nvmlDeviceGetComputeInstanceId(self, handle: Any, number: Any) -> None:
        number._obj.value = self._parts[self._place(handle) // 100 - 1][1]

    def do_nvmlDeviceGetUtilizationRates(self, handle: Any, rates: Any) -> None:
        rates._obj.gpu = self._card(handle).busy

    def do_nvmlDeviceGetMemoryInfo(self, handle: Any, info: Any) -> None:
        card, part = self._card(handle), self._part(handle)
        of = part or card
        info._obj.used, info._obj.free = of.used_mib * MIB + 1, of.free_mib * MIB
        info._obj.reserved = 0 if part else card.reserved_mib * MIB

    def do_nvmlDeviceGetPowerUsage(self, handle: Any, power: Any) -> None:
        power._obj.value = self._card(handle).milliwatts

    def do_nvmlDeviceGetTotalEnergyConsumption(self, handle: Any, energy: Any) -> None:
        energy._obj.value = self._card(handle).millijoules

    def do_nvmlGpmQueryDeviceSupport(self, handle: Any, support: Any) -> None:
        card = self._card(handle)
        support._obj.isSupportedDevice = int(bool(card.activity or any(i.activity for i in card.instances)))

    def do_nvmlGpmSampleAlloc(self, sample: Any) -> None:
        self.samples += 1
        _point(sample, 1)

    def do_nvmlGpmSampleFree(self, sample: Any) -> None:
        self.samples -= 1

    def do_nvmlGpmSampleGet(self, handle: Any, sample: Any) -> None:
        """Which card a sample is of, stands in the sample itself."""
        self._sampled = self._card(handle).activity

    def do_nvmlGpmMigSampleGet(self, handle: Any, number: int, sample: Any) -> None:
        self._sampled = next(i.activity for i in self._card(handle).instances if i.id == number)

    def do_nvmlGpmMetricsGet(self, asked: Any) -> None:
        for metric in asked._obj.metrics[: asked._obj.numMetrics]:
            told = self._sampled.get(metric.metricId)
            metric.value, metric.nvmlReturn = told or 0.0, 0 if told is not None else pynvml.NVML_ERROR_NOT_SUPPORTED

    def do_nvmlErrorString(self, code: int) -> bytes:
        return f"error {code}".encode()


def _point(pointer: Any, value: int) -> None:
    """Write a handle through a pointer to it."""
    ctypes.cast(ctypes.addressof(pointer._obj), ctypes.POINTER(ctypes.c_void_p))[0] = value
