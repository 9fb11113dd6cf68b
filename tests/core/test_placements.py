"""Placements: hours that follow each other are one, in any order."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aicost.core.placements import Placement, cut_differently, together
from aicost.core.window import HOUR
from tests.support.builders import between

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


def test_only_whole_hours_are_placements() -> None:
    """What was seen in an hour says nothing of a part of it."""
    with pytest.raises(ValueError, match="no whole hours"):
        replace(ONE, window=between(0, HOUR + 1))


def test_cards_that_are_cut_alike_need_no_placement() -> None:
    """By node and hour; whoever held an instance after another does not make two of it."""
    alike = [ONE, replace(ONE, pod="chat-1"), replace(ONE, card="GPU-2", instance="9")]
    assert cut_differently(alike) == ()
    other = replace(ONE, card="GPU-3", profile="2g.10gb")
    assert cut_differently([*alike, other]) == tuple(sorted([*alike, other]))
    assert cut_differently([*alike, replace(other, window=between(HOUR, 2 * HOUR))]) == ()
