"""What devices there are to choose from: those that nodes have, MIG instances that their cards could be cut into, priced cards."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from aicost.core.cards import GPU, IN_INSTANCES, MIG
from aicost.core.holdings import CardGroup
from aicost.core.identity import Labels
from aicost.core.layout import Slot, normalised, profile, share
from aicost.core.money import NANOS_PER_UNIT
from aicost.core.prices import PriceBook
from aicost.core.products import model_of
from aicost.core.recommendations.gpu.evidence import Offer
from aicost.core.recommendations.gpu.hardware import Hardware, instance, of_model, of_product, profiles_of
from aicost.core.window import Instant


@dataclass(frozen=True, slots=True)
class Market:
    """The nodes' cards and the prices at an instant; what has no price in the book's currency is not offered."""

    groups: tuple[CardGroup, ...]
    prices: PriceBook
    at: Instant

    def offers(self) -> tuple[Offer, ...]:
        """Each kind of device once, at the highest price that a node has it for; in a stable order.

        Cards that some nodes have for less are offered there, too: `where` tells these nodes.
        """
        here, more = _by_kind(self._found()), _by_kind((*self._cuts(), *self._priced()))
        every = {kind: replace(max(of, key=_dearest), nodes=len(of), where=()) for kind, of in here.items()}
        absent = (max(more[kind], key=_dearest) for kind in sorted(more.keys() - here.keys()))
        cheaper = (each for kind in sorted(here) if (each := _cheaper(here[kind])))
        return (*(every[kind] for kind in sorted(every)), *absent, *cheaper)

    def is_bought(self, group: CardGroup) -> bool:
        """Whether its cards are of the asset register."""
        return self.prices.asset(model_of(group.product), group.labels, self.at) is not None

    def _found(self) -> Iterator[Offer]:
        for group in self.groups:
            price = self._price(model_of(group.product), group.labels)
            if self.at in group.window and price is not None:
                where = self._where(model_of(group.product), group.labels)
                found = (_offer(group, slot, price) for slot in group.devices)
                yield from (replace(each, where=where) for each in found if each)

    def _cuts(self) -> Iterator[Offer]:
        """MIG instances of whole cards that nodes have: no node has to offer them yet."""
        for group in self.groups:
            model, card = model_of(group.product), hardware_of(group)
            price = self._price(model, group.labels)
            if self.at not in group.window or price is None or card is None or group.sharing:
                continue
            for name in profiles_of(model):
                of, part = profile(name, model), instance(card, name, model)
                if of and part:
                    declared = self.prices.shares(model).get(normalised(name))
                    each = price // of.per_card if declared is None else price * declared // NANOS_PER_UNIT
                    yield Offer(f"{MIG}{normalised(name)}", model, part, each, profile=name)

    def _priced(self) -> Iterator[Offer]:
        """Whole cards that the book has a price for."""
        for entry in self.prices.gpus:
            card, price = of_model(entry.model), self._price(entry.model, entry.nodes)
            if card is not None and price is not None:
                yield Offer(GPU, entry.model, card, price)

    def _price(self, model: str, node: Labels) -> int | None:
        price = self.prices.gpu(model, node, self.at)
        return price.per_hour.nanos if price and price.per_hour.currency == self.prices.currency else None

    def _where(self, model: str, node: Labels) -> tuple[tuple[str, str], ...]:
        """The labels by which a rate is found; none of what was bought."""
        fitting = () if self.prices.asset(model, node, self.at) else self.prices.on(model, node).gpus
        best = max(fitting, key=lambda entry: len(entry.nodes), default=None)
        return tuple(sorted(best.nodes)) if best else ()


def _by_kind(offers: Iterable[Offer]) -> dict[tuple[str, str, int], list[Offer]]:
    found: dict[tuple[str, str, int], list[Offer]] = defaultdict(list)
    for offer in offers:
        found[offer.model, offer.profile, offer.replicas].append(offer)
    return found


def _cheaper(offers: Sequence[Offer]) -> Offer | None:
    """The cards that cost least, where others of their kind cost more and a label tells them."""
    least = min(offers, key=_dearest)
    alike = [each for each in offers if (each.per_hour, each.where) == (least.per_hour, least.where)]
    told = (
        least.where
        and not least.profile
        and least.replicas == 1
        and least.per_hour < max(offers, key=_dearest).per_hour
    )
    return replace(least, nodes=len(alike)) if told else None


def hardware_of(group: CardGroup) -> Hardware | None:
    """A card of a group."""
    return of_product(group.product) or of_model(model_of(group.product))


def part_of(group: CardGroup, slot: Slot) -> Hardware | None:
    """A device of a group: a card, however many share it, or a MIG instance of one."""
    card = hardware_of(group)
    return instance(card, slot.profile, model_of(group.product)) if card and slot.profile else card


def replicas_of(group: CardGroup, slot: Slot) -> int:
    """How many devices share a card, or a MIG instance, in time."""
    if group.sharing and group.sharing != IN_INSTANCES:
        return max(1, slot.count // group.cards)
    return slot.replicas


def _offer(group: CardGroup, slot: Slot, price: int) -> Offer | None:
    model, part = model_of(group.product), part_of(group, slot)
    if part is None or not slot.resource:
        return None
    each = share(price * group.cards, slot, group.devices)
    shared, product = replicas_of(group, slot), group.product
    return Offer(slot.resource, model, part, each, 1, slot.profile, shared, product)


def _dearest(offer: Offer) -> tuple[int, str]:
    return offer.per_hour, offer.product


def by_resource(groups: Iterable[CardGroup]) -> Mapping[tuple[str, str], list[tuple[CardGroup, Slot]]]:
    """By node and by what pods ask for: the cards that it is of, in the order of time."""
    found: dict[tuple[str, str], list[tuple[CardGroup, Slot]]] = defaultdict(list)
    for group in sorted(groups, key=lambda group: group.window):
        for slot in group.devices:
            found[group.node.name, slot.resource].append((group, slot))
    return found
