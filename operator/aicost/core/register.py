"""The asset register against the nodes: cards that were bought cost the same whether a node shows them or not.

What the register accrues over a known time = what its cards on nodes run up there + what this module calls absent,
exactly. Where nodes show more cards than were bought, nobody knows which ones those are: what the register accrues is
parked, and the cards have no price.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from aicost.core.coverage import most_at_once
from aicost.core.layout import WHOLE
from aicost.core.ledger import IDLE, PARKED, Certainty, Component, Entry, Line, Origin
from aicost.core.money import MOST_NANOS, Money, accrued
from aicost.core.owned import OwnedCards
from aicost.core.prices import PriceBook
from aicost.core.reasons import GapReason
from aicost.core.stretch import CARD_MICROSECONDS, Share, Stretch
from aicost.core.window import HOUR, Instant, Window, floor, hour_of, rfc3339

Shown = Mapping[tuple[str, Instant], Sequence[Stretch]]
"""The stretches of an asset's cards, by its name and the begin of their hour."""


def against_register(cards: Iterable[Stretch], prices: PriceBook | None) -> tuple[Stretch, ...]:
    """The stretches, those without a price that belong to an asset of which nodes show too many cards in that hour."""
    told = tuple(cards)
    counts = {asset.name: asset.count for asset in prices.owned} if prices else {}
    many = {
        key
        for key, of in _shown(told).items()
        if most_at_once((each.group.cards, each.window) for each in of) > counts[key[0]]
    }
    return tuple(replace(of, rate=GapReason.MORE_THAN_OWNED) if _key(of) in many else of for of in told)


def absent(cards: Iterable[Stretch], prices: PriceBook | None, known: Iterable[Window]) -> Iterator[Entry]:
    """For each asset and hour what it accrues beyond its cards on nodes: nobody's, so idle; nothing where all are there.

    `cards` are stretches that were held against the register.
    """
    shown, windows = _shown(cards), tuple(known)
    if prices is None:
        return
    for asset in prices.owned:
        parts: dict[Instant, list[Window]] = defaultdict(list)
        for window in windows:
            used = asset.use.overlap(window)
            for part in used.pieces(HOUR) if used else ():
                parts[floor(part.start, HOUR)].append(part)
        for hour, of in parts.items():
            if entry := _entry(asset, prices.currency, of, shown.get((asset.name, hour), ())):
                yield entry


def _entry(asset: OwnedCards, currency: str, parts: Sequence[Window], cards: Sequence[Stretch]) -> Entry | None:
    hourly = asset.hourly(hour_of(parts[0].start))
    whole = Share(
        sum(asset.count * WHOLE * part.seconds for part in parts),
        sum(accrued(hourly, part.start, part.end) for part in parts),
    )
    too_many = any(of.rate is GapReason.MORE_THAN_OWNED for of in cards)
    there = sum((of.whole for of in cards), start=Share())
    left = Share(0, whole.nanos) if too_many else Share(whole.micros - there.micros, whole.nanos - there.nanos)
    if left == Share():
        return None
    amount = Money(left.nanos, currency) if hourly <= MOST_NANOS else None
    origin = Origin(
        key=("owned", asset.name, rfc3339(floor(parts[0].start, HOUR))),
        component=Component.GPU,
        pool=asset.model,
        window=Window(parts[0].start, parts[-1].end),
        amount=amount,
        certainty=Certainty.RATED,
        quantity=left.micros,
        unit=CARD_MICROSECONDS,
        description=f"{asset.count} x {asset.model} owned as {asset.name}: what no node shows",
        gap=None if amount else GapReason.AMOUNT_TOO_LARGE,
    )
    return Entry(origin, (Line(PARKED if too_many else IDLE, asset.name, amount, left.micros),))


def _shown(cards: Iterable[Stretch]) -> Shown:
    found: dict[tuple[str, Instant], list[Stretch]] = defaultdict(list)
    for of in cards:
        if of.asset:
            found[_key(of)].append(of)
    return found


def _key(of: Stretch) -> tuple[str, Instant]:
    return of.asset, floor(of.window.start, HOUR)
