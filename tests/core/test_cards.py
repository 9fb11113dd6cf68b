"""A node's cards from labels and capacity."""

from __future__ import annotations

import pytest

from aicost.core.cards import (
    LAYOUT,
    LAYOUT_STATE,
    MIG_CARDS,
    MOST_DEVICES,
    SHARED,
    UNCOUNTED,
    Cards,
    believed,
    cards_of,
    counted,
    labels_of_instances,
    lasting,
)
from aicost.core.identity import labels as labels_of
from aicost.core.layout import Slot

GPU = "nvidia.com/gpu"
PRODUCT = "nvidia.com/gpu.product"


A100 = "NVIDIA-A100-SXM4-40GB"
COUNT, REPLICAS, STRATEGY = "nvidia.com/gpu.count", "nvidia.com/gpu.replicas", "nvidia.com/gpu.sharing-strategy"
SMALL, MIDDLE, HALF = "nvidia.com/mig-1g.5gb", "nvidia.com/mig-2g.10gb", "nvidia.com/mig-3g.20gb"


def whole(product: str, count: int) -> Cards:
    return Cards(product, count, slots=(Slot(GPU, count),))


def mig(count: int, *slots: Slot, product: str = A100) -> Cards:
    return Cards(product, count, "mig", slots, MIG_CARDS)


@pytest.mark.parametrize(
    ("labels", "capacity", "cards"),
    [
        ({PRODUCT: "Tesla-T4", "nvidia.com/mig.strategy": "mixed", REPLICAS: "1"}, {GPU: 2}, whole("Tesla-T4", 2)),
        ({}, {GPU: 1}, whole("", 1)),
        ({PRODUCT: "NVIDIA-L4", COUNT: "1"}, {GPU: 0}, whole("NVIDIA-L4", 1)),
        ({COUNT: "9" * 30}, {GPU: 8}, whole("", 8)),
    ],
)
def test_whole_cards(labels: dict[str, str], capacity: dict[str, int], cards: Cards) -> None:
    """Whole cards are what the device plugin offers, or, while it offers nothing, what the label counts."""
    assert cards_of(labels, capacity) == (cards,)


@pytest.mark.parametrize(
    ("labels", "capacity"), [({}, {GPU: 0, "cpu": 8}), ({COUNT: "9" * 30}, {}), ({PRODUCT: f"{A100}-MIG-1g.5gb"}, {})]
)
def test_no_cards(labels: dict[str, str], capacity: dict[str, int]) -> None:
    """A node that offers nothing, and of which no label that can be true counts cards, has none."""
    assert cards_of(labels, capacity) == ()


@pytest.mark.parametrize(
    ("labels", "capacity", "cards"),
    [
        (
            {PRODUCT: "NVIDIA-L4-SHARED", COUNT: "1", REPLICAS: "4"},
            {GPU: 4},
            Cards("NVIDIA-L4", 1, "time-slicing", (Slot(GPU, 4),)),
        ),
        (
            {PRODUCT: "NVIDIA-L4-SHARED", COUNT: "2", REPLICAS: "4"},
            {},
            Cards("NVIDIA-L4", 2, "time-slicing", (Slot(GPU, 8),)),
        ),
        (
            {PRODUCT: "NVIDIA-L4", COUNT: "2", REPLICAS: "3"},
            {SHARED: 6},
            Cards("NVIDIA-L4", 2, "time-slicing", (Slot(SHARED, 6),)),
        ),
        (
            {PRODUCT: "NVIDIA-L4", COUNT: "2", REPLICAS: "3"},
            {},
            Cards("NVIDIA-L4", 2, "time-slicing", (Slot(SHARED, 6),)),
        ),
        (
            {PRODUCT: "NVIDIA-L4", COUNT: "1", STRATEGY: "mps"},
            {SHARED: 4},
            Cards("NVIDIA-L4", 1, "mps", (Slot(SHARED, 4),)),
        ),
        (
            {PRODUCT: "NVIDIA-L4-SHARED", REPLICAS: "4"},
            {GPU: 8},
            Cards("NVIDIA-L4", 2, "time-slicing", (Slot(GPU, 8),)),
        ),
        (
            {PRODUCT: "NVIDIA-L4-SHARED", REPLICAS: "2"},
            {GPU: 8},
            Cards("NVIDIA-L4", 4, "time-slicing", (Slot(GPU, 8),)),
        ),
        (
            {PRODUCT: "NVIDIA-L4", COUNT: "1", REPLICAS: "1", STRATEGY: "mps"},
            {SHARED: 4},
            Cards("NVIDIA-L4", 1, "mps", (Slot(SHARED, 4),)),
        ),
        ({PRODUCT: "NVIDIA-L4", COUNT: "1", STRATEGY: "mps"}, {GPU: 4}, Cards("NVIDIA-L4", 1, "mps", (Slot(GPU, 4),))),
        (
            {PRODUCT: "NVIDIA-L4", COUNT: "1", REPLICAS: "2"},
            {GPU: 2},
            Cards("NVIDIA-L4", 1, "time-slicing", (Slot(GPU, 2),)),
        ),
    ],
)
def test_cards_shared_in_time(labels: dict[str, str], capacity: dict[str, int], cards: Cards) -> None:
    """Each card is so many devices as it has replicas, under the card's name or a name of their own; all whole numbers."""
    assert repr(cards_of(labels, capacity)) == repr((cards,))


@pytest.mark.parametrize(
    ("labels", "capacity", "cards"),
    [
        (
            {PRODUCT: A100, COUNT: "1", REPLICAS: "0"},
            {GPU: 0, SMALL: 3, MIDDLE: 1},
            (mig(1, Slot(SMALL, 3, 1, "1g.5gb"), Slot(MIDDLE, 1, 2, "2g.10gb")),),
        ),
        ({PRODUCT: A100, COUNT: "2"}, {GPU: 1, HALF: 2}, (whole(A100, 1), mig(1, Slot(HALF, 2, 4, "3g.20gb")))),
        ({PRODUCT: A100, COUNT: "1", f"{HALF}.count": "2"}, {}, (mig(1, Slot(HALF, 2, 4, "3g.20gb")),)),
        (
            {PRODUCT: A100, COUNT: "1", f"{HALF}.count": "2", f"{HALF}.replicas": "2"},
            {},
            (mig(1, Slot(HALF, 4, 4, "3g.20gb", 2)),),
        ),
        (
            {PRODUCT: A100, COUNT: "1", f"{SMALL}.replicas": "2"},
            {SMALL: 8, HALF: 1},
            (mig(1, Slot(SMALL, 8, 1, "1g.5gb", 2), Slot(HALF, 1, 8, "3g.20gb")),),
        ),
        (
            {PRODUCT: f"{A100}-MIG-1g.5gb", LAYOUT: "all-1g.5gb", LAYOUT_STATE: "success"},
            {GPU: 14},
            (Cards(A100, 2, "mig", (Slot(GPU, 14, profile="1g.5gb"),)),),
        ),
        ({PRODUCT: f"{A100}-MIG-7g.40gb"}, {GPU: 2}, (Cards(A100, 2, "mig", (Slot(GPU, 2, profile="7g.40gb"),)),)),
        ({PRODUCT: f"{A100}-MIG-1g.5gb"}, {GPU: 1}, (Cards(A100, 1, "mig", (Slot(GPU, 1, profile="1g.5gb"),)),)),
        ({PRODUCT: f"{A100}-MIG-1g.5gb.me"}, {GPU: 7}, (Cards(A100, 7, "mig", (Slot(GPU, 7, profile="1g.5gb.me"),)),)),
        (
            {PRODUCT: f"{A100}-MIG-3g.20gb-SHARED", REPLICAS: "2", LAYOUT: "all-3g.20gb", LAYOUT_STATE: "success"},
            {GPU: 8},
            (Cards(A100, 2, "mig", (Slot(GPU, 8, profile="3g.20gb", replicas=2),)),),
        ),
    ],
)
def test_cards_cut_into_instances(labels: dict[str, str], capacity: dict[str, int], cards: tuple[Cards, ...]) -> None:
    """MIG instances weigh what they take of a card, with either strategy, beside whole cards, and shared in time."""
    assert cards_of(labels, capacity) == cards


@pytest.mark.parametrize(
    ("labels", "capacity", "cards"),
    [
        ({PRODUCT: f"{A100}-MIG-INVALID", COUNT: "0", REPLICAS: "0"}, {}, Cards(A100, 1, "mig")),
        ({PRODUCT: f"{A100}-MIG-1g.5gb-SHARED", REPLICAS: "2"}, {GPU: 13}, Cards(A100, 13, "mig")),
        ({PRODUCT: "Unheard-of-MIG-1g.5gb"}, {GPU: 7}, Cards("Unheard-of", 7, "mig")),
        ({PRODUCT: "Unheard-of", COUNT: "1"}, {SMALL: 7}, Cards("Unheard-of", 1, "mig", (), MIG_CARDS)),
        ({PRODUCT: A100}, {SMALL: 7}, Cards(A100, 1, "mig", (), MIG_CARDS)),
        ({PRODUCT: "NVIDIA-L4-SHARED"}, {GPU: 4}, Cards("NVIDIA-L4", 4, "time-slicing")),
        ({}, {SHARED: 4}, Cards("", 4, "time-slicing")),
        ({PRODUCT: "NVIDIA-L4-SHARED", REPLICAS: "4"}, {GPU: 6}, Cards("NVIDIA-L4", 6, "time-slicing")),
        ({PRODUCT: "NVIDIA-L4", COUNT: "2", REPLICAS: "1"}, {SHARED: 3}, Cards("NVIDIA-L4", 2, "time-slicing")),
    ],
)
def test_what_labels_do_not_tell_is_unknown(labels: dict[str, str], capacity: dict[str, int], cards: Cards) -> None:
    """Where nothing counts the cards, or nobody knows the profile, the cards have no slots."""
    assert cards_of(labels, capacity) == (cards,)


@pytest.mark.parametrize(
    ("named", "devices", "least"),
    [
        ({}, 7, 1),
        ({}, 6, 1),
        ({}, 8, 2),
        ({LAYOUT: "all-1g.5gb"}, 7, 1),
        ({LAYOUT: "all-1g.5gb", LAYOUT_STATE: "pending"}, 7, 1),
        ({LAYOUT: "all-2g.10gb", LAYOUT_STATE: "success"}, 7, 1),
        ({LAYOUT: "by-hand", LAYOUT_STATE: "success"}, 7, 1),
        ({LAYOUT: "all-1g.5gb", LAYOUT_STATE: "success"}, 6, 1),
    ],
)
def test_cards_that_nothing_counts_are_as_many_at_least(named: dict[str, str], devices: int, least: int) -> None:
    """With MIG strategy `single` seven instances may lie on one card or on seven; it is known what pods ask for."""
    cards = cards_of({PRODUCT: f"{A100}-MIG-1g.5gb", COUNT: str(devices)} | named, {GPU: devices})
    assert cards == (Cards(A100, least, UNCOUNTED, (Slot(GPU, devices, profile="1g.5gb"),)),)


@pytest.mark.parametrize(
    ("labels", "capacity", "cards"),
    [
        ({PRODUCT: "NVIDIA-L4-SHARED", COUNT: "1", REPLICAS: "4"}, {GPU: 3}, Cards("NVIDIA-L4", 1, "contradictory")),
        ({PRODUCT: "NVIDIA-L4-SHARED", COUNT: "1", REPLICAS: "2"}, {GPU: 4}, Cards("NVIDIA-L4", 1, "contradictory")),
        ({PRODUCT: A100, COUNT: "1"}, {SMALL: 8}, Cards(A100, 1, "contradictory", (), MIG_CARDS)),
        ({PRODUCT: A100, COUNT: "1"}, {GPU: 1, HALF: 2}, Cards(A100, 1, "contradictory", (), MIG_CARDS)),
        ({PRODUCT: A100, COUNT: "1", f"{HALF}.count": "2"}, {HALF: 1}, Cards(A100, 1, "contradictory", (), MIG_CARDS)),
    ],
)
def test_what_contradicts_is_said_to(labels: dict[str, str], capacity: dict[str, int], cards: Cards) -> None:
    """Devices that labels and capacity count differently, or that the cards cannot have, are not divided by a guess."""
    assert cards in cards_of(labels, capacity)


def test_labels_of_instances_are_asked_for_by_name() -> None:
    """Of each resource that is a MIG instance: how many there are, and how many share one."""
    asked = labels_of_instances([SMALL, "cpu", HALF])
    assert asked == (f"{SMALL}.count", f"{SMALL}.replicas", f"{HALF}.count", f"{HALF}.replicas")


def test_labels_that_last_are_all_but_the_time_of_their_making() -> None:
    """A daemon that starts anew makes no other node."""
    known = labels_of({PRODUCT: A100, "pool": "care"})
    assert lasting(known | {("nvidia.com/gfd.timestamp", "1")}) == lasting(known) == known


def test_a_number_that_no_node_has_is_none() -> None:
    """Up to the most devices that are believed."""
    assert [believed(n) for n in (-1, 0, 1, MOST_DEVICES - 1, MOST_DEVICES)] == [0, 0, 1, MOST_DEVICES - 1, 0]


def test_a_label_that_counts_instances_counts_no_cards() -> None:
    """With MIG strategy `single` the label of cards counts what they are cut into."""
    assert counted({PRODUCT: A100, COUNT: "2"}) == 2
    assert counted({PRODUCT: f"{A100}-MIG-1g.5gb", COUNT: "14"}) == counted({}) == 0
