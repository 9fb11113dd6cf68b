"""Stretches: cards of a group over a part of an hour at one rate, and what they and each of their devices run up.

Accruals are additive in time and rounded down for each device, so whatever tiles a device's time pays it exactly, and
what rounding leaves of the cards is nobody's.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TypeAlias

from aicost.core.cards import CONTRADICTORY, IN_INSTANCES, UNCOUNTED, UNTOLD, is_unpublished
from aicost.core.holdings import CardGroup, Devices
from aicost.core.identity import NodeRef
from aicost.core.layout import WHOLE, at_shares, share
from aicost.core.ledger import Certainty, Key
from aicost.core.money import MOST_NANOS, Money, accrued
from aicost.core.prices import PriceBook
from aicost.core.products import model_of
from aicost.core.reasons import GapReason
from aicost.core.sharing import Held, Part, devices_at
from aicost.core.window import HOUR, Instant, Window, floor, rfc3339

CARD_MICROSECONDS = "card-microseconds"
Rate: TypeAlias = Money | GapReason
"""What a card costs an hour, or why nobody knows."""
Named: TypeAlias = tuple[str, str]
"""A node's name and a resource."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """A stretch of one hour in which a group had the same cards at the same rate per card hour.

    `asset` names the entry of the asset register that the cards belong to, if they do.
    """

    group: CardGroup
    window: Window
    rate: Rate
    certainty: Certainty = Certainty.RATED
    asset: str = ""

    @property
    def key(self) -> Key:
        """Stretches of one hour that agree in this are one entry; without a declared price they are one of their own."""
        group, hour = self.group, rfc3339(floor(self.window.start, HOUR))
        why = (self.without.value,) if self.without else ()
        return "gpu", group.node.name, rfc3339(group.node.created), group.resource, group.product, hour, *why

    @property
    def without(self) -> GapReason | None:
        """Why its cards have no declared price, if they have none."""
        if isinstance(self.rate, GapReason):
            return self.rate
        return GapReason.BUILT_IN_PRICE if self.certainty is Certainty.ESTIMATED else None

    @property
    def cards(self) -> Pace:
        """What all its cards run up."""
        nanos = self.rate.nanos if isinstance(self.rate, Money) else 0
        return Pace(WHOLE * self.group.cards, nanos * self.group.cards)

    @property
    def whole(self) -> Share:
        """The cards over the window."""
        return self.over(self.window)

    def over(self, window: Window) -> Share:
        """The cards over a part of the window: all their devices, and what rounding leaves of them, which no pod can hold."""
        cards, slots = self.cards, self.group.devices
        paces = [(slot.count, share(cards.nanos, slot, slots)) for slot in slots]
        left = cards.nanos - sum(count * nanos for count, nanos in paces)
        ran_up = sum(count * accrued(nanos, window.start, window.end) for count, nanos in (*paces, (1, left)))
        return Share(cards.micros * window.seconds, ran_up)

    def device(self, name: str) -> Pace:
        """What one device of that name runs up: never more than its exact share of the cards."""
        cards, slots = self.cards, self.group.devices
        slot = next((slot for slot in slots if slot.resource == name), None)
        if slot is None:
            return Pace(WHOLE, 0)
        return Pace(share(cards.micros, slot, slots), share(cards.nanos, slot, slots))

    def offers(self, name: str) -> int:
        """How many devices of that name there are; none where nobody knows."""
        return sum(slot.count for slot in self.group.devices if slot.resource == name)


@dataclass(frozen=True, slots=True)
class Share:
    """Card-microseconds and the nano-units that they accrue; 0 nano-units where no rate is known."""

    micros: int = 0
    nanos: int = 0

    def __add__(self, other: Share) -> Share:
        return Share(self.micros + other.micros, self.nanos + other.nanos)

    def __sub__(self, other: Share) -> Share:
        return Share(self.micros - other.micros, self.nanos - other.nanos)


@dataclass(frozen=True, slots=True)
class Pace:
    """Card-microseconds a second and nano-units an hour of one device."""

    micros: int
    nanos: int

    def over(self, devices: int, window: Window) -> Share:
        """What so many devices run up, by one rule for the node and for its holders.

        Accruals are additive in time, so holders who tile a device's time pay the device's amount exactly, whatever
        others do; over whole hours the devices of a card run up its price exactly.
        """
        return Share(devices * self.micros * window.seconds, devices * accrued(self.nanos, window.start, window.end))

    def part(self, of: Part, window: Window) -> Share:
        """What a holder's part of its devices runs up in a part of its time: all parts together what the devices do, exactly."""
        devices, start, end = of.holding.count, window.start, window.end
        if of.of == 1:
            return self.over(devices, window)
        micros = of.divided(devices * self.micros * start, devices * self.micros * end)
        ran_up = devices * accrued(self.nanos, 0, start), devices * accrued(self.nanos, 0, end)
        return Share(micros, of.divided(*ran_up))


def of_cards(groups: Iterable[CardGroup], prices: PriceBook | None, known: Iterable[Window]) -> Iterator[Stretch]:
    """All cards over the known windows, hour by hour, at the price of that time."""
    for each in groups:
        group = at_declared_shares(each, prices)
        fitting = prices.on(model_of(group.product), group.labels) if prices else None
        for window in known:
            existed = group.window.overlap(window)
            for part in existed.pieces(HOUR) if existed else ():
                yield _rated(group, part, fitting)


def at_declared_shares(group: CardGroup, prices: PriceBook | None) -> CardGroup:
    """The group with its MIG instances at the shares that the book declares; contradictory where these do not fit."""
    if prices is None or group.sharing != IN_INSTANCES:
        return group
    slots = at_shares(group.slots, group.cards, prices.shares(model_of(group.product)))
    return replace(group, sharing=CONTRADICTORY) if slots is None else replace(group, slots=slots)


def of_unknown_nodes(devices: Devices, known: Iterable[Window]) -> Iterator[Stretch]:
    """What pods held on nodes of which nobody ever told cards, as cards that appear with them: it is never lost.

    Where a node is known, a pod that outlives it holds nothing: the cards are gone.
    """
    homes = {(group.node.name, slot.resource) for group in devices.groups for slot in group.devices}
    homes |= {(group.node.name, group.resource) for group in devices.groups}
    uncut = {group.node.name for group in devices.groups if not group.devices}
    held: dict[Named, list[Held]] = defaultdict(list)
    for holding in devices.holdings:
        if (holding.node, holding.resource) not in homes and holding.node not in uncut:
            times = (time for window in known if (time := holding.window.overlap(window)))
            held[holding.node, holding.resource] += [(holding, time) for time in times]
    for (node, resource), of in held.items():
        why = GapReason.DEVICE_NOT_PUBLISHED if is_unpublished(resource) else GapReason.NO_NODE
        for start, end in pairwise(sorted({edge for _, window in of for edge in (window.start, window.end)})):
            if cards := devices_at(of, start):
                group = CardGroup(NodeRef(node, Instant(0)), resource, "", cards, Window(start, end))
                yield from (Stretch(group, hour, why) for hour in group.window.pieces(HOUR))


def _rated(group: CardGroup, part: Window, prices: PriceBook | None) -> Stretch:
    """The group over a part of an hour: what one of its cards costs, or why nobody knows."""
    if not group.product:
        return Stretch(group, part, GapReason.NO_PRODUCT)
    price = prices.gpu(model_of(group.product), group.labels, part.start) if prices else None
    asset = price.asset if price else ""
    if group.sharing == UNTOLD:
        return Stretch(group, part, GapReason.NO_CLAIM_HISTORY, asset=asset)
    if group.sharing == UNCOUNTED or (not group.devices and group.sharing != CONTRADICTORY):
        return Stretch(group, part, GapReason.LAYOUT_UNKNOWN, asset=asset)
    if price is None:
        return Stretch(group, part, GapReason.NO_PRICE)
    if price.per_hour.nanos * group.cards > MOST_NANOS:
        return Stretch(group, part, GapReason.AMOUNT_TOO_LARGE, asset=asset)
    return Stretch(group, part, price.per_hour, price.certainty, asset)
