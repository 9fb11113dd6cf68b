"""A node's cards from its labels and capacity: one rule for the live inventory and for recorded series.

Labels are those of NVIDIA GPU Feature Discovery, capacity that of the device plugin.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from aicost.core.identity import Labels

GPU = "nvidia.com/gpu"
PRODUCT = "nvidia.com/gpu.product"
COUNT = "nvidia.com/gpu.count"
REPLICAS = "nvidia.com/gpu.replicas"
STRATEGY = "nvidia.com/gpu.sharing-strategy"
MIG_STRATEGY = "nvidia.com/mig.strategy"
_TIMESTAMPS = ("nvidia.com/gfd.timestamp", "nvidia_com_gfd_timestamp")
"""When GPU Feature Discovery started, as Kubernetes and as kube-state-metrics write it: no property of the node."""
MOST_DEVICES = 100_000
"""No node has and no container asks for so many devices of one kind: who says so is mistaken, or wants sums to break."""
_SHARED = "nvidia.com/gpu.shared"
_MIG = "nvidia.com/mig-"


@dataclass(frozen=True, slots=True)
class Cards:
    """Cards of one product; `sharing` says how the node slices them, empty for whole ones."""

    product: str
    count: int
    sharing: str


def cards_of(labels: Mapping[str, str], capacity: Mapping[str, int]) -> Cards | None:
    """What the node has; None where it has no card. `labels` by their real keys, `capacity` by resource name.

    Whole cards are what the device plugin offers. Sliced cards are counted by GPU Feature Discovery's label, which
    also stands while the plugin restarts and offers nothing. With MIG strategy `single` that label counts slices, and
    nothing on the node counts cards.
    """
    offered = capacity.get(GPU, 0) or capacity.get(_SHARED, 0)
    labelled = _number(labels, COUNT)
    sharing = _sharing(labels, capacity)
    count = (labelled or offered) if sharing else (offered or labelled)
    return Cards(labels.get(PRODUCT, ""), count, sharing) if count else None


def believed(devices: int) -> int:
    """The number, or none at all where it cannot be: a pod that asked for so many never ran."""
    return devices if 0 < devices < MOST_DEVICES else 0


def lasting(labels: Labels) -> Labels:
    """The labels that say something of the node: those that change with every start of a daemon do not."""
    return frozenset((key, value) for key, value in labels if key not in _TIMESTAMPS)


def _sharing(labels: Mapping[str, str], capacity: Mapping[str, int]) -> str:
    """`mig.strategy` says how MIG would be shown and stands on nodes without MIG too, so it proves nothing."""
    product = labels.get(PRODUCT, "")
    if "-MIG-" in product or any(resource.startswith(_MIG) and count for resource, count in capacity.items()):
        return "mig"
    strategy = labels.get(STRATEGY, "none")
    if strategy in ("mps", "time-slicing"):
        return strategy
    sliced = _number(labels, REPLICAS) > 1 or product.endswith("-SHARED") or capacity.get(_SHARED, 0)
    return "time-slicing" if sliced else ""


def _number(labels: Mapping[str, str], key: str) -> int:
    text = labels.get(key, "")
    return believed(int(text)) if text.isascii() and text.isdigit() else 0
