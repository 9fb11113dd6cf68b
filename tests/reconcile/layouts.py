"""Ways to cut a card, as NVIDIA's plugin and labels tell of them, with the share of a card that each device is.

Shares are those that NVIDIA's tables of slices give; they and the prices of the tests divide without a remainder.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction

from aicost.core.dra import Device
from tests.reconcile.model import CLAIMED
from tests.reconcile.uncounted import BY_HAND, PROFILE

GPU, PRODUCT = "nvidia.com/gpu", "nvidia.com/gpu.product"
COUNT, REPLICAS, STRATEGY = "nvidia.com/gpu.count", "nvidia.com/gpu.replicas", "nvidia.com/gpu.sharing-strategy"
SMALL, MEDIUM, LARGE = (f"nvidia.com/mig-{profile}" for profile in ("1g.10gb", "2g.20gb", "3g.40gb"))
_H100 = "NVIDIA-H100-80GB-HBM3"


@dataclass(frozen=True)
class Layout:
    """`devices`: what pods may ask for, how many of it a card has, and which share of a card one is."""

    devices: Mapping[str, tuple[int, Fraction]]
    labels: Mapping[str, str] = field(default_factory=dict)
    counts_devices: bool = False

    def capacity(self, cards: int) -> dict[str, int]:
        """Of a node with so many such cards."""
        return {resource: each * cards for resource, (each, _) in self.devices.items()}

    def labelled(self, cards: int) -> dict[str, str]:
        """How Feature Discovery labels such a node; with MIG strategy `single` it counts instances."""
        count = sum(self.capacity(cards).values()) if self.counts_devices else cards
        return {PRODUCT: _H100, COUNT: str(count), **self.labels}


_MIXED = {SMALL: (2, Fraction(1, 8)), MEDIUM: (1, Fraction(1, 4)), LARGE: (1, Fraction(1, 2))}
_SINGLE = {PRODUCT: f"{_H100}-MIG-{PROFILE}"}
_BY_OPERATOR = {"nvidia.com/mig.config": f"all-{PROFILE}", "nvidia.com/mig.config.state": "success"}
LAYOUTS = {
    "whole": Layout({GPU: (1, Fraction(1))}),
    "time slices": Layout(
        {GPU: (4, Fraction(1, 4))}, {PRODUCT: f"{_H100}-SHARED", REPLICAS: "4", STRATEGY: "time-slicing"}
    ),
    "mps": Layout({f"{GPU}.shared": (10, Fraction(1, 10))}, {REPLICAS: "10", STRATEGY: "mps"}),
    "mig single": Layout({GPU: (2, Fraction(1, 2))}, _SINGLE | _BY_OPERATOR, counts_devices=True),
    BY_HAND: Layout({GPU: (1, Fraction(1))}, _SINGLE, counts_devices=True),
    "mig mixed": Layout(_MIXED),
    "mig mixed, shared": Layout(_MIXED | {SMALL: (4, Fraction(1, 16))}, {f"{SMALL}.replicas": "2"}),
}
CUTS = {**LAYOUTS, CLAIMED: Layout({GPU: (1, Fraction(1))})}
"""All ways, with cards that ResourceClaims hand out."""


def devices_of(node: str, cards: int) -> tuple[Device, ...]:
    """What the driver publishes of cards that it hands out."""
    return tuple(Device(node, f"gpu-{n}", f"gpu-{n}", _H100) for n in range(cards))
