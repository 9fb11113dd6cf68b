"""Nodes as the API server shows them, projected to their cards: pure functions over JSON."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from aicost.cluster.quantities import devices
from aicost.core.cards import Cards, cards_of
from aicost.core.dra import Device, published
from aicost.core.identity import Labels, NodeRef, labels
from aicost.core.window import instant


@dataclass(frozen=True, slots=True)
class SeenNode:
    """A node with its cards, none while it shows none; `offered` are its device plugin's devices by resource name."""

    uid: str
    ref: NodeRef
    labels: Labels
    cards: tuple[Cards, ...]
    offered: tuple[tuple[str, int], ...] = ()

    def cards_with(self, devices: Collection[Device]) -> tuple[Cards, ...]:
        """Its cards, if ResourceSlices publish these devices of it."""
        return published(devices, dict(self.labels), dict(self.offered)) if devices else self.cards


def seen_node(node: Mapping[str, Any]) -> SeenNode:
    """The node. Raises KeyError, TypeError, ValueError if it is malformed."""
    metadata = node["metadata"]
    ref = NodeRef(metadata["name"], instant(metadata["creationTimestamp"]))
    named = metadata.get("labels") or {}
    offered = devices((node.get("status") or {}).get("capacity"))
    return SeenNode(metadata["uid"], ref, labels(named), cards_of(named, offered), tuple(sorted(offered.items())))
