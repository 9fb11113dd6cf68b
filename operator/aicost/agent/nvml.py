"""NVML itself: its beginning and end, and the cards and instances that it knows. Its errors become words here."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any, TypeAlias

import pynvml

from aicost.agent.readings import Card, Instance
from aicost.ports import Unavailable

logger = logging.getLogger(__name__)

_NOT_HERE = (
    "{error}: libnvidia-ml.so.1 is not found. On a node it comes with NVIDIA's driver; a container gets it from NVIDIA's "
    "runtime, which needs runtimeClassName nvidia (or NVIDIA's runtime as the default one) and the variables "
    "NVIDIA_VISIBLE_DEVICES=all and NVIDIA_DRIVER_CAPABILITIES=utility"
)
_NOT_LOADED = (
    "{error}: the library is here, the kernel module is not. Load or install NVIDIA's driver on this node, or keep the "
    "agent off it by its node selector"
)
_MISMATCH = "{error}: the driver was replaced while its old kernel module still runs. Reload the module, or drain and restart the node"
_ELSE = "{error}: nvidia-smi on the node says more"
_NONE = (
    "NVML knows no GPU here: a container sees those that NVIDIA_VISIBLE_DEVICES names, and the agent needs all of them"
)
_REMEDIES = {
    pynvml.NVML_ERROR_LIBRARY_NOT_FOUND: _NOT_HERE,
    pynvml.NVML_ERROR_DRIVER_NOT_LOADED: _NOT_LOADED,
    pynvml.NVML_ERROR_LIB_RM_VERSION_MISMATCH: _MISMATCH,
}
_Cut: TypeAlias = tuple[Instance, Any, dict[str, tuple[int, int]]]
"""An instance, a handle for it, and its compute instances by UUID: numbers of instance and compute instance."""
_PROFILE = re.compile(r"MIG (?:\d+c\.)?(\d+g\.\d+gb\S*)$")


@dataclass(frozen=True, slots=True)
class Device:
    """A card with the handles that NVML asks for: its own, and that of an instance where it is one."""

    card: Card
    handle: Any
    part: Any = None


@contextmanager
def driver() -> Iterator[str]:
    """NVML for as long as it is needed; gives the driver's version. Raises Unavailable, with what to do about it."""
    with said():
        pynvml.nvmlInit()
    try:
        with said():
            version = str(pynvml.nvmlSystemGetDriverVersion())
        yield version
    finally:
        with suppress(pynvml.NVMLError):
            pynvml.nvmlShutdown()


@contextmanager
def said() -> Iterator[None]:
    """Errors of NVML as Unavailable."""
    try:
        yield
    except pynvml.NVMLError as error:
        text = _REMEDIES.get(error.value, _ELSE).format(error=reason(error))
        raise Unavailable(f"NVML tells nothing of this node's GPUs: {text}") from error


def reason(error: pynvml.NVMLError) -> str:
    """What went wrong, in NVML's words."""
    try:
        return str(error).rstrip(". ")
    except pynvml.NVMLError:  # the words are asked of a library that may not be there
        return f"NVML error {error.value}"


def devices() -> list[Device]:
    """All cards, or their instances, as they are now: cards fall off the bus, and are cut anew. Raises Unavailable."""
    with said():
        count = pynvml.nvmlDeviceGetCount()
    if not count:
        raise Unavailable(_NONE)
    found: list[Device] = []
    for index in range(count):
        try:
            found += _of_card(index)
        except pynvml.NVMLError as error:
            logger.warning("GPU %d cannot be read and is left out: %s", index, reason(error))
    return found


def _of_card(index: int) -> Iterator[Device]:
    handle = pynvml.nvmlDeviceGetHandleByIndex(index)
    minor = _or_none(pynvml.nvmlDeviceGetMinorNumber, handle)
    uuid = str(pynvml.nvmlDeviceGetUUID(handle))
    bus = str(pynvml.nvmlDeviceGetPciInfo(handle).busId)
    card = Card(index, uuid, bus, str(pynvml.nvmlDeviceGetName(handle)), _whole_names(uuid, minor))
    parts = list(_parts(handle))
    if not parts:
        yield Device(card, handle)
    for instance, part, names in _instances(parts):
        yield Device(Card(index, uuid, bus, card.model, _instance_names(uuid, minor, names), instance), handle, part)


def _whole_names(uuid: str, minor: int | None) -> frozenset[str]:
    files = set() if minor is None else {f"nvidia{minor}", f"gpu-{minor}"}
    return frozenset({uuid, *files})


def _instance_names(uuid: str, minor: int | None, names: dict[str, tuple[int, int]]) -> frozenset[str]:
    """By the UUIDs of its compute instances, as drivers before 470 named these, and as GKE does."""
    old = {f"MIG-{uuid}/{instance}/{compute}" for instance, compute in names.values()}
    files = set() if minor is None else {f"nvidia{minor}/gi{instance}" for instance, _ in names.values()}
    return frozenset({*names, *old, *files})


def _parts(handle: Any) -> Iterator[Any]:
    """The handles of MIG devices: one for each compute instance of each GPU instance."""
    mode = _or_none(pynvml.nvmlDeviceGetMigMode, handle)
    if mode and mode[0] == pynvml.NVML_DEVICE_MIG_ENABLE:
        for place in range(pynvml.nvmlDeviceGetMaxMigDeviceCount(handle)):
            with suppress(pynvml.NVMLError_NotFound):  # places that hold no instance
                yield pynvml.nvmlDeviceGetMigDeviceHandleByIndex(handle, place)


def _instances(parts: list[Any]) -> Iterator[_Cut]:
    """Each GPU instance once, with the first of its compute instances and the UUIDs of all."""
    found: dict[int, _Cut] = {}
    for part in parts:
        number = int(pynvml.nvmlDeviceGetGpuInstanceId(part))
        profile = _PROFILE.search(str(pynvml.nvmlDeviceGetName(part)))
        first: _Cut = Instance(number, profile[1] if profile else ""), part, {}
        names = found.setdefault(number, first)[2]
        names[str(pynvml.nvmlDeviceGetUUID(part))] = number, int(pynvml.nvmlDeviceGetComputeInstanceId(part))
    yield from found.values()


def _or_none(call: Callable[[Any], Any], handle: Any) -> Any:
    try:
        return call(handle)
    except pynvml.NVMLError:
        return None
