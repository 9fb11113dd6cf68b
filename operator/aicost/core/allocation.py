"""GPU cost: card groups, holdings and prices into entries, one per group and hour (accounting rules 1, 2, 3, 6).

Every entry tiles its cards' time completely: what no pod holds is idle, what exceeds the cards is parked, what has no
price has no amount. Nothing is clamped and nothing is dropped.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from aicost.core.claims import Claims, Contest
from aicost.core.holdings import CardGroup, Holding
from aicost.core.ledger import IDLE, PARKED, Certainty, Component, Entry, Line, Origin, Owner
from aicost.core.money import Money, accrued, split
from aicost.core.prices import PriceBook
from aicost.core.products import model_of
from aicost.core.window import HOUR, Window, rfc3339

CARD_SECONDS = "card-seconds"


@dataclass(frozen=True, slots=True)
class Allocation:
    """The entries of a window, and the contests that their claims left."""

    entries: tuple[Entry, ...]
    contests: frozenset[Contest]


def allocate(
    groups: Iterable[CardGroup], holdings: Iterable[Holding], prices: PriceBook, claims: Claims, over: Window
) -> Allocation:
    """Charge every card of `groups` over the window to whoever held it, hour by hour.

    Hours are cut at the window, so an open hour is charged up to `over.end`; entries of one hour share a key, so a
    later, longer evaluation replaces an earlier one.
    """
    by_node: dict[tuple[str, str], list[Holding]] = defaultdict(list)
    for holding in holdings:
        by_node[holding.node, holding.resource].append(holding)
    rulings = _Rulings(claims)
    entries = tuple(
        _entry(group, hour, by_node[group.node.name, group.resource], prices, rulings)
        for group in groups
        if (existed := group.window.overlap(over))
        for hour in existed.pieces(HOUR)
    )
    return Allocation(entries, frozenset(rulings.contests))


class _Rulings:
    """Each pod is ruled on once, however many hours it held cards."""

    def __init__(self, claims: Claims) -> None:
        self._claims = claims
        self._owners: dict[str, Owner] = {}
        self.contests: set[Contest] = set()

    def owner(self, holding: Holding) -> Owner:
        uid = holding.pod.uid
        if uid not in self._owners:
            ruling = self._claims.pod(holding.pod)
            self._owners[uid] = ruling.owner
            self.contests.update(ruling.contests)
        return self._owners[uid]


def _entry(group: CardGroup, hour: Window, holdings: list[Holding], prices: PriceBook, rulings: _Rulings) -> Entry:
    held = [(holding, common) for holding in holdings if (common := holding.window.overlap(hour))]
    origin = _origin(group, hour, prices)
    if exceeds(group.cards, held):
        return Entry(origin, (Line(PARKED, str(group.node), origin.amount, origin.quantity),))
    return Entry(origin, tuple(_lines(origin, _shares(group, hour, held, rulings))))


def _origin(group: CardGroup, hour: Window, prices: PriceBook) -> Origin:
    model = model_of(group.product)
    rate = None if group.sharing else prices.gpu(model, group.labels, hour.start)
    amount = rate and Money(group.cards * accrued(rate.nanos, hour.start, hour.end), rate.currency)
    return Origin(
        key=("gpu", group.node.name, rfc3339(group.node.created), group.resource, group.product, rfc3339(hour.start)),
        component=Component.GPU,
        window=hour,
        amount=amount,
        certainty=Certainty.RATED,
        quantity=group.cards * hour.seconds,
        unit=CARD_SECONDS,
        description=f"{group.cards} x {model or 'unknown GPU'} on {group.node}",
    )


def _shares(
    group: CardGroup, hour: Window, held: list[tuple[Holding, Window]], rulings: _Rulings
) -> dict[tuple[Owner, str], int]:
    """Card-seconds by owner and subject, in a stable order; the remainder is idle."""
    shares: dict[tuple[Owner, str], int] = defaultdict(int)
    for holding, common in held:
        shares[rulings.owner(holding), str(holding.pod)] += holding.count * common.seconds
    shares[IDLE, str(group.node)] = group.cards * hour.seconds - sum(shares.values())
    return {key: shares[key] for key in sorted(shares, key=lambda k: (k[0].kind, k[0].unit, k[1])) if shares[key]}


def _lines(origin: Origin, shares: dict[tuple[Owner, str], int]) -> Iterator[Line]:
    weights = list(shares.values())
    if origin.amount is None:
        parts: list[Money | None] = [None] * len(weights)
    else:
        parts = [Money(part, origin.amount.currency) for part in split(origin.amount.nanos, weights)]
    for (owner, subject), part, weight in zip(shares, parts, weights, strict=True):
        yield Line(owner, subject, part, weight)


def exceeds(cards: int, held: Iterable[tuple[Holding, Window]]) -> bool:
    """Whether at any instant more cards are held than there are. Windows are half-open: an end frees its cards."""
    changes: dict[int, int] = defaultdict(int)
    for holding, common in held:
        changes[common.start] += holding.count
        changes[common.end] -= holding.count
    in_use = 0
    for instant in sorted(changes):
        in_use += changes[instant]
        if in_use > cards:
            return True
    return False
