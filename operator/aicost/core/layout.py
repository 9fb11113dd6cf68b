"""How cards are cut into the devices that pods ask for, and which share of the cards each device is. Integers only.

MIG profiles are those of NVIDIA's MIG user guide (supported MIG profiles): `3g.40gb` has 3 of 7 compute slices and 4 of
8 memory slices of an 80 GB card; A30 and RTX PRO cards have 4 of either.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from math import lcm

from aicost.core.money import NANOS_PER_UNIT

WHOLE = 1_000_000
"""Parts of a card: shares of quantity are counted in millionths, so a card-second has a million card-microseconds."""
_PROFILE = re.compile(r"(?:\d+c\.)?(\d+)g\.(\d+)gb(?:[+.-].+)?", re.ASCII)
NOBODYS = ""
"""The name of the slot that declared shares leave of the cards: no pod can ask for it."""
_GIGABYTES = re.compile(r"(\d+)GB", re.ASCII)
_FOUR_SLICES = ("A30-", "RTX-PRO-")
_MEDIA = re.compile(r"[+.]me(?:\.all)?$", re.ASCII)
"""Of profiles with media engines: `1g.10gb+me`, `1g.24gb+me.all`; `-me` is one without."""


@dataclass(frozen=True, slots=True, order=True)
class Slot:
    """`count` devices that pods ask for by the name `resource`, each of a `weight` among the devices of a card group.

    Of MIG instances `profile` is their profile, as labels have it, and `replicas` how many devices share one instance.
    """

    resource: str
    count: int
    weight: int = 1
    profile: str = ""
    replicas: int = 1

    def __post_init__(self) -> None:
        if min(self.count, self.weight, self.replicas) < 1:
            raise ValueError(f"{self.resource} has {self.count} devices of weight {self.weight}: at least one of each")


def share(total: int, slot: Slot, among: Iterable[Slot]) -> int:
    """What one device of the slot is of a total that all devices divide by weight, rounded down.

    Never more than the exact share, so that all devices together never exceed the total.
    """
    return total * slot.weight // sum(each.count * each.weight for each in among)


@dataclass(frozen=True, slots=True)
class Profile:
    """A MIG profile on a card of a model: slices that an instance takes, and how many fit on a card."""

    compute: int
    memory: int
    per_card: int

    @property
    def weight(self) -> int:
        """An instance keeps others from what it takes most of (accounting rule 3)."""
        return max(self.compute, self.memory)


def slices_of(model: str) -> tuple[int, int]:
    """Compute and memory slices of a card that can be cut: 7 and 8, of some models 4 and 4."""
    return (4, 4) if model.startswith(_FOUR_SLICES) else (7, 8)


def profile(name: str, model: str) -> Profile | None:
    """The profile `3g.40gb` of a model such as `H100-80GB`; None where either is unknown or they do not go together.

    Of profiles with media engines a card has one instance (MIG user guide): its other slices are no such instance's.
    """
    match, card = _PROFILE.fullmatch(name), _GIGABYTES.search(model)
    if match is None or card is None:
        return None
    compute, memory = slices_of(model)
    gigabytes, taken = int(card[1]), int(match[1])
    slices = max(1, (2 * int(match[2]) * memory + gigabytes) // (2 * gigabytes)) if gigabytes else 0
    if not (0 < taken <= compute and 0 < slices <= memory):
        return None
    return Profile(taken, slices, 1 if _MEDIA.search(name) else min(compute // taken, memory // slices))


@dataclass(frozen=True, slots=True)
class Instances:
    """MIG instances of one profile on a node: pods ask for `replicas` devices of each by the name `resource`."""

    resource: str
    profile: Profile
    count: int
    replicas: int = 1
    name: str = ""


def mig(instances: Iterable[Instances], cards: int, model: str) -> tuple[Slot, ...] | None:
    """The slots of a node's MIG cards; None where so many instances do not fit on so many cards.

    Kubernetes does not tell which instance lies on which card: a device is its weight's share of all cards together.
    """
    found = tuple(instances)
    compute, memory = slices_of(model)
    taken = sum(each.count * each.profile.compute for each in found), sum(e.count * e.profile.memory for e in found)
    if not found or taken[0] > cards * compute or taken[1] > cards * memory:
        return None
    times = lcm(*(each.replicas for each in found))
    return tuple(
        sorted(
            Slot(
                each.resource,
                each.count * each.replicas,
                each.profile.weight * times // each.replicas,
                each.name,
                each.replicas,
            )
            for each in found
        )
    )


def normalised(profile: str) -> str:
    """A profile's name as labels and resources have it: `1g.10gb.me` for NVIDIA's `1g.10gb+me`."""
    return profile.replace("+", ".")


def at_shares(slots: tuple[Slot, ...], cards: int, shares: Mapping[str, int]) -> tuple[Slot, ...] | None:
    """The slots with the declared shares of a card, in billionths by normalised profile; `cards` have them all together.

    Instances of other profiles divide what is left by their weight; where there are none it is nobody's. None where the
    shares exceed the cards, or leave nothing for instances that are there.
    """
    fixed = {slot: shares[slot.profile] for slot in slots if slot.profile in shares}
    if not fixed:
        return slots
    others = sum(slot.count * slot.weight for slot in slots if slot not in fixed)
    times = lcm(*(slot.replicas for slot in fixed))
    left = cards * NANOS_PER_UNIT * times - sum(s.count * part * times // s.replicas for s, part in fixed.items())
    if left < 0 or (others and not left):
        return None
    found = [
        replace(slot, weight=fixed[slot] * times // slot.replicas * (others or 1))
        if slot in fixed
        else replace(slot, weight=slot.weight * left)
        for slot in slots
    ]
    return (*found, *([Slot(NOBODYS, 1, left)] if left and not others else []))
