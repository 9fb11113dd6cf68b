"""A node's cards from labels and capacity."""

from __future__ import annotations

import pytest

from aicost.core.cards import Cards, cards_of

GPU = "nvidia.com/gpu"
PRODUCT = "nvidia.com/gpu.product"


@pytest.mark.parametrize(
    ("labels", "capacity", "cards"),
    [
        ({PRODUCT: "Tesla-T4", "nvidia.com/mig.strategy": "mixed"}, {GPU: 2}, Cards("Tesla-T4", 2, "")),
        ({}, {GPU: 1}, Cards("", 1, "")),
        ({PRODUCT: "NVIDIA-L4", "nvidia.com/gpu.count": "1"}, {GPU: 0}, Cards("NVIDIA-L4", 1, "")),
        (
            {PRODUCT: "NVIDIA-A100-SXM4-40GB", "nvidia.com/gpu.count": "1", "nvidia.com/gpu.replicas": "0"},
            {GPU: 0, "nvidia.com/mig-1g.5gb": 3, "nvidia.com/mig-2g.10gb": 1},
            Cards("NVIDIA-A100-SXM4-40GB", 1, "mig"),
        ),
        ({PRODUCT: "NVIDIA-A100-SXM4-40GB-MIG-1g.5gb"}, {GPU: 7}, Cards("NVIDIA-A100-SXM4-40GB-MIG-1g.5gb", 7, "mig")),
        (
            {PRODUCT: "NVIDIA-L4-SHARED", "nvidia.com/gpu.count": "1", "nvidia.com/gpu.replicas": "4"},
            {GPU: 4},
            Cards("NVIDIA-L4-SHARED", 1, "time-slicing"),
        ),
        (
            {PRODUCT: "NVIDIA-L4", "nvidia.com/gpu.count": "1", "nvidia.com/gpu.sharing-strategy": "mps"},
            {"nvidia.com/gpu.shared": 4},
            Cards("NVIDIA-L4", 1, "mps"),
        ),
        ({}, {GPU: 0, "cpu": 8}, None),
        ({"nvidia.com/gpu.count": "9" * 30}, {GPU: 8}, Cards("", 8, "")),
        ({"nvidia.com/gpu.count": "9" * 30}, {}, None),
    ],
)
def test_cards_of_a_node(labels: dict[str, str], capacity: dict[str, int], cards: Cards | None) -> None:
    """Whole cards by capacity, sliced ones by label where one counts them; the MIG strategy alone proves nothing."""
    assert cards_of(labels, capacity) == cards
