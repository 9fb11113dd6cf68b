"""Cards that NVIDIA's driver publishes for ResourceClaims (dynamic resource allocation, resource.k8s.io/v1).

Devices are called as the device plugin calls them, so that cards have one name, whoever hands them out. Source of the
attributes: NVIDIA/k8s-dra-driver-gpu, cmd/gpu-kubelet-plugin/deviceinfo.go.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from aicost.core.cards import CONTRADICTORY, GPU, IN_INSTANCES, MIG, MIG_CARDS, Cards, cards_of, counted
from aicost.core.layout import Instances, Slot, mig, normalised, profile, slices_of
from aicost.core.products import model_of

SLICE = "nvidia.com/mig.slice"
"""A memory slice of a card of which MIG instances are made on demand: what claims hold of it is counted in these."""


@dataclass(frozen=True, slots=True, order=True)
class Device:
    """A card, or with a `profile` a MIG instance, as a ResourceSlice of its pool publishes it.

    `card` tells the card that it is, or lies on; `product` its name as GPU Feature Discovery would write it, empty
    where a virtual machine is given it. `on_demand`: it is one of several ways to cut the card, which is made when it
    is claimed. `divisible`: several claims may hold a part of it each.
    """

    pool: str
    name: str
    card: str
    product: str
    profile: str = ""
    on_demand: bool = False
    divisible: bool = False

    @property
    def held(self) -> tuple[str, int]:
        """What a claim of it holds and how much: as the device plugin would call it, or so many slices of a card.

        An instance that is made on demand keeps others from what it takes most of, as any (accounting rule 3).
        """
        model = model_of(self.product)
        if not self.on_demand:
            return (f"{MIG}{normalised(self.profile)}" if self.profile else GPU), 1
        of = profile(self.profile, model)
        return SLICE, of.weight if of else slices_of(model)[1]


def published(devices: Collection[Device], labels: Mapping[str, str], capacity: Mapping[str, int]) -> tuple[Cards, ...]:
    """The cards of a node of which slices publish some: those, and what labels and device plugin know beside them.

    No card twice: the labels count all of them, and where they do not, what slices publish and what the plugin offers
    are taken for the same cards. Cards that slices do not publish, such as one that is not healthy, are there still.
    """
    whole, cut = _cards(devices, in_instances=False), _cards(devices, in_instances=True)
    products = {device.product for device in devices if device.product}
    product = products.pop() if len(products) == 1 else ""
    everything = max(counted(labels), len(whole | cut))
    if capacity and any(cards.sharing for cards in cards_of(labels, capacity)):
        return (Cards(product, everything, CONTRADICTORY),)
    if any(device.on_demand or device.divisible for device in devices):
        return (_on_demand(product, devices, everything, offered=capacity.get(GPU, 0)),)
    count = max(everything - len(cut), capacity.get(GPU, 0))
    uncut = (Cards(product, count, slots=(Slot(GPU, count),)),) if count else ()
    return (*uncut, _in_instances(product, devices, len(cut))) if cut else uncut


def _cards(devices: Collection[Device], *, in_instances: bool) -> set[str]:
    return {device.card for device in devices if bool(device.profile) is in_instances}


def _on_demand(product: str, devices: Collection[Device], cards: int, *, offered: int) -> Cards:
    """Cards in slices, of which instances are made as they are claimed; nobody knows how others of them are cut."""
    model = model_of(product)
    known = all(device.on_demand and not device.divisible for device in devices)
    read = all(profile(device.profile, model) for device in devices if device.profile)
    slots = (Slot(SLICE, cards * slices_of(model)[1]),) if known and read else ()
    return Cards(product, cards, CONTRADICTORY if offered else IN_INSTANCES, slots, MIG_CARDS)


def _in_instances(product: str, devices: Collection[Device], cards: int) -> Cards:
    """Cards with the instances that are on them for good."""
    model = model_of(product)
    counts = Counter((device.held[0], device.profile) for device in devices if device.profile)
    read = [(name, profile(of, model), count) for (name, of), count in sorted(counts.items())]
    known = [Instances(name, of, count, name=name.removeprefix(MIG)) for name, of, count in read if of]
    slots = mig(known, cards, model) if len(known) == len(read) else ()
    return Cards(product, cards, CONTRADICTORY if slots is None else IN_INSTANCES, slots or (), MIG_CARDS)
