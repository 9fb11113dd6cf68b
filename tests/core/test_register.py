"""The asset register against the nodes: what was bought costs the same wherever the cards are."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aicost.core.allocation import allocate
from aicost.core.holdings import CardGroup, Devices, Holding
from aicost.core.identity import labels
from aicost.core.layout import WHOLE
from aicost.core.ledger import IDLE, PARKED, UNCLAIMED, Certainty, Component, Entry, Origin
from aicost.core.owned import OwnedCards
from aicost.core.prices import PriceBook
from aicost.core.reasons import GapReason
from aicost.core.window import DAY, HOUR, Instant, Window
from tests.support.builders import CARD_HOUR, MODEL, T0, a_group, a_holding, a_price, at, between, ownership, usd

SPAN = between(0, 3 * HOUR)
DECEMBER = at(30 * DAY)


def an_asset(count: int = 4, per_hour: int = 16_000_000_003, **node: str) -> OwnedCards:
    """Cards in nodes labelled own=dgx that cost so many nano-units an hour of November, all together."""
    return OwnedCards("dgx", MODEL, labels(node or {"own": "dgx"}), count, T0, 1, 0, opex_per_month=720 * per_hour)


def a_book(*assets: OwnedCards) -> PriceBook:
    return PriceBook("USD", (a_price(usd(9)),), owned=assets or (an_asset(),))


def charged(
    groups: list[CardGroup],
    over: list[Window] | None = None,
    book: PriceBook | None = None,
    held: tuple[Holding, ...] = (),
) -> tuple[Entry, ...]:
    return allocate(Devices(tuple(groups), held), book or a_book(), ownership(), over or [SPAN]).entries


def nanos(entries: tuple[Entry, ...]) -> int:
    return sum(entry.origin.amount.nanos for entry in entries if entry.origin.amount)


@st.composite
def shown(draw: st.DrawFn) -> list[CardGroup]:
    """Up to four nodes of one owned card each, which come and go."""
    groups = []
    for n in range(draw(st.integers(0, 4))):
        start, end = sorted(draw(st.lists(st.integers(0, 3 * HOUR), min_size=2, max_size=2, unique=True)))
        groups.append(a_group(1, between(start, end), node=f"node-{n}", own="dgx"))
    return groups


@given(shown(), st.integers(4, 10**12), st.lists(st.integers(1, 3 * HOUR - 1), max_size=3))
def test_the_register_is_charged_exactly_wherever_cards_are(
    groups: list[CardGroup], price: int, cuts: list[int]
) -> None:
    """Cards on nodes and what no node shows sum to what was bought, in money and card time, however time is cut."""
    edges = sorted({0, *cuts, 3 * HOUR})
    asset = an_asset(per_hour=price)
    entries = charged(groups, [between(a, b) for a, b in pairwise(edges)], a_book(asset))
    assert nanos(entries) == 3 * price
    assert sum(entry.origin.quantity for entry in entries) == 4 * 3 * CARD_HOUR
    assert entries == charged(groups, None, a_book(asset))


def test_a_card_that_is_absent_is_idle() -> None:
    """Three of four cards on a node, one of them held: the fourth costs the same, and is nobody's."""
    first, *_, absent = charged([a_group(3, SPAN, own="dgx")], held=(a_holding(),))
    assert {line.owner: line.amount for line in first.lines} == {UNCLAIMED: usd(4), IDLE: usd(8)}
    assert absent.origin == Origin(
        key=("owned", "dgx", "2026-11-01T02:00:00Z"),
        component=Component.GPU,
        pool=MODEL,
        window=between(2 * HOUR, 3 * HOUR),
        amount=usd(4, 3),
        certainty=Certainty.RATED,
        quantity=CARD_HOUR,
        unit="card-microseconds",
        description="4 x H100-80GB owned as dgx: what no node shows",
    )
    assert [(line.owner, line.subject, line.amount) for line in absent.lines] == [(IDLE, "dgx", usd(4, 3))]


def test_all_cards_absent_cost_all() -> None:
    """A node that is away for repair costs what it costs."""
    assert nanos(charged([])) == 3 * 16_000_000_003
    assert {line.owner for entry in charged([]) for line in entry.lines} == {IDLE}


def test_nothing_is_left_of_cards_that_are_all_there() -> None:
    """Where the price divides by the cards no entry tells of absence."""
    entries = charged([a_group(4, SPAN, own="dgx")], book=a_book(an_asset(per_hour=16)))
    assert [entry.origin.key[0] for entry in entries] == ["gpu"] * 3


def test_cards_that_are_not_of_the_asset_have_other_prices() -> None:
    """Another model on its nodes, and its model on other nodes, are priced by rates and change nothing of the asset."""
    others = [a_group(1, SPAN, node="a"), a_group(1, SPAN, node="b", product="Tesla-T4", own="dgx")]
    rated, unpriced, *absent = charged(others, [between(0, HOUR)])
    assert (rated.origin.amount, unpriced.origin.gap) == (usd(9), GapReason.NO_PRICE)
    assert nanos(tuple(absent)) == 16_000_000_003


def test_time_of_which_nothing_is_known_accrues_nothing() -> None:
    """As with every card: what was not covered is a gap, and is charged once it is known."""
    assert nanos(charged([], [between(0, 600), between(1200, 1800)])) == 2 * (16_000_000_003 // 6)


@pytest.mark.parametrize("hour", [Window(Instant(T0 - HOUR), T0), Window(DECEMBER, Instant(DECEMBER + HOUR))])
def test_an_asset_costs_only_while_it_is_in_use(hour: Window) -> None:
    """Before its first day and after its last its nodes are priced by rates, and nothing is absent."""
    (entry,) = charged([a_group(1, hour, own="dgx")], [hour])
    assert entry.origin.amount == usd(9)


def test_more_cards_than_were_bought_park_what_they_cost() -> None:
    """Nobody knows which of five cards are the four: these have no amount, and what was paid is parked whole."""
    groups = [a_group(3, between(0, HOUR), own="dgx"), a_group(2, between(2400, HOUR), node="node-b", own="dgx")]
    entries = charged(groups, [between(0, HOUR)])
    told = [(entry.origin.gap, entry.origin.amount, entry.origin.quantity) for entry in entries]
    assert told == [
        (GapReason.MORE_THAN_OWNED, None, 3 * CARD_HOUR),
        (GapReason.MORE_THAN_OWNED, None, 2 * CARD_HOUR // 3),
        (None, usd(16, 3), 0),
    ]
    assert [line.owner for line in entries[-1].lines] == [PARKED]


def test_a_successor_at_the_end_second_is_not_one_more() -> None:
    """A node that is replaced is one node at every instant."""
    groups = [a_group(4, between(0, 600), own="dgx"), a_group(4, between(600, HOUR), node="node-b", own="dgx")]
    assert nanos(charged(groups, [between(0, HOUR)])) == 16_000_000_003


def test_cards_of_unknown_layout_are_there() -> None:
    """They have no amount of their own; what they cost is in the register's, once, and their time is counted once."""
    unknown, absent = charged([a_group(1, between(0, HOUR), sharing="mig", own="dgx")], [between(0, HOUR)])
    assert (unknown.origin.gap, absent.origin.amount) == (GapReason.LAYOUT_UNKNOWN, usd(16, 3))
    assert absent.origin.quantity == 3 * WHOLE * HOUR


def test_of_two_assets_the_more_precise_has_the_card() -> None:
    """And the other accrues all of its own."""
    precise = OwnedCards("rack", MODEL, labels({"own": "dgx", "rack": "1"}), 1, T0, 1, 0, opex_per_month=720 * 10**9)
    entries = charged(
        [a_group(1, between(0, HOUR), own="dgx", rack="1")], [between(0, HOUR)], a_book(an_asset(), precise)
    )
    assert [(entry.origin.key[:2], entry.origin.amount) for entry in entries] == [
        (("gpu", "node-a"), usd(1)),
        (("owned", "dgx"), usd(16, 3)),
    ]


def test_an_asset_beyond_the_ledger_is_a_gap() -> None:
    """An hour of more than 64 bits of nano-units has no amount: its card time is told."""
    (most,) = charged([], [between(0, HOUR)], a_book(an_asset(per_hour=2**63 - 1)))
    assert most.origin.amount == usd(0, 2**63 - 1)
    (entry,) = charged([], [between(0, HOUR)], a_book(an_asset(per_hour=2**63)))
    assert (entry.origin.gap, entry.origin.quantity) == (GapReason.AMOUNT_TOO_LARGE, 4 * CARD_HOUR)
