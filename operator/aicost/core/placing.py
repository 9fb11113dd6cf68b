"""MIG cards of one node that are cut differently: each device at its share of the card that it lies on (accounting rule 3).

Where DCGM told all instances of a node's cards in an hour, and who held them, a holding is of the devices of its own card.
Of a profile that is cut out of cards in different shares, if one of its holders was not told, each device is the average
of the profile's shares on that node, so that the node conserves. Where the cards were not told all devices are shares
of the cards together, as `core.layout.mig` has it.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from math import lcm
from typing import TypeAlias

from aicost.core.cards import IN_INSTANCES
from aicost.core.coverage import missing, most_at_once, union
from aicost.core.holdings import CardGroup, Devices, Holding
from aicost.core.layout import NOBODYS, Slot, at_shares, normalised
from aicost.core.placements import Placement, are_cut_differently, by_stretch
from aicost.core.prices import PriceBook
from aicost.core.products import model_of
from aicost.core.told_cards import those_offered
from aicost.core.window import HOUR, Window, hour_of

Places: TypeAlias = Mapping[tuple[str, str, str], Mapping[str, int]]
"""How many devices each holding, by its key, has on cards of a layout."""


@dataclass(frozen=True, slots=True)
class _Cut:
    """The devices of one name on cards of one layout: how many such cards, and what part of a card one device is."""

    slot: Slot
    layout: str
    cards: int
    part: Fraction

    @property
    def count(self) -> int:
        return self.cards * self.slot.count


@dataclass(slots=True)
class _Placed:
    """Groups that are cut anew, and which holdings lie where in which time, by node and resource."""

    groups: list[CardGroup] = field(default_factory=list)
    moves: dict[tuple[str, str], list[tuple[Window, Places]]] = field(default_factory=lambda: defaultdict(list))


def placed(devices: Devices, prices: PriceBook | None) -> Devices:
    """The account with MIG cards that are cut differently apart, hour by hour, as far as their placements are known.

    A group stays one; its devices and who holds them are told apart by the layout of their card, as part of their name.
    """
    if not devices.placements:
        return devices
    hours, held = _by_hour(devices.placements), _by_name(devices.holdings)
    found = _Placed()
    for group in devices.groups:
        told = hours.get(group.node.name, {}) if group.sharing == IN_INSTANCES and not group.claimable else {}
        parts = [(part, told[hour]) for hour in sorted(told) if (part := group.window.overlap(hour))]
        cut = [part for part, of in parts if _apart(replace(group, window=part), of, held, prices, found)]
        found.groups += [replace(group, window=rest) for rest in missing(group.window, union(cut))]
    holdings = (part for holding in devices.holdings for part in _moved(holding, found))
    return replace(devices, groups=tuple(found.groups), holdings=tuple(holdings))


def _by_hour(placements: Iterable[Placement]) -> Mapping[str, Mapping[Window, Sequence[Placement]]]:
    """Of nodes and hours of which some cards are cut otherwise than others: where all are alike none says more."""
    return {
        node: {hour: told for over, told in of.items() if are_cut_differently(told) for hour in over.pieces(HOUR)}
        for node, of in by_stretch(placements).items()
    }


def _by_name(holdings: Iterable[Holding]) -> Mapping[tuple[str, str], Sequence[Holding]]:
    named: dict[tuple[str, str], list[Holding]] = defaultdict(list)
    for each in holdings:
        named[each.node, each.resource].append(each)
    return named


def _apart(
    group: CardGroup,
    told: Sequence[Placement],
    held: Mapping[tuple[str, str], Sequence[Holding]],
    prices: PriceBook | None,
    found: _Placed,
) -> bool:
    """Cut a group of a part of an hour as its cards are; False where these are not known."""
    layouts = _layouts(group, told)
    cuts = _cuts(group, layouts.values(), prices.shares(model_of(group.product)) if prices else {})
    slots: list[tuple[Slot, Fraction]] = []
    for resource, of in cuts.items():
        places = None
        if len({each.part for each in of}) > 1 and resource != NOBODYS:
            hour = hour_of(group.window.start)
            holders = [holding for holding in held.get((group.node.name, resource), ()) if holding.window.meets(hour)]
            places = _places(of, layouts, [each for each in told if each.holder], holders)
        if places is None:
            slots.append(_average(of))
        else:
            found.moves[group.node.name, resource].append((group.window, places))
            slots += [
                (replace(each.slot, resource=_on(resource, each.layout), count=each.count), each.part) for each in of
            ]
    if slots:
        found.groups.append(replace(group, slots=_weighted(slots)))
    return bool(slots)


def _layouts(group: CardGroup, told: Iterable[Placement]) -> Mapping[str, tuple[str, ...]]:
    """The profiles on each card, by its UUID; none where they are not those of the group, all and no others."""
    cards = those_offered(group.slots, told)
    return cards if len(cards) == group.cards else {}


def _cuts(
    group: CardGroup, layouts: Iterable[tuple[str, ...]], shares: Mapping[str, int]
) -> Mapping[str, Sequence[_Cut]]:
    """The devices of the cards, by their name; none where a card's declared shares exceed it, which the cards together may bear."""
    found: dict[str, list[_Cut]] = defaultdict(list)
    for layout, cards in sorted(Counter(layouts).items()):
        on = Counter(layout)
        slots = (replace(slot, count=on[normalised(slot.profile)] * slot.replicas) for slot in _there(group, on))
        fitting = at_shares(tuple(slots), 1, shares)
        if fitting is None:
            return {}
        whole = sum(slot.count * slot.weight for slot in fitting)
        for slot in fitting:
            found[slot.resource].append(_Cut(slot, _called(on), cards, Fraction(slot.weight, whole)))
    return found


def _there(group: CardGroup, on: Mapping[str, int]) -> Iterator[Slot]:
    return (slot for slot in group.slots if normalised(slot.profile) in on)


def _called(on: Mapping[str, int]) -> str:
    """A layout, for people: `2 x 1g.5gb + 1 x 3g.20gb`."""
    return " + ".join(f"{count} x {profile}" for profile, count in sorted(on.items()))


def _on(resource: str, layout: str) -> str:
    return f"{resource} on {layout}"


def _places(
    of: Sequence[_Cut],
    layouts: Mapping[str, tuple[str, ...]],
    told: Iterable[Placement],
    holders: Sequence[Holding],
) -> Places | None:
    """On cards of which layout each holder's devices lie; None where one was not told, or more than there are would be."""
    seen: dict[str, set[tuple[str, str]]] = defaultdict(set)
    for each in told:
        if each.profile == normalised(of[0].slot.profile):
            seen[each.holder].add((each.card, each.instance))
    names = Counter(str(holding.pod) for holding in holders)
    if any(held.claim or names[str(held.pod)] > 1 or len(seen[str(held.pod)]) != held.count for held in holders):
        return None
    places = {held.key: Counter(_called(Counter(layouts[card])) for card, _ in seen[str(held.pod)]) for held in holders}
    most = (most_at_once((places[held.key][cut.layout], held.window) for held in holders) <= cut.count for cut in of)
    return places if all(most) else None


def _average(of: Sequence[_Cut]) -> tuple[Slot, Fraction]:
    count = sum(each.count for each in of)
    return replace(of[0].slot, count=count), sum((each.count * each.part for each in of), Fraction()) / count


def _weighted(slots: Sequence[tuple[Slot, Fraction]]) -> tuple[Slot, ...]:
    """Weights that give each device its part of a card exactly: those of all devices are the cards."""
    whole = lcm(*(part.denominator for _, part in slots))
    return tuple(sorted(replace(slot, weight=int(part * whole)) for slot, part in slots))


def _moved(holding: Holding, found: _Placed) -> Iterator[Holding]:
    """The holding by the names of the devices that it has in each part of its time."""
    moves = found.moves.get((holding.node, holding.resource), ())
    for window, places in moves:
        if common := holding.window.overlap(window):
            for layout, count in sorted(places[holding.key].items()):
                there = holding.lasting(common, holding.assumed_from)
                yield replace(there, resource=_on(holding.resource, layout), count=count)
    for rest in missing(holding.window, union(window for window, _ in moves)):
        yield holding.lasting(rest, holding.assumed_from)
