"""GPU cost: card groups, holdings and prices into entries, one per node, product and hour (accounting rules 1, 2, 3, 6).

Every entry tiles its cards' time completely: what no pod holds is idle, what exceeds the cards is parked, what has no
price has no amount. Nothing is clamped and nothing is dropped. What a pod pays depends on its own time, its share of a
card and the price alone, never on its neighbours or on who claims them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from aicost.core.cards import CONTRADICTORY, UNTOLD
from aicost.core.claims import Contest
from aicost.core.coverage import most_at_once, union
from aicost.core.holdings import CardGroup, Devices, Holding
from aicost.core.layout import NOBODYS
from aicost.core.ledger import PARKED, UNCLAIMED, Component, Entry, Key, Line, Origin, Owner
from aicost.core.money import Money, split
from aicost.core.ownership import Ownership
from aicost.core.placing import placed
from aicost.core.prices import PriceBook
from aicost.core.products import model_of
from aicost.core.reasons import GapReason
from aicost.core.register import absent, against_register
from aicost.core.rulings import Rulings, by_owner, subjects
from aicost.core.sharing import Part, once, parts
from aicost.core.stretch import CARD_MICROSECONDS, Named, Pace, Share, Stretch, of_cards, of_unknown_nodes
from aicost.core.succession import Succession
from aicost.core.window import Instant, Window

UNKNOWN = "unknown GPU"
NOBODY_TOLD = Succession(((Instant(0), UNCLAIMED),))
"""Who owns what nobody is known to have held, where that is not known to be idle."""


@dataclass(frozen=True, slots=True)
class Allocation:
    """The entries of a window, and the contests that their claims left."""

    entries: tuple[Entry, ...]
    contests: frozenset[Contest]


def allocate(devices: Devices, prices: PriceBook | None, ownership: Ownership, over: Iterable[Window]) -> Allocation:
    """Charge every card, over the disjoint windows `over`, to whoever held it, hour by hour.

    Who holds a card pays by the second, and so do owners of one pod who follow each other. An hour that the windows cover
    in part is charged for that part; its entry's key is the hour's, so that a later, more complete evaluation replaces it.
    """
    known, apart = union(over), placed(devices, prices)
    holders = _Holders(apart)
    pieces: dict[Key, list[Stretch]] = defaultdict(list)
    cards = against_register(of_cards(apart.groups, prices, known), prices)
    for piece in (*cards, *of_unknown_nodes(devices, known)):
        pieces[piece.key].append(piece)
    rulings = Rulings(ownership)
    entries = [_entry(key, of, holders, rulings) for key, of in sorted(pieces.items())]
    return Allocation((*entries, *absent(cards, prices, known)), frozenset(rulings.contests))


class _Holders:
    """Who held devices of a card group."""

    def __init__(self, devices: Devices) -> None:
        self._by_name: dict[Named, list[Holding]] = defaultdict(list)
        self._names: dict[str, set[str]] = defaultdict(set)
        self._groups: dict[str, list[CardGroup]] = defaultdict(list)
        for holding in devices.holdings:
            self._by_name[holding.node, holding.resource].append(holding)
            self._names[holding.node].add(holding.resource)
        for group in devices.groups:
            self._groups[group.node.name].append(group)

    def of(self, group: CardGroup) -> Mapping[str, Sequence[Holding]]:
        """By what they asked for: the group's devices, or, where nobody knows these, whatever no other group has."""
        names = {slot.resource for slot in group.devices} or self._left_for(group)
        return {name: self._by_name.get((group.node.name, name), ()) for name in sorted(names)}

    def _left_for(self, group: CardGroup) -> set[str]:
        beside = (other for other in self._groups[group.node.name] if other.window.overlap(group.window))
        return self._names[group.node.name] - {slot.resource for other in beside for slot in other.devices}


def _entry(key: Key, pieces: list[Stretch], holders: _Holders, rulings: Rulings) -> Entry:
    pieces.sort(key=lambda piece: piece.window)
    origin, node = _origin(key, pieces), str(pieces[0].group.node)
    shares: dict[tuple[Owner, str], Share] = defaultdict(Share)
    rest: dict[tuple[Owner, str], Share] = defaultdict(Share)
    asked = [(piece, holders.of(piece.group)) for piece in pieces]
    everybody = {h.pod.uid: h for _, names in asked for of in names.values() for h in of}
    named = _subjects(everybody.values(), Window(pieces[0].window.start, pieces[-1].window.end))
    too_many = pieces[0].group.sharing == CONTRADICTORY
    for piece, names in asked:
        idle = NOBODY_TOLD if origin.gap is GapReason.NO_CLAIM_HISTORY else rulings.idle(piece.group.labels)
        for window, nobody in idle.over(piece.window):
            free = piece.over(window)
            for name, holdings in names.items():
                held = ((holding, common) for holding in holdings if (common := holding.window.overlap(window)))
                shared = list(parts(held))
                too_many = too_many or exceeds(piece.offers(name), once(shared))
                for uid, owner, ran_up in _divided(shared, piece.device(name), rulings):
                    shares[owner, named[uid]] += ran_up
                    free -= ran_up
            rest[nobody, node] += free
    if origin.gap is GapReason.LAYOUT_UNKNOWN:
        return Entry(origin, tuple(_apart(origin, node, shares, nobody=UNCLAIMED)))
    if too_many:
        parked: dict[tuple[Owner, str], Share] = defaultdict(Share)
        for (_, subject), share in shares.items():
            parked[PARKED, subject] += share
        return Entry(origin, tuple(_apart(origin, node, parked, nobody=PARKED)))
    left = {who: share for who, share in rest.items() if share != Share()}
    return Entry(origin, tuple(_lines(origin, {**shares, **left})))


def _divided(held: Iterable[Part], device: Pace, rulings: Rulings) -> Iterator[tuple[str, Owner, Share]]:
    """What each part runs up for each owner that its pod, told by UID, had in that time."""
    for part in held:
        for window, owner in rulings.owners(part.holding.pod).over(part.window):
            yield part.holding.pod.uid, owner, device.part(part, window)


def _subjects(holdings: Iterable[Holding], within: Window) -> Mapping[str, str]:
    """What each pod is called in lines of that time."""
    return subjects(holding.pod for holding in holdings if holding.window.meets(within))


def _origin(key: Key, pieces: Sequence[Stretch]) -> Origin:
    group, rate = pieces[-1].group, pieces[-1].rate
    pool = model_of(group.product) or UNKNOWN
    whole = _sum(piece.whole for piece in pieces)
    return Origin(
        key=key,
        component=Component.GPU,
        pool=pool,
        window=Window(pieces[0].window.start, pieces[-1].window.end),
        amount=Money(whole.nanos, rate.currency) if isinstance(rate, Money) else None,
        certainty=pieces[-1].certainty,
        quantity=whole.micros,
        unit=CARD_MICROSECONDS,
        description=f"{group.cards} x {pool}{_cut(group)} on {group.node}",
        gap=rate if isinstance(rate, GapReason) else None,
    )


def _cut(group: CardGroup) -> str:
    """How the cards are cut, for people: `, mig: 2 x nvidia.com/mig-3g.40gb`."""
    if group.sharing == UNTOLD:
        return ", and nobody tells who had claimed them"
    slots = ", ".join(f"{slot.count} x {slot.resource}" for slot in group.slots if slot.resource != NOBODYS)
    return f", {group.sharing}: {slots or 'nobody knows how'}" if group.sharing else ""


def _lines(origin: Origin, shares: Mapping[tuple[Owner, str], Share]) -> Iterator[Line]:
    """Lines in a stable order, so that equal inputs give equal entries in any order."""
    for (owner, subject), share in sorted(shares.items(), key=by_owner):
        amount = Money(share.nanos, origin.amount.currency) if origin.amount else None
        yield Line(owner, subject, amount, share.micros)


def _apart(origin: Origin, node: str, shares: Mapping[tuple[Owner, str], Share], nobody: Owner) -> Iterator[Line]:
    """Lines where what is held does not fit the cards: the whole by what was held, so that each holder is told.

    Where nobody holds anything it is the node's.
    """
    held = sorted(shares.items(), key=by_owner) or [((nobody, node), Share(1))]
    weights = [share.micros for _, share in held]
    micros = split(origin.quantity, weights)
    nanos = split(origin.amount.nanos, weights) if origin.amount else micros
    for ((owner, subject), _), quantity, part in zip(held, micros, nanos, strict=True):
        yield Line(owner, subject, Money(part, origin.amount.currency) if origin.amount else None, quantity)


def _sum(shares: Iterable[Share]) -> Share:
    return sum(shares, start=Share())


def exceeds(cards: int, held: Iterable[tuple[Holding, Window]]) -> bool:
    """Whether at any instant more cards are held than there are."""
    return most_at_once((holding.count, common) for holding, common in held) > cards
