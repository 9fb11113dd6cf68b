"""Nodes become cards: real ones, and the shapes that sharing gives them."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
import yaml

from aicost.cluster.nodes import seen_node
from aicost.core.cards import MIG_CARDS, UNCOUNTED, Cards
from aicost.core.layout import Slot
from aicost.core.window import instant
from tests.cluster.manifests import a_node

H100 = "NVIDIA-H100-80GB-HBM3"
DATA = Path(os.environ.get("AICOST_TEST_DATA") or Path(__file__).parents[3] / "shared" / "data")


def whole(product: str, count: int) -> Cards:
    return Cards(product, count, slots=(Slot("nvidia.com/gpu", count),))


def real(name: str) -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load((DATA / "node-samples" / f"{name}.node.yaml").read_text())
    return loaded


def test_a_real_node_with_two_t4() -> None:
    """mig.strategy stands on its labels, though it has no MIG: its cards are whole."""
    node = seen_node(real("t4-2gpu"))
    assert node.cards == (whole("Tesla-T4", 2),)
    assert node.ref.created == instant("2022-12-26T14:13:03Z")


@pytest.mark.parametrize(
    ("name", "slots"),
    [
        (
            "a100-mig-mixed-4-instances",
            (Slot("nvidia.com/mig-1g.5gb", 3, 1, "1g.5gb"), Slot("nvidia.com/mig-2g.10gb", 1, 2, "2g.10gb")),
        ),
        ("a100-mig-7g-40gb", (Slot("nvidia.com/mig-7g.40gb", 1, 8, "7g.40gb"),)),
    ],
)
def test_a_real_node_with_mig(name: str, slots: tuple[Slot, ...]) -> None:
    """One card, cut into the instances that it offers, even if it offers no whole GPU."""
    assert seen_node(real(name)).cards == (Cards("NVIDIA-A100-SXM4-40GB", 1, "mig", slots, MIG_CARDS),)


@pytest.mark.parametrize(
    ("labels", "sharing"),
    [
        ({}, ""),
        ({"nvidia.com/gpu.replicas": "1"}, ""),
        ({"nvidia.com/gpu.replicas": "4"}, "time-slicing"),
        ({"nvidia.com/gpu.product": f"{H100}-SHARED"}, "time-slicing"),
        ({"nvidia.com/gpu.sharing-strategy": "none"}, ""),
        ({"nvidia.com/gpu.sharing-strategy": "mps", "nvidia.com/gpu.replicas": "4"}, "mps"),
        ({"nvidia.com/gpu.product": f"{H100}-MIG-1g.10gb"}, UNCOUNTED),
    ],
)
def test_slicing_is_told_by_labels(labels: dict[str, str], sharing: str) -> None:
    """Every way in which NVIDIA's device plugin says that a device is not a whole card."""
    (cards,) = seen_node(a_node(labels=labels)).cards
    assert cards.sharing == sharing


def test_shared_cards_are_counted_by_the_label() -> None:
    """Capacity counts replicas, the label counts cards."""
    labels = {"nvidia.com/gpu.replicas": "4", "nvidia.com/gpu.count": "2"}
    slots = (Slot("nvidia.com/gpu", 8),)
    assert seen_node(a_node(gpus=8, labels=labels)).cards == (Cards(H100, 2, "time-slicing", slots),)


def test_cards_stay_while_the_plugin_restarts() -> None:
    """Capacity falls to zero then, and the card costs all the same; a node without label and capacity has none."""
    assert seen_node(a_node(gpus=0, labels={"nvidia.com/gpu.count": "8"})).cards == (whole(H100, 8),)
    assert seen_node(a_node(gpus=0)).cards == ()
