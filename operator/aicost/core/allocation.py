"""GPU cost: card groups, holdings and prices into entries, one per node, product and hour (accounting rules 1, 2, 3, 6).

Every entry tiles its cards' time completely: what no pod holds is idle, what exceeds the cards is parked, what has no
price has no amount. Nothing is clamped and nothing is dropped. What a pod pays depends on its own time and the price
alone, never on its neighbours or on who claims them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from aicost.core.claims import Claims, Contest
from aicost.core.holdings import CardGroup, Devices, Holding
from aicost.core.ledger import (
    IDLE,
    NOTHING_KEPT,
    PARKED,
    UNCLAIMED,
    Certainty,
    Component,
    Entry,
    Kept,
    Key,
    Line,
    Origin,
    Owner,
)
from aicost.core.money import Money, accrued
from aicost.core.prices import PriceBook
from aicost.core.products import model_of
from aicost.core.reasons import GapReason
from aicost.core.window import HOUR, Instant, Window, floor, rfc3339

CARD_SECONDS = "card-seconds"
_Piece: TypeAlias = tuple[CardGroup, Window]
_Held: TypeAlias = Sequence[tuple[Holding, Window]]


@dataclass(frozen=True, slots=True)
class Allocation:
    """The entries of a window, and the contests that their claims left."""

    entries: tuple[Entry, ...]
    contests: frozenset[Contest]


def allocate(
    devices: Devices, prices: PriceBook | None, claims: Claims, over: Iterable[Window], kept: Kept = NOTHING_KEPT
) -> Allocation:
    """Charge every card, over the disjoint windows `over`, to whoever held it, hour by hour.

    The claims say who owns what a pod cost, unless `kept` does.

    An hour that the windows cover in part is charged for that part; its entry's key is the hour's, so that a later,
    more complete evaluation replaces it.
    """
    by_node: dict[tuple[str, str], list[Holding]] = defaultdict(list)
    for holding in devices.holdings:
        by_node[holding.node, holding.resource].append(holding)
    rulings = _Rulings(claims, kept)
    entries = tuple(
        _entry(key, pieces, by_node[pieces[0][0].node.name, pieces[0][0].resource], prices, rulings)
        for key, pieces in sorted(_pieces(devices.groups, tuple(over)).items())
    )
    return Allocation(entries, frozenset(rulings.contests))


def _pieces(groups: Iterable[CardGroup], over: Sequence[Window]) -> Mapping[Key, list[_Piece]]:
    """The parts of groups within the windows, by node, product and hour; a group that changed in an hour has several."""
    pieces: dict[Key, list[_Piece]] = defaultdict(list)
    for group in groups:
        for known in over:
            existed = group.window.overlap(known)
            for part in existed.pieces(HOUR) if existed else ():
                pieces[_key(group, floor(part.start, HOUR))].append((group, part))
    return {key: sorted(parts, key=lambda piece: piece[1]) for key, parts in pieces.items()}


def _key(group: CardGroup, hour: Instant) -> Key:
    return "gpu", group.node.name, rfc3339(group.node.created), group.resource, group.product, rfc3339(hour)


class _Rulings:
    """Each pod is ruled on once, however many hours it held cards."""

    def __init__(self, claims: Claims, kept: Kept) -> None:
        self._claims = claims
        self._kept = kept
        self._owners: dict[str, Owner] = {}
        self.contests: set[Contest] = set()

    def owner(self, key: Key, holding: Holding) -> Owner:
        """Who owns what the pod cost in the entry of this key."""
        uid = holding.pod.uid
        if uid not in self._owners:
            ruling = self._claims.pod(holding.pod)
            self._owners[uid] = ruling.owner
            self.contests.update(ruling.contests)
        return self._kept.get((key, str(holding.pod)), self._owners[uid])


def _entry(
    key: Key, pieces: Sequence[_Piece], holdings: Iterable[Holding], prices: PriceBook | None, rulings: _Rulings
) -> Entry:
    rates = [_rate(group, part, prices) for group, part in pieces]
    origin = _origin(key, pieces, rates)
    if origin.gap is GapReason.SHARING_NOT_EVALUATED:
        return Entry(origin, (Line(UNCLAIMED, str(pieces[0][0].node), None, origin.quantity),))
    shares: dict[tuple[Owner, str], _Share] = defaultdict(_Share)
    for (group, part), rate in zip(pieces, rates, strict=True):
        held = [(holding, common) for holding in holdings if (common := holding.window.overlap(part))]
        if exceeds(group.cards, held):
            return Entry(origin, (Line(PARKED, str(group.node), origin.amount, origin.quantity),))
        for holding, common in held:
            shares[rulings.owner(key, holding), str(holding.pod)] += _share(holding.count, rate, common)
    return Entry(origin, tuple(_lines(origin, str(pieces[0][0].node), shares)))


def _rate(group: CardGroup, part: Window, prices: PriceBook | None) -> Money | GapReason:
    """What one of the group's cards costs an hour in a part of an hour, or why nobody knows."""
    if not group.product:
        return GapReason.NO_PRODUCT
    if group.sharing:
        return GapReason.SHARING_NOT_EVALUATED
    rate = prices.gpu(model_of(group.product), group.labels, part.start) if prices else None
    return rate or GapReason.NO_PRICE


@dataclass(frozen=True, slots=True)
class _Share:
    """Card-seconds and the nano-units that they accrue; 0 nano-units where no rate is known."""

    seconds: int = 0
    nanos: int = 0

    def __add__(self, other: _Share) -> _Share:
        return _Share(self.seconds + other.seconds, self.nanos + other.nanos)


def _share(cards: int, rate: Money | GapReason, over: Window) -> _Share:
    """Cards over a window, by one rule for the node and for its holders.

    Accruals are additive in time, so holders who tile a card's time pay the card's amount exactly, whatever others do.
    """
    nanos = cards * accrued(rate.nanos, over.start, over.end) if isinstance(rate, Money) else 0
    return _Share(cards * over.seconds, nanos)


def _origin(key: Key, pieces: Sequence[_Piece], rates: Sequence[Money | GapReason]) -> Origin:
    group = pieces[-1][0]
    pool = model_of(group.product) or "unknown GPU"
    whole = _sum(_share(piece.cards, rate, part) for (piece, part), rate in zip(pieces, rates, strict=True))
    gap = next((rate for rate in rates if isinstance(rate, GapReason)), None)
    currency = next((rate.currency for rate in rates if isinstance(rate, Money)), "")
    return Origin(
        key=key,
        component=Component.GPU,
        pool=pool,
        window=Window(pieces[0][1].start, pieces[-1][1].end),
        amount=None if gap else Money(whole.nanos, currency),
        certainty=Certainty.RATED,
        quantity=whole.seconds,
        unit=CARD_SECONDS,
        description=f"{group.cards} x {pool} on {group.node}",
        gap=gap,
    )


def _sum(shares: Iterable[_Share]) -> _Share:
    return sum(shares, start=_Share())


def _lines(origin: Origin, node: str, shares: Mapping[tuple[Owner, str], _Share]) -> Iterator[Line]:
    """The holders' lines in a stable order, and as idle what they leave of the origin."""
    held = _sum(shares.values())
    amount = origin.amount
    if held.seconds < origin.quantity:
        idle = amount and Money(amount.nanos - held.nanos, amount.currency)
        yield Line(IDLE, node, idle, origin.quantity - held.seconds)
    for (owner, subject), share in sorted(shares.items(), key=lambda item: item[0]):
        yield Line(owner, subject, amount and Money(share.nanos, amount.currency), share.seconds)


def exceeds(cards: int, held: _Held) -> bool:
    """Whether at any instant more cards are held than there are. Windows are half-open: an end frees its cards."""
    changes: dict[int, int] = defaultdict(int)
    for holding, common in held:
        changes[common.start] += holding.count
        changes[common.end] -= holding.count
    in_use = 0
    for at in sorted(changes):
        in_use += changes[at]
        if in_use > cards:
            return True
    return False
