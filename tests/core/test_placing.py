"""MIG cards of one node that are cut differently: each device costs its share of its own card, as far as that is told."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aicost.core.allocation import allocate
from aicost.core.cards import MIG, MIG_CARDS
from aicost.core.holdings import CardGroup, Devices, Holding
from aicost.core.layout import Instances, mig, profile
from aicost.core.ledger import Entry
from aicost.core.money import accrued
from aicost.core.placements import Placement
from aicost.core.placing import placed
from aicost.core.prices import MigShare
from aicost.core.window import HOUR, Window
from tests.support.builders import a_book, a_group, a_holding, a_pod, a_price, at, between, ownership

MODEL, PRODUCT = "A100-40GB", "NVIDIA-A100-SXM4-40GB"
SEVENTHS, BALANCED, HALVES, LONE = ["1g.5gb"] * 7, ["1g.5gb"] * 2 + ["2g.10gb", "3g.20gb"], ["3g.20gb"] * 2, ["3g.20gb"]
FIRST = between(0, HOUR)
BOOK = a_book(replace(a_price(), model=MODEL))


def group_of(cards: Sequence[Sequence[str]], over: Window = FIRST) -> CardGroup:
    """A node's cards with these instances, as Kubernetes knows them."""
    there = Counter(name for card in cards for name in card)
    found = [(name, profile(name, MODEL), count) for name, count in there.items()]
    slots = mig([Instances(MIG + name, of, count, 1, name) for name, of, count in found if of], len(cards), MODEL)
    assert slots
    return replace(a_group(len(cards), over, product=PRODUCT, sharing="mig", slots=slots), resource=MIG_CARDS)


def all_of(cards: Sequence[Sequence[str]], over: Window = FIRST) -> list[Placement]:
    """Each instance where it lies, held by a pod of its own all the time."""
    return [
        Placement(group_of(cards).node.name, f"GPU-{card}", str(at), name, over, "support", f"pod-{card}-{at}")
        for card, names in enumerate(cards)
        for at, name in enumerate(names)
    ]


def held_by(placements: Sequence[Placement], over: Window = FIRST) -> tuple[Holding, ...]:
    """What these pods hold, as Kubernetes knows it."""
    return tuple(
        a_holding(a_pod(each.pod, each.namespace), over, node=each.node, resource=MIG + each.profile)
        for each in placements
    )


def entries_of(group: CardGroup, held: Sequence[Holding], told: Sequence[Placement]) -> tuple[Entry, ...]:
    devices = Devices((group,), tuple(held), placements=tuple(told))
    return allocate(devices, BOOK, ownership(), [group.window]).entries


def paid(entries: Sequence[Entry]) -> dict[str, int]:
    """Nano-units by subject."""
    found: Counter[str] = Counter()
    for entry in entries:
        for line in entry.lines:
            assert line.amount is not None
            assert line.amount.nanos >= 0
            found[line.subject] += line.amount.nanos
    return dict(found)


CARDS = st.lists(st.sampled_from([SEVENTHS, BALANCED, HALVES, LONE, ["7g.40gb"]]), min_size=1, max_size=3)
RATE = 4_000_000_000


@settings(max_examples=25)
@given(CARDS, st.data())
def test_each_card_costs_its_price_whatever_is_told(cards: list[list[str]], data: st.DataObject) -> None:
    """Lines and idle of the node are its price; where all is told, those of each card are its price, to the nano-unit."""
    whole = all_of(cards)
    there = data.draw(st.lists(st.sampled_from(whole), unique=True))
    told = [each if each in there else replace(each, namespace="", pod="") for each in whole]
    entries = entries_of(group_of(cards), held_by(there), told)
    assert [entry.origin.amount and entry.origin.amount.nanos for entry in entries] == [RATE * len(cards)]
    costs = paid(entries)
    assert sum(costs.values()) == RATE * len(cards)
    for each in there:
        weights = [of.weight for name in cards[int(each.card[4:])] if (of := profile(name, MODEL))]
        of = profile(each.profile, MODEL)
        assert of
        assert costs[f"{each.namespace}/{each.pod}"] == RATE * of.weight // sum(weights)


@settings(max_examples=25)
@given(CARDS, st.data())
def test_samples_that_are_missing_lower_no_total(cards: list[list[str]], data: st.DataObject) -> None:
    """Whatever of the placements is told: the node costs the same, nothing is parked, and no holder pays nothing."""
    whole = all_of(cards)
    told = data.draw(st.lists(st.sampled_from(whole), unique=True))
    entries = entries_of(group_of(cards), held_by(whole), told)
    costs = paid(entries)
    assert sum(costs.values()) == RATE * len(cards)
    assert all(costs[f"{each.namespace}/{each.pod}"] > 0 for each in whole)


def test_a_profile_of_which_one_holder_is_not_told_costs_its_average() -> None:
    """The others' devices do, too, for that one may lie on either card; other profiles lie on one card and are told."""
    cards = [SEVENTHS, BALANCED]
    whole = all_of(cards)
    told = [replace(each, namespace="", pod="") if each.pod == "pod-0-0" else each for each in whole]
    costs = paid(entries_of(group_of(cards), held_by(whole), told))
    average = RATE * (Fraction(7, 7) + Fraction(2, 8)) / 9
    assert costs["support/pod-0-0"] == costs["support/pod-1-0"] == int(average)
    assert costs["support/pod-1-2"] == RATE * 2 // 8
    assert costs["support/pod-1-3"] == RATE * 4 // 8


@pytest.mark.parametrize(
    "wrong",
    [
        lambda told: told[1:],
        lambda told: [*told, replace(told[0], card="GPU-9")],
        lambda told: [*told, replace(told[0], profile="2g.10gb")],
        lambda told: [replace(each, node="other") for each in told],
        lambda told: [replace(each, window=between(HOUR, 2 * HOUR)) for each in told],
        lambda _: [],
    ],
)
def test_cards_that_are_not_told_whole_are_divided_together(wrong: object) -> None:
    """An instance too few or too many, another node's or another hour's: a device is its share of the cards together."""
    cards = [SEVENTHS, LONE]
    whole = all_of(cards)
    assert callable(wrong)
    costs = paid(entries_of(group_of(cards), held_by(whole), wrong(whole)))
    assert costs["support/pod-1-0"] == RATE * 2 * 4 // 11


@pytest.mark.parametrize("count", [1, 2])
def test_a_pod_on_two_cards_pays_each(count: int) -> None:
    """It holds a seventh of one card and an eighth of another; one that was seen on two and holds one is not placed."""
    cards = [SEVENTHS, BALANCED]
    told = [replace(each, namespace="", pod="") for each in all_of(cards)]
    told = [replace(each, namespace="support", pod="p") if each.instance == "0" else each for each in told]
    (held, *_) = held_by([each for each in told if each.pod])
    costs = paid(entries_of(group_of(cards), [replace(held, count=count)], told))
    both, average = RATE // 7 + RATE // 8, int(RATE * (1 + Fraction(2, 8)) / 9)
    assert costs["support/p"] == (both if count == 2 else average)


def test_two_that_were_seen_on_one_instance_are_not_placed_there() -> None:
    """More would be held of a card than it has: what Kubernetes knows is no less true for that, and nothing is parked."""
    cards = [["1g.5gb"], SEVENTHS]
    there = all_of(cards)[:2]
    told = [each for each in all_of(cards) if each not in there] + [there[0], replace(there[0], pod=there[1].pod)]
    told = [each if each in (there[0], told[-1]) else replace(each, namespace="", pod="") for each in told]
    told.append(replace(there[1], namespace="", pod=""))
    costs = paid(entries_of(group_of(cards), held_by(there), told))
    assert costs["support/pod-0-0"] == costs["support/pod-1-0"] == RATE * 2 // 8


def test_a_name_that_came_back_within_the_hour_is_not_placed() -> None:
    """DCGM names pods without UIDs: on which of two instances each of the two was nobody knows."""
    cards = [SEVENTHS, LONE, BALANCED]
    told = all_of(cards)
    (held,) = held_by(told[:1])
    back = replace(held, pod=replace(held.pod, uid="again"), window=between(1800, HOUR))
    gone = replace(held, window=between(0, 1200))
    costs = paid(entries_of(group_of(cards), [gone, back], told))
    average = int(RATE * (1 + Fraction(2, 8)) / 9)
    wanted = accrued(average, at(0), at(1200)) + accrued(average, at(1800), at(HOUR))
    assert sum(nanos for name, nanos in costs.items() if name.startswith("support/")) == wanted


def test_declared_shares_are_of_the_card() -> None:
    """What a declared share leaves of a card its other instances divide, and shares that exceed a card move nothing."""
    cards = [SEVENTHS, BALANCED]
    whole = all_of(cards)
    devices = Devices((group_of(cards),), held_by(whole), placements=tuple(whole))
    for share, seventh, eighth in ((600_000_000, Fraction(1, 7), Fraction(4, 10) / 4), (1_100_000_000, None, None)):
        book = replace(BOOK, mig=(MigShare(MODEL, "3g.20gb", share),))
        costs = paid(allocate(devices, book, ownership(), [FIRST]).entries)
        assert sum(costs.values()) == 2 * RATE
        if seventh is None or eighth is None:
            assert costs["support/pod-1-0"] == costs["support/pod-0-0"]
        else:
            assert costs["support/pod-1-3"] == RATE * 6 // 10
            assert (costs["support/pod-0-0"], costs["support/pod-1-0"]) == (int(RATE * seventh), int(RATE * eighth))


def test_each_hour_goes_by_what_was_told_of_it() -> None:
    """A holding over two hours is placed in the one that was told."""
    cards, both = [HALVES, LONE], between(0, 2 * HOUR)
    whole = all_of(cards)
    entries = entries_of(group_of(cards, both), held_by(whole, both), whole)
    assert [paid([entry])["support/pod-1-0"] for entry in entries] == [RATE, RATE * 2 // 3]
    assert sum(paid(entries).values()) == 4 * RATE


def test_a_pod_that_outlives_its_cards_holds_nothing() -> None:
    """Placed or not: its node was known, so that no cards appear with it."""
    cards = [HALVES, LONE]
    whole = all_of(cards)
    devices = Devices((group_of(cards),), held_by(whole, between(0, 2 * HOUR)), placements=tuple(whole))
    (entry,) = allocate(devices, BOOK, ownership(), [between(0, 2 * HOUR)]).entries
    assert entry.origin.amount
    assert entry.origin.amount.nanos == 2 * RATE


def test_cards_that_are_cut_alike_are_so_many() -> None:
    """Two of one layout beside one of another: fourteen sevenths of a card."""
    cards = [SEVENTHS, SEVENTHS, BALANCED]
    whole = all_of(cards)
    costs = paid(entries_of(group_of(cards), held_by(whole), whole))
    assert costs["support/pod-0-0"] == costs["support/pod-1-6"] == RATE // 7
    assert costs["support/pod-2-0"] == RATE // 8
    assert sum(costs.values()) == 3 * RATE


def test_devices_lie_where_they_lie_without_prices_too() -> None:
    """Only declared shares are the price book's."""
    cards = [SEVENTHS, BALANCED]
    whole = all_of(cards)
    devices = Devices((group_of(cards),), held_by(whole), placements=tuple(whole))
    assert placed(devices, None) == placed(devices, BOOK) != devices


def test_what_is_assumed_of_a_holding_stays_so() -> None:
    """Where only its last sample shows the end, in each part of its time, placed or not: who comes next ends it."""
    cards, both = [HALVES, LONE], between(0, 2 * HOUR)
    whole = all_of(cards)
    held = tuple(replace(each, assumed_from=at(1800)) for each in held_by(whole, both))
    parts = placed(Devices((group_of(cards, both),), held, placements=tuple(whole)), BOOK).holdings
    assert {(part.window.start, part.assumed_from) for part in parts} == {(at(0), at(1800)), (at(HOUR), at(HOUR))}
