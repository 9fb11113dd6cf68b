"""Cards of MIG strategy `single`: as many as DCGM told last, and what they cost is divided among what they are cut into."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aicost.core.allocation import allocate
from aicost.core.cards import GPU, IN_INSTANCES, MIG_CARDS, UNCOUNTED, cards_of
from aicost.core.holdings import CardGroup, Devices, Holding
from aicost.core.layout import Slot
from aicost.core.ledger import Entry
from aicost.core.placements import Placement, needed, together
from aicost.core.reasons import GapReason
from aicost.core.told_cards import as_told
from aicost.core.window import HOUR, Window
from tests.support.builders import BEFORE_ANYTHING, a_book, a_group, a_holding, a_pod, a_price, at, between, ownership

PRODUCT, PROFILE, MOST = "NVIDIA-A100-SXM4-40GB", "1g.5gb", 7
RATE = 4_000_000_000
BOOK = a_book(a_price(model="A100-40GB"))
FIRST, DAY = between(0, HOUR), between(0, 24 * HOUR)


def group_of(cards: Sequence[int], over: Window = FIRST) -> CardGroup:
    """A node that offers the instances of these cards, so many of each, as its own labels and capacity tell of it."""
    (told,) = cards_of({"nvidia.com/gpu.product": f"{PRODUCT}-MIG-{PROFILE}"}, {GPU: sum(cards)})
    return a_group(told.count, over, product=told.product, sharing=told.sharing, slots=told.slots)


def all_of(cards: Sequence[int], over: Window = FIRST) -> list[Placement]:
    """Each instance where it lies, held by a pod of its own."""
    return [
        Placement("node-a", f"GPU-{card}", str(each), PROFILE, over, "support", f"pod-{card}-{each}")
        for card, count in enumerate(cards)
        for each in range(count)
    ]


def held_by(placements: Sequence[Placement]) -> tuple[Holding, ...]:
    """What these pods hold, as Kubernetes knows it."""
    return tuple(a_holding(a_pod(each.pod, each.namespace), each.window) for each in placements)


def counted(group: CardGroup, told: Iterable[Placement]) -> tuple[CardGroup, ...]:
    return as_told(Devices((group,), placements=tuple(told))).groups


def entries_of(group: CardGroup, held: Sequence[Holding], told: Sequence[Placement]) -> tuple[Entry, ...]:
    devices = Devices((group,), tuple(held), placements=tuple(told))
    return allocate(as_told(devices), BOOK, ownership(), [group.window]).entries


CARDS = st.lists(st.integers(1, MOST), min_size=1, max_size=4)


@settings(max_examples=20)
@given(CARDS, st.data())
def test_all_cards_are_charged_to_the_nano_unit(cards: list[int], data: st.DataObject) -> None:
    """However they are cut and whoever holds what of them: lines and idle are their price, each device its part of its card."""
    whole = all_of(cards)
    there = data.draw(st.lists(st.sampled_from(whole), unique=True))
    (entry,) = entries_of(group_of(cards), held_by(there), whole)
    amounts = {line.subject: line.amount.nanos for line in entry.lines if line.amount}
    assert sum(amounts.values()) == RATE * len(cards)
    for each in there:
        assert amounts[f"support/{each.pod}"] == RATE // cards[int(each.card[4:])]


@settings(max_examples=20)
@given(CARDS, st.data())
def test_what_is_not_told_whole_is_a_gap_and_no_guess(cards: list[int], data: st.DataObject) -> None:
    """Without an instance, or with one too many, it is as if nothing was told: all or nothing of a node has a price."""
    whole = all_of(cards)
    told = data.draw(st.lists(st.sampled_from(whole), unique=True, max_size=len(whole) - 1))
    more = [*whole, replace(whole[0], card="GPU-other")]
    for seen in (told, more):
        (entry,) = entries_of(group_of(cards), held_by(whole), seen)
        known = sum(cards) == 1
        assert (entry.origin.gap is None, entry.origin.amount is not None) == (known, known)
        assert known or entry.origin.gap is GapReason.LAYOUT_UNKNOWN
        assert sum(line.quantity for line in entry.lines) == entry.origin.quantity


def test_seven_cards_with_one_instance_each_are_seven() -> None:
    """Which is more than as many instances fill."""
    (group,) = counted(group_of([1] * 7), all_of([1] * 7))
    assert (group.cards, group.sharing) == (7, IN_INSTANCES)
    assert group_of([1] * 7).cards == group_of([7]).cards == 1


@settings(max_examples=20)
@given(st.sets(st.integers(0, 23)))
def test_what_was_told_stands_until_another_is(hours: set[int]) -> None:
    """Whatever hours were told: those before the first are a gap, those after it the cards that were told last."""
    ways = [[1] * 6, [6], [4, 2]]
    told = {hour: ways[hour % len(ways)] for hour in hours}
    seen = together(
        each for hour, cards in told.items() for each in all_of(cards, between(hour * HOUR, (hour + 1) * HOUR))
    )
    parts = counted(group_of([6], DAY), seen)
    assert sum(part.window.seconds for part in parts) == DAY.seconds
    for hour in range(24):
        (there,) = (part for part in parts if at(hour * HOUR) in part.window)
        last = max((known for known in told if known <= hour), default=None)
        expected = (1, UNCOUNTED) if last is None else (len(told[last]), IN_INSTANCES)
        assert (there.cards, there.sharing) == expected


def test_a_group_is_cut_only_where_another_count_is_told() -> None:
    """Not where the same is told again, and not at its end or after it."""
    group = group_of([1] * 7, between(0, 2 * HOUR))
    told = [each for hour in (0, 1) for each in all_of([1] * 7, between(hour * HOUR, (hour + 1) * HOUR))]
    known = replace(group, cards=7, sharing=IN_INSTANCES)
    assert counted(group, told) == (known,)
    for later in (2, 3):
        assert counted(group, [*told, *all_of([7], between(later * HOUR, (later + 1) * HOUR))]) == (known,)


def test_what_was_told_stands_for_the_same_devices_of_the_same_node() -> None:
    """Before the window, too; not for one of its name that was there before it, and not for other devices."""
    told = all_of([1] * 7, between(-9 * HOUR, -8 * HOUR))
    group = group_of([1] * 7)
    (known,) = counted(group, told)
    assert known.cards == 7
    assert counted(other := group_of([1] * 8), told) == (other,)
    later = replace(group, node=replace(group.node, created=at(-8 * HOUR)))
    assert counted(later, told) == (later,)
    elsewhere = [replace(each, node="node-b") for each in told]
    assert counted(group, elsewhere) == (group,)


def test_no_part_of_an_hour_counts_cards() -> None:
    """Of three cards with an instance each, told long ago, two are not the two devices that are offered now."""
    told = [*all_of([1, 1, 1], between(-9 * HOUR, -8 * HOUR)), *all_of([3], between(-7 * HOUR, -6 * HOUR))]
    group = group_of([2])
    assert counted(group, needed(told, FIRST)) == counted(group, told) == (group,)


@pytest.mark.parametrize("change", [{"resource": MIG_CARDS}, {"sharing": "mps"}, {"claimable": True}])
def test_other_cards_are_counted_by_who_tells_of_them(change: dict[str, Any]) -> None:
    """By labels where these count cards, and by the ResourceSlices that publish them."""
    group = replace(group_of([1] * 7), **change)
    assert counted(group, all_of([1] * 7)) == (group,)


def test_what_labels_say_gives_way_to_what_is_told() -> None:
    """The GPU Operator may call a layout as it likes; series show each card."""
    group = replace(group_of([1] * 7), sharing=IN_INSTANCES)
    (known,) = counted(group, all_of([1] * 7))
    assert known == replace(group, cards=7)


def test_instances_that_are_shared_in_time_are_counted_once() -> None:
    """A replica is no instance: four devices are two of them."""
    slot = Slot(GPU, 4, profile="3g.20gb", replicas=2)
    group = a_group(1, FIRST, product=PRODUCT, sharing=UNCOUNTED, slots=(slot,))
    told = [replace(each, profile="3g.20gb") for each in all_of([1, 1])]
    (known,) = counted(group, told)
    assert known.cards == 2


def test_what_nobody_told_is_told_to_its_holders() -> None:
    """The gap of a holder has the time of his part, and no amount."""
    (entry,) = entries_of(group_of([7]), [a_holding(a_pod("chat-0"), FIRST, count=2)], [])
    assert Counter(line.subject for line in entry.lines) == {"support/chat-0": 1}
    assert "1 x A100-40GB, mig on uncounted cards: 7 x nvidia.com/gpu" in entry.origin.description
    assert group_of([7]).node.created == BEFORE_ANYTHING
