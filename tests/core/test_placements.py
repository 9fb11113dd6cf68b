"""Placements: hours that follow each other are one, in any order."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import replace
from itertools import pairwise
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aicost.core.placements import Placement, by_stretch, needed, telling, together
from aicost.core.window import HOUR, Window
from tests.support.builders import at, between

ONE = Placement("node", "GPU-1", "7", "1g.5gb", between(0, HOUR), "support", "chat-0")


@settings(max_examples=20)
@given(st.sets(st.integers(0, 6)), st.randoms(use_true_random=False))
def test_hours_are_joined_in_any_order(hours: set[int], random: Random) -> None:
    """Each hour once, however often it comes, and no hour that was not told."""
    told = [replace(ONE, window=between(hour * HOUR, (hour + 1) * HOUR)) for hour in (*hours, *hours)]
    joined = together(random.sample(told, len(told)))
    assert joined == together(together(told))
    assert {hour.start for each in joined for hour in each.window.pieces(HOUR)} == {each.window.start for each in told}
    assert all(one.window.end < other.window.start for one, other in pairwise(joined))


def test_a_placement_names_its_holder() -> None:
    """As str(PodIdentity) does; an instance that nobody holds has none."""
    assert ONE.holder == "support/chat-0"
    assert replace(ONE, namespace="", pod="").holder == ""


def test_only_whole_hours_are_placements() -> None:
    """What was seen in an hour says nothing of a part of it."""
    with pytest.raises(ValueError, match="no whole hours"):
        replace(ONE, window=between(0, HOUR + 1))


def test_of_cards_that_are_cut_alike_it_is_told_where_instances_lie() -> None:
    """By node and hour, and not who held them, if all are of one profile; labels say all of those of several profiles."""
    alike = [ONE, replace(ONE, pod="chat-1"), replace(ONE, card="GPU-2", instance="9")]
    nobodys = tuple(replace(each, namespace="", pod="") for each in (alike[0], alike[2]))
    assert telling(alike) == nobodys
    other = replace(ONE, card="GPU-3", profile="2g.10gb")
    assert telling([*alike, other]) == tuple(sorted([*alike, other]))
    later = replace(other, window=between(HOUR, 2 * HOUR))
    assert telling([*alike, later]) == (*nobodys, replace(later, namespace="", pod=""))
    assert (
        telling(
            [
                replace(other, card=card, instance=at, profile=of)
                for card in "ab"
                for at, of in (("1", "1g.5gb"), ("2", "2g.10gb"))
            ]
        )
        == ()
    )


def test_of_the_same_devices_what_was_told_last_is_needed() -> None:
    """Of a window, and of the time before it all that was told with them last, however long ago; nothing of what came later."""
    seen = (("7", 0, 1), ("7", 2, 3), ("8", 1, 2), ("9", 2, 5), ("5", 5, 6))
    told = [replace(ONE, instance=of, window=between(start * HOUR, end * HOUR)) for of, start, end in seen]
    assert needed(told, between(4 * HOUR, 5 * HOUR)) == (told[1], told[3])
    pair = replace(told[3], window=between(2 * HOUR, 3 * HOUR))
    assert needed(told, between(9 * HOUR + 1, 10 * HOUR)) == (told[4], told[1], pair)


def _hourly(told: Iterable[Placement]) -> dict[Window, set[Placement]]:
    hours: dict[Window, set[Placement]] = defaultdict(set)
    for each in told:
        for hour in each.window.pieces(HOUR):
            hours[hour].add(replace(each, window=hour))
    return hours


@settings(max_examples=40)
@given(st.sets(st.tuples(st.sampled_from("xyz"), st.integers(0, 6)), min_size=3), st.integers(0, 8), st.integers(0, 8))
def test_what_is_needed_later_is_needed_now(seen: set[tuple[str, int]], now: int, later: int) -> None:
    """Whatever window is asked of later: what was needed before it is enough, and each hour of it is told whole."""
    told = together(replace(ONE, card=card, window=between(hour * HOUR, (hour + 1) * HOUR)) for card, hour in seen)
    over = Window(at(max(now, later) * HOUR), at(99 * HOUR))
    left = needed(told, Window(at(now * HOUR), at(99 * HOUR)))
    assert needed(left, over) == needed(told, over)
    assert _hourly(left).items() <= _hourly(told).items()


@settings(max_examples=20)
@given(st.lists(st.tuples(st.sampled_from("ab"), st.integers(0, 4), st.integers(1, 3), st.sampled_from("xy"))))
def test_stretches_are_what_was_seen_in_each_hour(seen: list[tuple[str, int, int, str]]) -> None:
    """Of every node each hour lies in one stretch, with all that was seen in it and nothing else."""
    told = {
        replace(ONE, node=node, card=card, window=between(at * HOUR, (at + of) * HOUR)) for node, at, of, card in seen
    }
    found = [
        (node, hour.start, each)
        for node, stretches in by_stretch(told).items()
        for over, there in stretches.items()
        for hour in over.pieces(HOUR)
        for each in there
    ]
    expected = [(each.node, hour.start, each) for each in told for hour in each.window.pieces(HOUR)]
    assert sorted(found) == sorted(expected)


def test_what_is_needed_of_a_placement_begins_with_its_last_whole_hours() -> None:
    """Before that it would stand alone where another instance was told beside it."""
    one = replace(ONE, window=between(0, 10 * HOUR))
    other = [replace(ONE, instance="8", window=between(hour * HOUR, (hour + 1) * HOUR)) for hour in (0, 2)]
    left = needed((one, *other), between(5 * HOUR, 10 * HOUR))
    assert left == (replace(one, window=between(2 * HOUR, 10 * HOUR)), other[1])
