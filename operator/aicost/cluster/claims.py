"""What the watch of ResourceClaims has shown so far: which devices each held, when, and for which pods."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from aicost.cluster.watches import Change
from aicost.core.cards import DRIVER, unpublished
from aicost.core.dra import Device
from aicost.core.holdings import Holding, unreserved
from aicost.core.window import Instant, instant, window

Named: TypeAlias = tuple[str, str]
"""A device: its pool, and its name there."""
Look: TypeAlias = Callable[[str, str], tuple[str, Device] | None]
"""Tells the node and the device of a pool and a name, if a slice publishes it."""


@dataclass(frozen=True, slots=True)
class SeenClaim:
    """A claim, with the devices of NVIDIA's driver that are allocated to it for use, none of them for admin access.

    `pods` are the UIDs of those that it is reserved for; `node` is the one that the allocation is bound to.
    """

    uid: str
    namespace: str
    name: str
    devices: tuple[Named, ...]
    allocated_at: Instant | None
    node: str
    pods: frozenset[str]


@dataclass(slots=True)
class _Allocation:
    """A claim while the same devices were allocated to it, and every pod that it was reserved for meanwhile."""

    claim: SeenClaim
    start: Instant
    pods: frozenset[str]
    end: Instant | None = None
    alive_at: Instant | None = None
    places: dict[Named, tuple[str, str, int]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Claimed:
    """What a claim itself holds of one resource, and the UIDs of the pods that hold it in its place."""

    own: Holding
    pods: frozenset[str]


class Claims:
    """Follows ResourceClaims. An allocation lasts until it is seen to be gone, as a pod that the watch saw go."""

    def __init__(self) -> None:
        self._current: dict[str, _Allocation] = {}
        self._ended: list[_Allocation] = []

    def project(self, item: Mapping[str, Any]) -> SeenClaim:
        return seen_claim(item)

    def on_list(self, items: Sequence[SeenClaim], at: Instant, since: Instant | None) -> None:
        alive_at = at if since is None else since
        for uid in self._current.keys() - {claim.uid for claim in items}:
            self._end(uid, at, alive_at)
        for claim in items:
            self._see(claim, at, alive_at)

    def on_event(self, change: Change, item: SeenClaim, at: Instant, since: Instant) -> None:
        if change == "DELETED":
            self._end(item.uid, at, since)
        else:
            self._see(item, at, since)

    @property
    def holds(self) -> bool:
        """Whether any claim holds a device now."""
        return bool(self._current)

    def held(self, until: Instant, look: Look) -> Iterator[Claimed]:
        """Of every allocation seen and not forgotten; what still holds, or ends later, ends at `until`.

        A device keeps the node and the name that it was first published by.
        """
        for of in (*self._ended, *self._current.values()):
            span = window(of.start, until if of.end is None else min(of.end, until))
            if span is None:
                continue
            itself = unreserved(of.claim.uid, of.claim.namespace, of.claim.name, of.start)
            assumed = None if of.alive_at is None or of.alive_at >= span.end else max(of.alive_at, span.start)
            for (node, resource), count in sorted(self._counted(of, look).items()):
                yield Claimed(Holding(itself, node, resource, count, span, assumed, of.claim.uid), of.pods)

    def forget(self, before: Instant) -> None:
        """Drop allocations that ended before."""
        self._ended = [of for of in self._ended if of.end is None or of.end >= before]

    @staticmethod
    def _counted(of: _Allocation, look: Look) -> Counter[Named]:
        """How much it holds, by node and resource."""
        counts: Counter[Named] = Counter()
        for pool, name in of.claim.devices:
            if (pool, name) not in of.places and (found := look(pool, name)):
                of.places[pool, name] = found[0], *found[1].held
            node, resource, count = of.places.get((pool, name), (of.claim.node or pool, unpublished(pool, name), 1))
            counts[node, resource] += count
        return counts

    def _see(self, claim: SeenClaim, at: Instant, alive_at: Instant) -> None:
        current = self._current.get(claim.uid)
        if current and current.claim.devices != claim.devices:
            self._end(claim.uid, at, alive_at)
            current = None
        if current:
            current.pods |= claim.pods
        elif claim.devices:
            self._current[claim.uid] = _Allocation(claim, claim.allocated_at or at, claim.pods)

    def _end(self, uid: str, at: Instant, alive_at: Instant) -> None:
        if current := self._current.pop(uid, None):
            current.end, current.alive_at = at, alive_at
            self._ended.append(current)


def seen_claim(item: Mapping[str, Any]) -> SeenClaim:
    """The claim. Raises KeyError, TypeError, ValueError if it is malformed."""
    metadata, status = item["metadata"], item.get("status") or {}
    allocation = status.get("allocation") or {}
    results = (allocation.get("devices") or {}).get("results") or ()
    stamp = allocation.get("allocationTimestamp")
    return SeenClaim(
        uid=metadata["uid"],
        namespace=metadata["namespace"],
        name=metadata["name"],
        devices=tuple(sorted((of["pool"], of["device"]) for of in results if _is_held(of))),
        allocated_at=instant(stamp) if stamp else None,
        node=_node(allocation.get("nodeSelector") or {}),
        pods=frozenset(of["uid"] for of in status.get("reservedFor") or () if _is_pod(of)),
    )


def _is_held(result: Mapping[str, Any]) -> bool:
    """Admin access looks at a device that others hold."""
    return result["driver"] == DRIVER and not result.get("adminAccess")


def _is_pod(consumer: Mapping[str, Any]) -> bool:
    return bool(consumer["resource"] == "pods" and not consumer.get("apiGroup"))


def _node(selector: Mapping[str, Any]) -> str:
    """The one node that an allocation of a node's devices can be used on."""
    fields = (of for term in selector.get("nodeSelectorTerms") or () for of in term.get("matchFields") or ())
    names = {name for of in fields if of["key"] == "metadata.name" for name in of["values"]}
    return names.pop() if len(names) == 1 else ""
