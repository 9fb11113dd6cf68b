"""What the watch of ResourceSlices has shown: the cards that NVIDIA's driver publishes, node by node."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from aicost.cluster.watches import Change
from aicost.core.cards import DRIVER
from aicost.core.dra import Device
from aicost.core.window import Instant

Published: TypeAlias = Mapping[str, tuple[Device, ...]]
"""Devices by the name of their node."""


@dataclass(frozen=True, slots=True)
class SeenSlice:
    """A part of a pool: `of` slices of one generation make the pool complete."""

    name: str
    pool: str
    node: str
    generation: int
    of: int
    devices: tuple[Device, ...]


class Slices:
    """Follows ResourceSlices. A pool that its driver is just rewriting stays as it was until all of it is there."""

    def __init__(self) -> None:
        self._slices: dict[str, SeenSlice] = {}
        self._pools: dict[str, tuple[str, tuple[Device, ...]]] = {}
        self.on_change: Callable[[Published, Instant], None] = lambda *_: None

    def project(self, item: Mapping[str, Any]) -> SeenSlice | None:
        return seen_slice(item)

    def on_list(self, items: Sequence[SeenSlice], at: Instant, since: Instant | None) -> None:
        del since  # cards cost until their node is gone
        self._slices = {each.name: each for each in items}
        self._told(at)

    def on_event(self, change: Change, item: SeenSlice, at: Instant, since: Instant) -> None:
        del since
        self._slices.pop(item.name, None)
        if change != "DELETED":
            self._slices[item.name] = item
        self._told(at)

    @property
    def publishes(self) -> bool:
        """Whether there is any device."""
        return bool(self._pools)

    def device(self, pool: str, name: str) -> tuple[str, Device] | None:
        """A device that is published, with its node."""
        node, devices = self._pools.get(pool, ("", ()))
        return next(((node, device) for device in devices if device.name == name), None)

    @property
    def by_node(self) -> Published:
        """All devices that are published."""
        found: dict[str, tuple[Device, ...]] = {}
        for node, devices in self._pools.values():
            found[node] = (*found.get(node, ()), *devices)
        return found

    def _told(self, at: Instant) -> None:
        pools = {each.pool for each in self._slices.values()}
        self._pools = {pool: found for pool in sorted(pools) if (found := self._whole(pool))}
        self.on_change(self.by_node, at)

    def _whole(self, pool: str) -> tuple[str, tuple[Device, ...]] | None:
        """The pool's newest generation if it is complete, else what was known of it."""
        mine = [each for each in self._slices.values() if each.pool == pool]
        newest = max(each.generation for each in mine)
        current = [each for each in mine if each.generation == newest]
        if len(current) < current[0].of:
            return self._pools.get(pool)
        return current[0].node, tuple(sorted(device for each in current for device in each.devices))


def seen_slice(item: Mapping[str, Any]) -> SeenSlice | None:
    """The slice if NVIDIA's driver publishes cards of a node by it. Raises KeyError, TypeError, ValueError if malformed."""
    spec = item["spec"]
    if spec["driver"] != DRIVER or not spec.get("nodeName"):
        return None
    pool = spec["pool"]
    devices = tuple(_devices(pool["name"], spec.get("devices") or ()))
    count, generation = int(pool["resourceSliceCount"]), int(pool["generation"])
    return SeenSlice(item["metadata"]["name"], pool["name"], spec["nodeName"], generation, count, devices)


def _devices(pool: str, published: Sequence[Mapping[str, Any]]) -> Iterator[Device]:
    """Cards, MIG instances, and cards as a virtual machine is given them: the same cards, told apart by their bus."""
    for device in published:
        attributes = device.get("attributes") or {}
        kind = _text(attributes, "type")
        if kind in ("gpu", "mig", "vfio"):
            identity = ("parentUUID",) if kind == "mig" else ("pcieBusID", "resource.kubernetes.io/pciBusID", "uuid")
            yield Device(
                pool=pool,
                name=device["name"],
                card=next((of for name in identity if (of := _text(attributes, name))), device["name"]),
                product="" if kind == "vfio" else _text(attributes, "productName").strip().replace(" ", "-"),
                profile=_text(attributes, "profile") if kind == "mig" else "",
                on_demand=bool(device.get("consumesCounters")),
                divisible=bool(device.get("allowMultipleAllocations")),
            )


def _text(attributes: Mapping[str, Any], name: str) -> str:
    """An attribute that is a text, by its name or by its name with the driver's domain."""
    of = attributes.get(name) or attributes.get(f"{DRIVER}/{name}") or {}
    return str(of.get("string", ""))
