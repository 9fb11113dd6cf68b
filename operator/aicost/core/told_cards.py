"""How many cards a node has whose labels count MIG instances only (strategy `single`): as many as DCGM told last.

What was told of an hour stands until another hour is told: the cards of a node are the same ones as long as it offers the
same devices. Before the first such hour it is what labels make of it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TypeAlias

from aicost.core.cards import IN_INSTANCES, MIG_CARDS, UNCOUNTED
from aicost.core.holdings import CardGroup, Devices
from aicost.core.identity import NodeRef
from aicost.core.layout import Slot, normalised
from aicost.core.placements import Placement, by_stretch, layouts
from aicost.core.window import Instant, Window

_Devices: TypeAlias = tuple[NodeRef, str, str, tuple[Slot, ...]]
"""What makes groups of a node the same cards, whatever else its labels say."""


def as_told(devices: Devices) -> Devices:
    """The account, its groups of strategy `single` with the number of cards that was told, cut where another one was."""
    told = by_stretch(devices.placements)
    there = {_devices(group) for group in devices.groups if _counts_instances(group)}
    counts = {of: tuple(_counts(of, told.get(of[0].name, {}))) for of in there}
    parts = (part for group in devices.groups for part in _parts(group, counts.get(_devices(group), ())))
    return replace(devices, groups=tuple(parts))


def those_offered(slots: Iterable[Slot], told: Iterable[Placement]) -> Mapping[str, tuple[str, ...]]:
    """The profiles on each card, by its UUID; none where the instances are not those of the slots, all and no others."""
    seen = tuple(told)
    cards = layouts(seen)
    offered = {normalised(slot.profile): slot.count // slot.replicas for slot in slots}
    instances = {(each.card, each.instance) for each in seen}
    there = Counter(profile for of in cards.values() for profile in of)
    return cards if there == offered and len(instances) == there.total() else {}


def _counts_instances(group: CardGroup) -> bool:
    alike = group.sharing in (IN_INSTANCES, UNCOUNTED) and group.resource != MIG_CARDS
    return alike and bool(group.slots) and not group.claimable


def _devices(group: CardGroup) -> _Devices:
    return group.node, group.resource, group.product, group.slots


def _counts(of: _Devices, told: Mapping[Window, Sequence[Placement]]) -> Iterator[tuple[Instant, int]]:
    """Since when how many cards were told with just these devices, in turn; what one of the node's name had before it is none."""
    for window, seen in told.items():
        if window.end > of[0].created and (cards := those_offered(of[3], seen)):
            yield window.start, len(cards)


def _parts(group: CardGroup, counts: Iterable[tuple[Instant, int]]) -> Iterator[CardGroup]:
    now = group
    for since, cards in counts:
        then = replace(now, cards=cards, sharing=IN_INSTANCES)
        if since <= now.window.start:
            now = then
        elif then != now and since < now.window.end:
            yield replace(now, window=Window(now.window.start, since))
            now = replace(then, window=Window(since, now.window.end))
    yield now
