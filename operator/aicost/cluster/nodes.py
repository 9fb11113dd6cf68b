"""Nodes as the API server shows them, projected to their cards: pure functions over JSON."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from aicost.cluster.quantities import GPU, GPU_SHARED, MIG, devices
from aicost.core.identity import Labels, NodeRef, labels
from aicost.core.window import instant

PRODUCT = "nvidia.com/gpu.product"
COUNT = "nvidia.com/gpu.count"
REPLICAS = "nvidia.com/gpu.replicas"
STRATEGY = "nvidia.com/gpu.sharing-strategy"
MIG_STRATEGY = "nvidia.com/mig.strategy"
_SHARED = "-SHARED"
_MIG_PRODUCT = "-MIG-"


@dataclass(frozen=True, slots=True)
class Cards:
    """The cards that a node shows: `cards` whole ones of one product, sliced as `sharing` says."""

    product: str
    cards: int
    sharing: str


@dataclass(frozen=True, slots=True)
class SeenNode:
    """A node with its cards; None while it shows none."""

    uid: str
    ref: NodeRef
    labels: Labels
    cards: Cards | None


def seen_node(node: Mapping[str, Any]) -> SeenNode:
    """The node. Raises KeyError, TypeError, ValueError if it is malformed."""
    metadata = node["metadata"]
    ref = NodeRef(metadata["name"], instant(metadata["creationTimestamp"]))
    named = metadata.get("labels") or {}
    return SeenNode(metadata["uid"], ref, labels(named), _cards(named, node.get("status") or {}))


def _cards(named: Mapping[str, str], status: Mapping[str, Any]) -> Cards | None:
    """Capacity counts what the device plugin offers, healthy or not: whole cards, unless the node slices them.

    Sliced cards are counted by GPU Feature Discovery's label (with MIG strategy `single` that label counts slices, and
    nothing on the node counts cards). The label also stands while the plugin restarts and the capacity is zero.
    """
    offered = devices(status.get("capacity"))
    sharing = _sharing(named, offered)
    counts = (_labelled(named), offered[GPU]) if sharing else (offered[GPU], _labelled(named))
    cards = counts[0] or counts[1]
    return Cards(named.get(PRODUCT, ""), cards, sharing) if cards else None


def _labelled(named: Mapping[str, str]) -> int:
    count = named.get(COUNT, "")
    return int(count) if count.isascii() and count.isdigit() else 0


def _sharing(named: Mapping[str, str], offered: Mapping[str, int]) -> str:
    """How the node slices its cards, from its resources first and labels second; empty: whole cards.

    `mig.strategy` says how MIG would be shown and stands on nodes without MIG too, so it proves nothing alone.
    """
    product, replicas = named.get(PRODUCT, ""), named.get(REPLICAS, "")
    if _MIG_PRODUCT in product or any(name.startswith(MIG) for name in offered):
        return "mig"
    strategy = named.get(STRATEGY, "none")
    if strategy in ("mps", "time-slicing"):
        return strategy
    sliced = replicas.isdigit() and int(replicas) > 1
    return "time-slicing" if sliced or product.endswith(_SHARED) or GPU_SHARED in offered else ""
