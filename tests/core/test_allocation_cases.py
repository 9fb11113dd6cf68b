"""GPU cost by example: single hours, told with their numbers."""

from __future__ import annotations

from dataclasses import replace

import pytest

from aicost.core.allocation import allocate, exceeds
from aicost.core.holdings import CardGroup, Devices, Holding
from aicost.core.identity import labels
from aicost.core.layout import Slot
from aicost.core.ledger import IDLE, PARKED, UNCLAIMED, Certainty, Component, Entry, Line, Owner, OwnerKind
from aicost.core.money import Money
from aicost.core.prices import MigShare, PriceBook
from aicost.core.reasons import GapReason
from aicost.core.window import HOUR
from tests.support.builders import (
    CARD_HOUR,
    MODEL,
    a_book,
    a_group,
    a_holding,
    a_pod,
    a_price,
    a_unit,
    a_workload,
    at,
    between,
    owned_by,
    ownership,
    usd,
)
from tests.support.strategies import WHOLE

HOUR_ONE = between(0, HOUR)


def _allocated(groups: list[CardGroup], holdings: list[Holding], book: PriceBook | None = None) -> tuple[Entry, ...]:
    nobody = ownership()
    return allocate(Devices(tuple(groups), tuple(holdings)), book or a_book(), nobody, [HOUR_ONE]).entries


def test_an_hour_is_told_whole() -> None:
    """A pod that holds three of eight cards for half an hour pays for that, and the rest is idle."""
    pod = a_pod(app="chat")
    devices = Devices((a_group(8),), (a_holding(pod, between(0, 1800), count=3),))
    entry, *_ = allocate(devices, a_book(), ownership(a_unit(), a_workload(app="chat")), [HOUR_ONE]).entries
    assert entry.origin.amount == usd(32)
    assert (entry.origin.pool, entry.origin.component) == ("H100-80GB", Component.GPU)
    assert (entry.origin.unit, entry.origin.description) == ("card-microseconds", "8 x H100-80GB on node-a")
    assert entry.lines == (
        Line(IDLE, "node-a", usd(26), 8 * CARD_HOUR - 3 * CARD_HOUR // 2),
        Line(owned_by(), "support/chat-0", usd(6), 3 * CARD_HOUR // 2),
    )


def test_a_holder_pays_the_price_of_its_own_time() -> None:
    """Where a node's price changes within an hour, each pod pays the price of the part that it held in."""
    book = a_book(a_price(usd(2)), a_price(usd(6), pool="fast"))
    groups = [a_group(1, between(0, 1800)), a_group(1, between(1800, 3600), pool="fast")]
    holdings = [a_holding(a_pod("first"), between(0, 1800)), a_holding(a_pod("second"), between(1800, 3600))]
    (entry,) = _allocated(groups, holdings, book)
    assert {line.subject: line.amount for line in entry.lines} == {"support/first": usd(1), "support/second": usd(3)}


def test_a_pod_pays_for_all_parts_of_its_hour() -> None:
    """Where the price changes while it holds, what it runs up before and after is one line."""
    book = a_book(a_price(usd(2)), a_price(usd(6), pool="fast"))
    groups = [a_group(2, between(0, 1800)), a_group(2, between(1800, 3600), pool="fast")]
    (entry,) = _allocated(groups, [a_holding(window=HOUR_ONE)], book)
    assert {line.owner: line.amount for line in entry.lines} == {UNCLAIMED: usd(4), IDLE: usd(4)}


def test_lines_are_in_the_order_of_their_names() -> None:
    """By unit, then by workload as it is written, then by pod: so that equal inputs give equal entries."""
    names = [("a-b", "x"), ("a", "y"), ("a", "x")]
    owners = ownership(
        a_unit("care", "a", "a-b"), *(a_workload(name, namespace, app=name) for namespace, name in names)
    )
    pods = [a_holding(a_pod(f"{'yx'.replace(name, '')}-0", namespace, app=name)) for namespace, name in names]
    for group in (a_group(3), a_group(3, sharing="mig")):
        (entry,) = allocate(Devices((group,), tuple(pods)), a_book(), owners, [HOUR_ONE]).entries
        assert [str(line.owner.workload) for line in entry.lines] == ["a-b/x", "a/x", "a/y"]


def test_a_name_that_came_back_is_charged_to_each_owner() -> None:
    """Two pods of one name in one hour, claimed by two workloads of one unit, keep their owners in any order."""
    old = a_holding(a_pod(uid="1", app="a"), between(0, 1001))
    new = a_holding(a_pod(uid="2", app="b"), between(1001, 2002))
    owners = ownership(a_unit(), a_workload("a", app="a"), a_workload("b", app="b"))
    book = a_book(a_price(Money(1, "USD")))
    one, other = (allocate(Devices((a_group(1),), pods), book, owners, [HOUR_ONE]) for pods in ((old, new), (new, old)))
    assert one == other


def test_a_successor_at_the_end_second_is_no_overload() -> None:
    """An end frees its card for whoever begins at that very second."""
    entries = _allocated([a_group(1)], [a_holding(a_pod("a"), between(0, 60)), a_holding(a_pod("b"), between(60, 120))])
    assert [line.owner.kind for line in entries[0].lines].count(OwnerKind.PARKED) == 0


@pytest.mark.parametrize(("cards", "over"), [(2, True), (3, False)])
def test_exceeds_counts_cards_at_every_instant(cards: int, over: bool) -> None:
    """Three cards held in one second exceed two cards, and do not exceed three."""
    held = [(a_holding(count=count), window) for count, window in ((2, between(0, 10)), (1, between(9, 20)))]
    assert exceeds(cards, held) is over


@pytest.mark.parametrize(
    ("group", "reason"),
    [
        (a_group(product=""), GapReason.NO_PRODUCT),
        (a_group(product="Unheard-Of"), GapReason.NO_PRICE),
    ],
)
def test_cards_that_cannot_be_priced_say_why(group: CardGroup, reason: GapReason) -> None:
    """A card without a product, sliced, or of a model that nobody prices has a reason instead of an amount."""
    (entry,) = _allocated([group], [a_holding()])
    assert (entry.origin.amount, entry.origin.gap) == (None, reason)
    assert entry.origin.quantity == 8 * CARD_HOUR


def test_cards_without_a_price_keep_their_holders() -> None:
    """What nobody can price is still told by who held it and what was idle."""
    (entry,) = _allocated([a_group(product="Unheard-Of")], [a_holding()])
    assert {line.owner: line.quantity for line in entry.lines} == {UNCLAIMED: CARD_HOUR, IDLE: 7 * CARD_HOUR}


def test_cards_held_whole_leave_nothing_idle() -> None:
    """Nor is there a line of no time where nobody knows the price."""
    (entry,) = _allocated([a_group(1, product="Unheard-Of")], [a_holding()])
    assert [(line.owner, line.quantity) for line in entry.lines] == [(UNCLAIMED, CARD_HOUR)]


def test_contradictory_cards_that_nobody_holds_are_parked() -> None:
    """Nobody can say that they are idle: the node has a line of its own."""
    (entry,) = _allocated([a_group(sharing="contradictory")], [])
    assert entry.lines == (Line(PARKED, "node-a", usd(32), 8 * CARD_HOUR),)


@pytest.mark.parametrize(
    ("group", "says"),
    [
        (a_group(1, sharing="time-slicing", slots=(Slot("nvidia.com/gpu", 4),)), "time-slicing: 4 x nvidia.com/gpu"),
        (a_group(1, sharing="mig", slots=(Slot("mig-a", 2), Slot("mig-b", 1))), "mig: 2 x mig-a, 1 x mig-b"),
        (a_group(1, sharing="mig"), "mig: nobody knows how"),
        (a_group(1, sharing="untold"), "and nobody tells who had claimed them"),
    ],
)
def test_entries_say_how_their_cards_are_cut(group: CardGroup, says: str) -> None:
    """In words for people, after how many there are."""
    assert _allocated([group], [])[0].origin.description == f"1 x H100-80GB, {says} on node-a"


def test_cards_of_unknown_layout_are_never_idle() -> None:
    """Nobody knows who holds cards of which nobody knows into what they are cut: they are nobody's, not idle."""
    (entry,) = _allocated([a_group(sharing="mig")], [])
    assert entry.lines == (Line(UNCLAIMED, "node-a", None, 8 * CARD_HOUR),)


def test_cards_of_unknown_layout_have_no_amount() -> None:
    """Devices of unknown size are told with who held them and without an amount: guessing would be wrong."""
    (entry,) = _allocated([a_group(sharing="mig")], [a_holding()])
    assert (entry.origin.amount, entry.origin.gap) == (None, GapReason.LAYOUT_UNKNOWN)
    assert [(line.owner, line.quantity) for line in entry.lines] == [(UNCLAIMED, 8 * CARD_HOUR)]


def test_who_held_claimable_cards_unwatched_is_a_gap() -> None:
    """Their hours have no amount; who is known to have held some is told, and the rest is nobody's, never idle."""
    group = replace(a_group(sharing="untold", slots=(Slot("nvidia.com/gpu", 8),)), claimable=True)
    (entry,) = _allocated([group], [a_holding()])
    assert (entry.origin.amount, entry.origin.gap) == (None, GapReason.NO_CLAIM_HISTORY)
    told = {line.subject: (line.owner, line.quantity) for line in entry.lines}
    assert told == {"support/chat-0": (UNCLAIMED, CARD_HOUR), "node-a": (UNCLAIMED, 7 * CARD_HOUR)}


def test_a_claimed_device_that_nobody_publishes_is_a_gap() -> None:
    """It is counted once with whom shares it, without an amount, and the node's other cards cost as ever."""
    unpublished = a_holding(resource="gpu.nvidia.com/node-a/gpu-9")
    sharers = (replace(unpublished, pod=a_pod(name), claim="c") for name in ("a", "b"))
    bare, cards = sorted(_allocated([a_group()], [*sharers]), key=lambda entry: entry.origin.quantity)
    assert (bare.origin.gap, bare.origin.quantity) == (GapReason.DEVICE_NOT_PUBLISHED, CARD_HOUR)
    assert {line.subject: line.quantity for line in bare.lines} == dict.fromkeys(
        ("support/a", "support/b"), CARD_HOUR // 2
    )
    assert (cards.origin.amount, [line.owner for line in cards.lines]) == (usd(32), [IDLE])


def test_a_price_that_begins_today_does_not_price_yesterday() -> None:
    """Before a rate begins its cards have no price: never zero, never a later rate."""
    book = a_book(a_price(usd(4), since=at(HOUR)))
    first, second = allocate(Devices((a_group(),)), book, ownership(), [between(0, 2 * HOUR)]).entries
    assert (first.origin.gap, second.origin.amount) == (GapReason.NO_PRICE, usd(32))


def test_list_prices_are_entries_of_their_own() -> None:
    """A node relabelled within an hour has what is declared and what is estimated apart, each in its own currency."""
    book = PriceBook("EUR", (a_price(usd(4), pool="own"),), built_in=True)
    before, after = a_group(1, between(0, 600)), a_group(1, between(600, 3600), pool="own")
    rated, guessed = allocate(Devices((before, after)), book, ownership(), [HOUR_ONE]).entries
    assert (rated.origin.certainty, rated.origin.amount) == (Certainty.RATED, Money(3_333_333_334, "EUR"))
    assert (guessed.origin.certainty, guessed.origin.amount) == (Certainty.ESTIMATED, usd(1, 146_666_666))
    assert guessed.origin.key == (*rated.origin.key, "BuiltInPrice")


THIRDS = (Slot("nvidia.com/mig-3g.40gb", 2, 4, "3g.40gb"),)


def _cut_in_two(billionths: int) -> Entry:
    """A card in two instances, one of them held by a pod that nobody claims, at a declared share of each."""
    book = replace(a_book(), mig=(MigShare(MODEL, "3g.40gb", billionths),))
    held = a_holding(resource=THIRDS[0].resource)
    (entry,) = _allocated([a_group(1, sharing="mig", slots=THIRDS)], [held], book)
    return entry


def test_a_declared_share_is_what_an_instance_costs() -> None:
    """Its holder pays the share in money and card time; the other instance, and what the shares leave, are idle."""
    lines = {line.owner: (line.amount, line.quantity) for line in _cut_in_two(250_000_000).lines}
    assert lines == {UNCLAIMED: (usd(1), CARD_HOUR // 4), IDLE: (usd(3), CARD_HOUR * 3 // 4)}


def test_shares_beyond_the_card_park_it() -> None:
    """More than there is would be charged: the card is parked whole, with who held it, and never clamped."""
    entry = _cut_in_two(500_000_001)
    assert [(line.owner, line.subject, line.amount) for line in entry.lines] == [(PARKED, "support/chat-0", usd(4))]


def test_a_node_created_again_is_another_origin() -> None:
    """A node name that was used again has keys of its own, so that neither replaces the other."""
    old, new = a_group(window=between(0, 600)), a_group(window=between(600, 3600), created=at(600))
    entries = _allocated([old, new], [])
    assert len({entry.origin.key for entry in entries}) == 2
    assert sum(entry.origin.quantity for entry in entries) == 8 * CARD_HOUR


def test_contests_are_told_once() -> None:
    """A pod that two workloads claim leaves one contest, however many hours it ran."""
    devices = Devices((a_group(),), (a_holding(a_pod(app="a"), between(0, 3 * HOUR)),))
    rivals = ownership(a_unit(), a_workload("a", app="a"), a_workload("b", app="a"))
    allocation = allocate(devices, a_book(), rivals, [WHOLE])
    assert [(str(c.winner), str(c.loser)) for c in allocation.contests] == [("support/a", "support/b")]


def test_nothing_is_charged_outside_the_windows() -> None:
    """Without a window there are no entries, and a window without a node has none."""
    assert allocate(Devices((a_group(),)), a_book(), ownership(), []).entries == ()
    assert (
        allocate(Devices((a_group(window=HOUR_ONE),)), a_book(), ownership(), [between(HOUR, 2 * HOUR)]).entries == ()
    )


def test_a_pod_on_an_unknown_node_is_not_lost() -> None:
    """Cards that a pod held on a node whose own cards nobody told of are told as time that nobody can price."""
    entries = _allocated([], [a_holding()])
    assert sum(entry.origin.quantity for entry in entries) == CARD_HOUR


def test_a_stretch_without_a_price_leaves_the_priced_one() -> None:
    """A node that is relabelled in mid-hour keeps the cost of the stretch that had a price."""
    priced = a_book(a_price(usd(4), pool="fast"))
    groups = [a_group(1, between(0, 1800), pool="fast"), a_group(1, between(1800, 3600))]
    entries = _allocated(groups, [], priced)
    assert sum(entry.origin.amount.nanos for entry in entries if entry.origin.amount) == usd(2).nanos


def test_an_amount_that_no_ledger_holds_is_unknown_and_stops_nobody() -> None:
    """Too many dear cards on one node are card hours without an amount, with a reason; the next node has its price."""
    many, few = a_group(1000), a_group(900, node="node-b")
    dearest = a_book(a_price(Money(9_999_999_999_999_999, "USD")))
    unknown, known = _allocated([many, few], [], dearest)
    assert (unknown.origin.amount, unknown.origin.gap) == (None, GapReason.AMOUNT_TOO_LARGE)
    assert unknown.origin.quantity == 1000 * CARD_HOUR
    assert known.origin.amount == Money(900 * 9_999_999_999_999_999, "USD")


def test_a_name_that_came_back_keeps_both_owners() -> None:
    """A second pod of the name, claimed by another workload in the same hour, does not take over what the first cost."""
    pods = (a_holding(a_pod(uid="1", app="a"), between(0, 600)), a_holding(a_pod(uid="2", app="b"), between(600, 3600)))
    both = ownership(a_unit(), a_workload("a", app="a"), a_workload("b", app="b"))
    devices = Devices((a_group(1),), pods)
    (entry,) = allocate(devices, a_book(), both, [HOUR_ONE]).entries
    assert {line.owner: line.amount for line in entry.lines} == {
        owned_by("a"): usd(0, 666_666_666),
        owned_by("b"): usd(3, 333_333_334),
    }


def test_idle_cards_are_whose_node_it_is() -> None:
    """What no pod holds of a reserved node is its unit's own; a pod's time is its owner's, whoever reserves the node."""
    care = replace(a_unit(), reserved=labels({"pool": "care"}))
    devices = Devices((a_group(2, pool="care"),), (a_holding(a_pod(app="chat")),))
    (entry,) = allocate(devices, a_book(), ownership(care, a_workload(app="chat")), [HOUR_ONE]).entries
    assert {line.owner: line.amount for line in entry.lines} == {
        owned_by(): usd(4),
        Owner(OwnerKind.RESERVED, "care"): usd(4),
    }
