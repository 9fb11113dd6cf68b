"""Cards that slices publish: each one is there once, whatever labels and device plugin say beside them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from aicost.core.cards import MIG_CARDS, Cards
from aicost.core.dra import SLICE, Device, published
from aicost.core.layout import Slot

GPU, A100, COUNT = "nvidia.com/gpu", "NVIDIA-A100-SXM4-80GB", "nvidia.com/gpu.count"
PRODUCT, REPLICAS = "nvidia.com/gpu.product", "nvidia.com/gpu.replicas"
MIG = "nvidia.com/mig-"
BALANCED = ("3g.40gb", "2g.20gb", "1g.10gb", "1g.10gb+me")


def a_card(index: int, product: str = A100) -> Device:
    return Device("node-a", f"gpu-{index}", f"GPU-{index}", product)


def instances(card: int, *profiles: str) -> tuple[Device, ...]:
    return tuple(Device("node-a", f"gpu-{card}-mig-{n}", f"GPU-{card}", A100, of) for n, of in enumerate(profiles))


def whole(count: int) -> Cards:
    return Cards(A100, count, slots=(Slot(GPU, count),))


IN_EIGHTHS = (
    Slot(f"{MIG}1g.10gb", 1, 1, "1g.10gb"),
    Slot(f"{MIG}1g.10gb.me", 1, 1, "1g.10gb.me"),
    Slot(f"{MIG}2g.20gb", 1, 2, "2g.20gb"),
    Slot(f"{MIG}3g.40gb", 1, 4, "3g.40gb"),
)
CUT = Cards(A100, 1, "mig", IN_EIGHTHS, MIG_CARDS)


@pytest.mark.parametrize(
    ("labels", "capacity", "count"),
    [
        ({}, {}, 2),
        ({COUNT: "2"}, {}, 2),
        ({COUNT: "3"}, {}, 3),
        ({COUNT: "2"}, {GPU: 2}, 2),
        ({COUNT: "8"}, {GPU: 6}, 8),
        ({}, {GPU: 2}, 2),
        ({}, {GPU: 6}, 6),
        ({COUNT: "14", PRODUCT: f"{A100}-MIG-1g.10gb"}, {}, 2),
    ],
)
def test_a_card_is_there_once(labels: dict[str, str], capacity: dict[str, int], count: int) -> None:
    """Two published cards are those that labels count and the plugin offers; the labels know of more, if there are."""
    assert published([a_card(0), a_card(1)], labels, capacity) == (whole(count),)
    assert a_card(0).held == (GPU, 1)


def test_an_instance_is_its_share_of_the_card_that_it_lies_on() -> None:
    """As with the device plugin: by slices, beside the whole cards, which are not the ones that are cut."""
    assert published(instances(0, *BALANCED), {}, {}) == (CUT,)
    assert published([a_card(1), *instances(0, *BALANCED)], {COUNT: "4"}, {}) == (whole(3), CUT)
    assert [device.held for device in instances(0, *BALANCED)[2:]] == [(f"{MIG}1g.10gb", 1), (f"{MIG}1g.10gb.me", 1)]


def test_labels_of_the_same_instances_are_no_other_cards() -> None:
    """Feature discovery that counts MIG instances tells of those that slices publish."""
    labels = {COUNT: "1", PRODUCT: A100, REPLICAS: "0", f"{MIG}3g.40gb.count": "1"}
    assert published(instances(0, *BALANCED), labels, {}) == (CUT,)


@pytest.mark.parametrize(
    ("devices", "sharing"),
    [
        (instances(0, *BALANCED, "4g.40gb"), "contradictory"),
        (instances(0, "9g.90gb"), "mig"),
        ((replace(a_card(0), on_demand=True), a_card(0)), "mig"),
        ((replace(instances(0, "9g.90gb")[0], on_demand=True),), "mig"),
        ((Device("node-a", "gpu-0", "GPU-0", A100, divisible=True),), "mig"),
    ],
)
def test_what_cannot_be_is_not_guessed(devices: tuple[Device, ...], sharing: str) -> None:
    """Too many instances, an unknown profile, cards that are cut both ways, a divisible card: no share is known."""
    ((cards),) = published(devices, {}, {})
    assert (cards.count, cards.sharing, cards.slots) == (1, sharing, ())


@pytest.mark.parametrize("with_whole", [True, False])
def test_instances_that_are_made_on_demand_are_slices_of_their_card(with_whole: bool) -> None:
    """Every way to cut a card is published, and it is one card all the same; a claim holds what it takes most of."""
    ways = (*([a_card(0)] if with_whole else []), *instances(0, *(["1g.10gb"] * 7), "3g.40gb", "4g.40gb", "7g.80gb"))
    devices = [replace(device, on_demand=True) for device in ways]
    assert published(devices, {COUNT: "2"}, {}) == (Cards(A100, 2, "mig", (Slot(SLICE, 16),), MIG_CARDS),)
    assert [device.held for device in devices[-3:]] == [(SLICE, 4), (SLICE, 4), (SLICE, 8)]
    assert devices[0].held == (SLICE, 8 if with_whole else 1)


def test_cards_that_are_made_into_instances_and_offered_whole_are_parked() -> None:
    """A device plugin that offers the same cards contradicts the driver that cuts them."""
    (cards,) = published([replace(a_card(0), on_demand=True)], {}, {GPU: 1})
    assert cards.sharing == "contradictory"


def test_a_card_for_a_virtual_machine_is_the_same_card() -> None:
    """Published both ways it is one, of the product that only one of them names."""
    assert published([a_card(0), Device("node-a", "gpu-vfio-0", "GPU-0", "")], {}, {}) == (whole(1),)


def test_cards_of_several_products_have_none() -> None:
    """What nobody can price as one is a gap, not the price of either."""
    (cards,) = published([a_card(0), a_card(1, "NVIDIA-L4")], {}, {})
    assert (cards.product, cards.count) == ("", 2)


def test_a_plugin_that_shares_cards_beside_claims_is_parked() -> None:
    """Nobody can tell which cards are in time slices and which are claimed whole."""
    labels = {COUNT: "2", PRODUCT: A100, REPLICAS: "4", "nvidia.com/gpu.sharing-strategy": "time-slicing"}
    (cards,) = published([a_card(0)], labels, {f"{GPU}.shared": 8})
    assert (cards.product, cards.count, cards.sharing) == (A100, 2, "contradictory")
