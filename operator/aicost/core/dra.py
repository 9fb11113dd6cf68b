"""Cards that NVIDIA's driver publishes for ResourceClaims (dynamic resource allocation, resource.k8s.io/v1).

Devices are called as the device plugin calls them, so that cards have one name, whoever hands them out. Source of the
attributes: NVIDIA/k8s-dra-driver-gpu, cmd/gpu-kubelet-plugin/deviceinfo.go.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from aicost.core.cards import CONTRADICTORY, GPU, IN_INSTANCES, MIG, MIG_CARDS, Cards, cards_of, counted
from aicost.core.layout import Instances, Slot, mig, normalised, profile
from aicost.core.products import model_of


@dataclass(frozen=True, slots=True, order=True)
class Device:
    """A card, or with a `profile` a MIG instance, as a ResourceSlice of its pool publishes it.

    `card` is the UUID of the card that it is, or lies on; `product` its name as GPU Feature Discovery would write it.
    `divisible`: several claims may hold a part of it each.
    """

    pool: str
    name: str
    card: str
    product: str
    profile: str = ""
    divisible: bool = False

    @property
    def resource(self) -> str:
        """What the device plugin would call it."""
        return f"{MIG}{normalised(self.profile)}" if self.profile else GPU


def published(devices: Collection[Device], labels: Mapping[str, str], capacity: Mapping[str, int]) -> tuple[Cards, ...]:
    """The cards of a node of which slices publish some: those, and what labels and device plugin know beside them.

    No card twice: the labels count all of them, and where they do not, what slices publish and what the plugin offers
    are taken for the same cards. Cards that slices do not publish, such as one that is not healthy, are there still.
    """
    whole, cut = _cards(devices, in_instances=False), _cards(devices, in_instances=True)
    products = {device.product for device in devices}
    product = products.pop() if len(products) == 1 else ""
    everything = max(counted(labels), len(whole | cut))
    if capacity and any(cards.sharing for cards in cards_of(labels, capacity)):
        return (Cards(product, everything, CONTRADICTORY),)
    if whole & cut or any(device.divisible for device in devices):
        return (Cards(product, everything, IN_INSTANCES),)
    count = max(everything - len(cut), capacity.get(GPU, 0))
    uncut = (Cards(product, count, slots=(Slot(GPU, count),)),) if count else ()
    return (*uncut, _in_instances(product, devices, len(cut))) if cut else uncut


def _cards(devices: Collection[Device], *, in_instances: bool) -> set[str]:
    return {device.card for device in devices if bool(device.profile) is in_instances}


def _in_instances(product: str, devices: Collection[Device], cards: int) -> Cards:
    """Cards with the instances that are on them: made before they were published, as no whole card is beside them."""
    model = model_of(product)
    counts = Counter((device.resource, device.profile) for device in devices if device.profile)
    read = [(name, profile(of, model), count) for (name, of), count in sorted(counts.items())]
    known = [Instances(name, of, count, name=name.removeprefix(MIG)) for name, of, count in read if of]
    slots = mig(known, cards, model) if len(known) == len(read) else ()
    return Cards(product, cards, CONTRADICTORY if slots is None else IN_INSTANCES, slots or (), MIG_CARDS)
