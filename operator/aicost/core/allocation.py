"""GPU cost: card groups, holdings and prices into entries, one per node, product and hour (accounting rules 1, 2, 3, 6).

Every entry tiles its cards' time completely: what no pod holds is idle, what exceeds the cards is parked, what has no
price has no amount. Nothing is clamped and nothing is dropped. What a pod pays depends on its own time and the price
alone, never on its neighbours or on who claims them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TypeAlias

from aicost.core.claims import Claims, Contest
from aicost.core.coverage import union
from aicost.core.holdings import CardGroup, Devices, Holding
from aicost.core.identity import NodeRef
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
    lasting,
)
from aicost.core.money import MOST_NANOS, Money, accrued, split
from aicost.core.prices import PriceBook
from aicost.core.products import model_of
from aicost.core.reasons import GapReason
from aicost.core.window import HOUR, Instant, Window, floor, rfc3339

CARD_SECONDS = "card-seconds"
UNKNOWN = "unknown GPU"
_Rate: TypeAlias = Money | GapReason
_Named: TypeAlias = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Allocation:
    """The entries of a window, and the contests that their claims left."""

    entries: tuple[Entry, ...]
    contests: frozenset[Contest]


@dataclass(frozen=True, slots=True)
class _Piece:
    """A stretch of one hour in which a group had the same cards at the same rate per card hour."""

    group: CardGroup
    window: Window
    rate: _Rate

    @property
    def key(self) -> Key:
        """Stretches of one hour that agree in this are one entry; without an amount they are an entry of their own."""
        group, hour = self.group, rfc3339(floor(self.window.start, HOUR))
        why = (self.rate.value,) if isinstance(self.rate, GapReason) else ()
        return "gpu", group.node.name, rfc3339(group.node.created), group.resource, group.product, hour, *why


@dataclass(frozen=True, slots=True)
class _Share:
    """Card-seconds and the nano-units that they accrue; 0 nano-units where no rate is known."""

    seconds: int = 0
    nanos: int = 0

    def __add__(self, other: _Share) -> _Share:
        return _Share(self.seconds + other.seconds, self.nanos + other.nanos)


def allocate(
    devices: Devices, prices: PriceBook | None, claims: Claims, over: Iterable[Window], kept: Kept = NOTHING_KEPT
) -> Allocation:
    """Charge every card, over the disjoint windows `over`, to whoever held it, hour by hour.

    The claims say who owns what a pod cost, unless `kept` does. An hour that the windows cover in part is charged for
    that part; its entry's key is the hour's, so that a later, more complete evaluation replaces it.
    """
    known = union(over)
    by_node: dict[_Named, list[Holding]] = defaultdict(list)
    for holding in devices.holdings:
        by_node[holding.node, holding.resource].append(holding)
    pieces: dict[Key, list[_Piece]] = defaultdict(list)
    for piece in (*_pieces(devices.groups, prices, known), *_homeless(devices, known)):
        pieces[piece.key].append(piece)
    rulings = _Rulings(claims, kept)
    entries = tuple(_entry(key, of, by_node, rulings) for key, of in sorted(pieces.items()))
    return Allocation(entries, frozenset(rulings.contests))


def _pieces(groups: Iterable[CardGroup], prices: PriceBook | None, known: Iterable[Window]) -> Iterator[_Piece]:
    for group in groups:
        for window in known:
            existed = group.window.overlap(window)
            for part in existed.pieces(HOUR) if existed else ():
                yield _Piece(group, part, _rate(group, part.start, prices))


def _homeless(devices: Devices, known: Iterable[Window]) -> Iterator[_Piece]:
    """What pods held on nodes of which nobody ever told cards, as cards that appear with them: it is never lost.

    Where a node is known, a pod that outlives it holds nothing: the cards are gone.
    """
    homes = {(group.node.name, group.resource) for group in devices.groups}
    held: dict[_Named, list[tuple[Window, int]]] = defaultdict(list)
    for holding in devices.holdings:
        if (holding.node, holding.resource) not in homes:
            parts = (part for window in known if (part := holding.window.overlap(window)))
            held[holding.node, holding.resource] += [(part, holding.count) for part in parts]
    for (node, resource), stretches in held.items():
        for start, end in pairwise(sorted({edge for window, _ in stretches for edge in (window.start, window.end)})):
            cards = sum(count for window, count in stretches if start in window)
            if cards:
                group = CardGroup(NodeRef(node, Instant(0)), resource, "", cards, Window(start, end))
                yield from (_Piece(group, hour, GapReason.NO_NODE) for hour in group.window.pieces(HOUR))


def _rate(group: CardGroup, at: Instant, prices: PriceBook | None) -> _Rate:
    """What one of the group's cards costs an hour, or why nobody knows."""
    if not group.product:
        return GapReason.NO_PRODUCT
    if group.sharing:
        return GapReason.SHARING_NOT_EVALUATED
    rate = prices.gpu(model_of(group.product), group.labels, at) if prices else None
    if rate and rate.nanos * group.cards > MOST_NANOS:
        return GapReason.AMOUNT_TOO_LARGE
    return rate or GapReason.NO_PRICE


class _Rulings:
    """Each pod is ruled on once, however many hours it held cards."""

    def __init__(self, claims: Claims, kept: Kept) -> None:
        self._claims = claims
        self._kept = kept
        self._owners: dict[str, Owner] = {}
        self.contests: set[Contest] = set()

    def owner(self, key: Key, subject: str, holding: Holding) -> Owner:
        """Who owns what the pod cost in the entry of this key."""
        uid = holding.pod.uid
        if uid not in self._owners:
            ruling = self._claims.pod(holding.pod)
            self._owners[uid] = ruling.owner
            self.contests.update(ruling.contests)
        return self._kept.get((lasting(key), subject), self._owners[uid])


def _entry(key: Key, pieces: list[_Piece], by_node: Mapping[_Named, Sequence[Holding]], rulings: _Rulings) -> Entry:
    pieces.sort(key=lambda piece: piece.window)
    origin, node = _origin(key, pieces), pieces[0].group.node
    shares: dict[tuple[Owner, str], _Share] = defaultdict(_Share)
    holdings = by_node.get((node.name, pieces[0].group.resource), ())
    subjects = _subjects(holdings, Window(pieces[0].window.start, pieces[-1].window.end))
    too_many = False
    for piece in pieces:
        held = [(holding, common) for holding in holdings if (common := holding.window.overlap(piece.window))]
        too_many = too_many or exceeds(piece.group.cards, held)
        for holding, common in held:
            subject = subjects[holding.pod.uid]
            shares[rulings.owner(key, subject, holding), subject] += _share(holding.count, piece.rate, common)
    if origin.gap is GapReason.SHARING_NOT_EVALUATED:
        return Entry(origin, tuple(_apart(origin, str(node), shares, nobody=UNCLAIMED)))
    if too_many:
        parked = {(PARKED, subject): share for (_, subject), share in shares.items()}
        return Entry(origin, tuple(_apart(origin, str(node), parked, nobody=PARKED)))
    return Entry(origin, tuple(_lines(origin, str(node), shares)))


def _subjects(holdings: Iterable[Holding], within: Window) -> Mapping[str, str]:
    """What each pod is called in lines: its name, with its UID where one name was used twice in the hour."""
    uids: dict[str, set[str]] = defaultdict(set)
    for holding in holdings:
        if holding.window.overlap(within):
            uids[str(holding.pod)].add(holding.pod.uid)
    return {uid: name if len(of) == 1 else f"{name} {uid}" for name, of in uids.items() for uid in of}


def _share(cards: int, rate: _Rate, over: Window) -> _Share:
    """Cards over a window, by one rule for the node and for its holders.

    Accruals are additive in time, so holders who tile a card's time pay the card's amount exactly, whatever others do.
    """
    nanos = cards * accrued(rate.nanos, over.start, over.end) if isinstance(rate, Money) else 0
    return _Share(cards * over.seconds, nanos)


def _origin(key: Key, pieces: Sequence[_Piece]) -> Origin:
    group, rate = pieces[-1].group, pieces[-1].rate
    pool = model_of(group.product) or UNKNOWN
    whole = _sum(_share(piece.group.cards, piece.rate, piece.window) for piece in pieces)
    return Origin(
        key=key,
        component=Component.GPU,
        pool=pool,
        window=Window(pieces[0].window.start, pieces[-1].window.end),
        amount=Money(whole.nanos, rate.currency) if isinstance(rate, Money) else None,
        certainty=Certainty.RATED,
        quantity=whole.seconds,
        unit=CARD_SECONDS,
        description=f"{group.cards} x {pool} on {group.node}",
        gap=rate if isinstance(rate, GapReason) else None,
    )


def _lines(origin: Origin, node: str, shares: Mapping[tuple[Owner, str], _Share]) -> Iterator[Line]:
    """Lines in a stable order, so that equal inputs give equal entries in any order; the rest is idle."""
    held = _sum(shares.values())
    nanos = origin.amount.nanos if origin.amount else 0
    idle = _Share(origin.quantity - held.seconds, nanos - held.nanos)
    everyone = {**shares, (IDLE, node): idle} if idle.seconds else shares
    for (owner, subject), share in sorted(everyone.items(), key=_by_owner):
        amount = Money(share.nanos, origin.amount.currency) if origin.amount else None
        yield Line(owner, subject, amount, share.seconds)


def _apart(origin: Origin, node: str, shares: Mapping[tuple[Owner, str], _Share], nobody: Owner) -> Iterator[Line]:
    """Lines where what is held does not fit the cards: the whole by device-seconds, so that each holder is told.

    Where nobody holds anything it is the node's.
    """
    held = sorted(shares.items(), key=_by_owner) or [((nobody, node), _Share(1))]
    weights = [share.seconds for _, share in held]
    seconds = split(origin.quantity, weights)
    nanos = split(origin.amount.nanos, weights) if origin.amount else seconds
    for ((owner, subject), _), quantity, part in zip(held, seconds, nanos, strict=True):
        yield Line(owner, subject, Money(part, origin.amount.currency) if origin.amount else None, quantity)


def _by_owner(item: tuple[tuple[Owner, str], object]) -> tuple[str, str, str, str]:
    (owner, subject), _ = item
    return owner.kind, owner.unit, str(owner.workload or ""), subject


def _sum(shares: Iterable[_Share]) -> _Share:
    return sum(shares, start=_Share())


def exceeds(cards: int, held: Iterable[tuple[Holding, Window]]) -> bool:
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
