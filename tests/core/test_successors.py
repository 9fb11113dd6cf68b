"""Assumed ends: they alone give way, and only to whom the cards were needed for."""

from __future__ import annotations

from dataclasses import replace
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from aicost.core.allocation import exceeds
from aicost.core.holdings import FOREVER, Holding
from aicost.core.successors import cut_at_successors
from tests.support.builders import T0, a_group, a_holding, a_pod, at, between
from tests.support.strategies import held_by_few


@given(held_by_few(), st.integers(1, 3), st.randoms(use_true_random=False))
def test_known_times_are_never_shortened(held: list[Holding], cards: int, random: Random) -> None:
    """Cutting moves no start and no known end, lengthens nothing, loses no pod, and does not care about order."""
    cut = cut_at_successors(held, [a_group(cards)])
    assert cut == cut_at_successors(random.sample(held, len(held)), [a_group(cards)])
    before = {holding.key: holding for holding in held}
    assert len(cut) == len(held)
    for holding in cut:
        was = before[holding.key]
        assert replace(holding, window=was.window, assumed_from=was.assumed_from) == was
        assert holding.window.start == was.window.start
        assert holding.window.end <= was.window.end
        if holding.window.end < was.window.end:
            assert was.assumed_from is not None
            assert holding.window.end >= was.assumed_from


@given(held_by_few())
def test_what_fits_is_left_alone(held: list[Holding]) -> None:
    """Holdings that the node's cards can carry keep their assumed ends."""
    cards = sum(holding.count for holding in held) + 1
    assert set(cut_at_successors(held, [a_group(cards)])) == set(held)


def test_an_assumed_end_gives_way_to_its_successor() -> None:
    """A pod last seen before its card's next holder began is cut there, and the node fits again."""
    gone = a_holding(a_pod("gone"), between(0, 60), assumed_from=at(30))
    came = a_holding(a_pod("came"), between(45, FOREVER - T0))
    cut = cut_at_successors([came, gone], [a_group(1)])
    assert cut == (replace(gone, window=between(0, 45)), came)
    assert not exceeds(1, [(holding, holding.window) for holding in cut])


def test_only_as_many_give_way_as_are_needed() -> None:
    """Where one card suffices for the next holder, the pod whose assumed end is nearest gives way, not both."""
    sooner = a_holding(a_pod("sooner"), between(0, 60), assumed_from=at(30))
    later = a_holding(a_pod("later"), between(0, 70), assumed_from=at(30))
    came = a_holding(a_pod("came"), between(45, 100))
    cut = cut_at_successors([later, came, sooner], [a_group(2)])
    assert [holding.window.end - at(0) for holding in cut] == [70, 45, 100]


def test_capacity_is_that_of_the_time() -> None:
    """A node that lost cards later, or came back smaller, had room for its earlier pods: they keep their ends."""
    first = a_holding(a_pod("first"), between(0, 60), assumed_from=at(30))
    second = a_holding(a_pod("second"), between(45, 90))
    groups = [a_group(2, between(0, 1000)), a_group(1, between(1000, 2000), created=at(1000))]
    assert cut_at_successors([first, second], groups) == (first, second)


def test_a_node_of_unknown_capacity_cuts_nothing() -> None:
    """Without a card group nobody knows what would be too much."""
    held = (a_holding(a_pod("a"), assumed_from=at(0)), a_holding(a_pod("b"), between(1, 60)))
    assert cut_at_successors(held, []) == held


def test_pods_that_began_together_do_not_push_each_other_out() -> None:
    """Of pods that begin in the same second none is the other's successor: what exceeds is left to be parked."""
    both = (a_holding(a_pod("a"), assumed_from=at(0)), a_holding(a_pod("b"), assumed_from=at(0)))
    assert cut_at_successors(both, [a_group(1)]) == both


def test_who_shares_a_claim_pushes_nobody_out() -> None:
    """Pods of one claim hold its card together: the one that came later is no successor of the other."""
    gone = replace(a_holding(a_pod("gone"), between(0, 60), assumed_from=at(30)), claim="claim-1")
    sharer = replace(a_holding(a_pod("sharer"), between(45, 100)), claim="claim-1")
    assert cut_at_successors([gone, sharer], [a_group(1)]) == (gone, sharer)
    other = replace(sharer, pod=a_pod("other"), claim="claim-2")
    assert cut_at_successors([gone, other], [a_group(1)])[0].window == between(0, 45)
