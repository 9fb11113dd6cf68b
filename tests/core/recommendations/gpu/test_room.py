"""Where there is room on cards that are paid for anyway."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aicost.core.declarations import Unit
from aicost.core.holdings import CardGroup, Devices, Holding
from aicost.core.recommendations.gpu.room import HOURS, Room, Yard
from aicost.core.window import DAY, HOUR
from tests.support.builders import MODEL, a_group, a_holding, a_pod, between

WEEK = between(0, 7 * DAY)
OWN = "dgx"
BOUGHT = replace(a_group(8), window=WEEK, node=replace(a_group(8).node, name=OWN), labels=frozenset({("own", "dgx")}))
RENTED = replace(a_group(8), window=WEEK)


def held(count: int, start: int, end: int, node: str = OWN, pod: str = "a") -> Holding:
    return replace(a_holding(a_pod(f"{pod}-{start}"), between(start * HOUR, end * HOUR), count=count), node=node)


def room(
    *holdings: Holding,
    groups: tuple[CardGroup, ...] = (BOUGHT, RENTED),
    own: tuple[Holding, ...] = (),
    units: tuple[Unit, ...] = (),
    count: int = 4,
) -> Room:
    yard = Yard(WEEK, Devices(groups, holdings), lambda group: ("own", "dgx") in group.labels, units)
    return yard.room(MODEL, count, own, "care")


def hourly(found: Room) -> tuple[int, ...]:
    return tuple(found.pods([clock]) for clock in range(HOURS))


def test_an_hour_has_room_that_has_it_on_every_day() -> None:
    """Of eight bought cards five are held from nine to noon on one day: then four more have no room, at other hours two times four."""
    found = room(held(5, 3 * 24 + 9, 3 * 24 + 12))
    assert found.nodes == (OWN,)
    assert hourly(found) == tuple(0 if 9 <= hour < 12 else 2 for hour in range(24))


def test_who_holds_a_part_of_an_hour_holds_it() -> None:
    """Two who follow each other within it count both: rather less room than there was."""
    half = replace(held(4, 5, 6), window=between(5 * HOUR, 5 * HOUR + 1800))
    other = replace(held(4, 5, 6, pod="b"), window=between(5 * HOUR + 1800, 6 * HOUR))
    assert room(half).pods([5]) == 1
    assert hourly(room(half, other))[4:7] == (2, 0, 2)


@pytest.mark.parametrize(
    "group",
    [
        replace(BOUGHT, labels=frozenset()),
        replace(BOUGHT, cards=3),
        replace(BOUGHT, product="NVIDIA-L4"),
        replace(BOUGHT, window=between(DAY, 7 * DAY)),
        replace(BOUGHT, sharing="time-slicing"),
        replace(BOUGHT, claimable=True),
    ],
    ids=["rented", "too few", "another model", "came later", "shared", "by claims"],
)
def test_where_there_is_none(group: CardGroup) -> None:
    """What costs more with every hour, holds no such pod, or is not told of all the time."""
    assert room(groups=(group,)) == Room(each=4)


def test_a_unit_s_reserved_nodes_are_its_own() -> None:
    """Its work may use them, bought or not; another unit's may not."""
    reserving = {"care": Unit("care", reserved=BOUGHT.labels), "find": Unit("find", reserved=BOUGHT.labels)}
    assert room(units=(reserving["care"],)).nodes == (OWN,)
    assert room(units=(reserving["find"],)).nodes == ()
    rented = replace(RENTED, labels=frozenset({("pool", "care")}))
    assert room(groups=(rented,), units=(Unit("care", reserved=rented.labels),)).nodes == (rented.node.name,)


def test_how_long_and_how_many_of_its_own_pods_ran() -> None:
    """At one instant, whoever ends there left; hours rounded up; paid for where all its cards are."""
    own = held(4, 0, 2), held(4, 1, 3), held(4, 2, 5)
    assert room(*own, own=own) == replace(room(*own), at_once=2, longest_hours=3, held=28 * HOUR, paid=28 * HOUR)
    away = (*own, held(4, 6, 7, node=RENTED.node.name))
    assert not room(*away, own=away).is_paid
    assert room(own=(replace(own[0], window=between(0, HOUR + 1)),)).longest_hours == 2


def test_of_two_units_that_reserve_a_node_one_owns_what_is_idle_of_it() -> None:
    """By most labels, as what is idle of it is charged."""
    node = replace(RENTED, labels=frozenset({("pool", "a"), ("team", "care")}))
    find, care = Unit("a-find", reserved=frozenset({("pool", "a")})), Unit("care", reserved=node.labels)
    assert room(groups=(node,), units=(find, care)).nodes == (node.node.name,)
    assert (
        room(groups=(node,), units=(replace(find, reserved=care.reserved), replace(care, reserved=find.reserved))).nodes
        == ()
    )


def test_a_pod_has_room_where_one_node_has_it_in_every_hour() -> None:
    """Two nodes that idle by turns hold one in each hour, and none in both."""
    turns = room(held(8, 5, 6), held(8, 6, 7, "dgx-2"), groups=(BOUGHT, named(BOUGHT, "dgx-2")), count=8)
    assert hourly(turns)[4:8] == (2, 1, 1, 2)
    assert turns.pods([5, 6]) == 0
    assert (turns.taken([5]), turns.taken([5, 6])) == ({("dgx-2", 5): 8}, {})


def named(group: CardGroup, node: str) -> CardGroup:
    return replace(group, node=replace(group.node, name=node))


CARDS = st.lists(st.integers(0, 8), min_size=3, max_size=3)


@given(st.lists(CARDS, min_size=1, max_size=3), st.integers(1, 4), st.integers(1, 4))
def test_what_is_taken_was_idle_and_is_gone(cards: list[list[int]], each: int, at_once: int) -> None:
    """Whole pods, each on one node for all the hours, no more than run at once; in other hours nothing is taken."""
    found = Room(tuple("abc"[: len(cards)]), tuple((*idle, *[8] * 21) for idle in cards), each, at_once)
    taken, span = found.taken([0, 1, 2]), [0, 1, 2]
    left = found.after(taken)
    pods = min(at_once, found.pods(span))
    assert sum(taken.values()) == pods * each * len(span)
    assert all(taken.get((node, clock)) == taken.get((node, 0)) for node in found.nodes for clock in span)
    assert all(cards <= found.idle[found.nodes.index(node)][clock] for (node, clock), cards in taken.items())
    assert hourly(left)[3:] == hourly(found)[3:]
    assert left.pods(span) == found.pods(span) - pods
    assert found.after({("a", 5): 9}).pods([5]) == sum(idle[5] // each for idle in found.idle[1:])
