"""Who owned a thing over which time: whatever the window, its owners tile it."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aicost.core.ledger import UNCLAIMED
from aicost.core.succession import Succession
from aicost.core.window import Window
from tests.support.builders import at, between, owned_by

_OWNERS = st.sampled_from([owned_by("a"), owned_by("b"), UNCLAIMED])
_SUCCESSIONS = st.dictionaries(st.integers(0, 99).map(at), _OWNERS, min_size=1, max_size=5).map(
    lambda of: Succession(tuple(sorted(of.items())))
)
_WINDOWS = st.tuples(st.integers(-9, 110), st.integers(1, 50)).map(lambda of: between(of[0], of[0] + of[1]))


@given(_SUCCESSIONS, _WINDOWS)
def test_owners_tile_the_window(of: Succession, span: Window) -> None:
    """The parts follow each other without a gap, and each instant has the owner who was the last before it."""
    parts = list(of.over(span))
    assert (parts[0][0].start, parts[-1][0].end) == (span.start, span.end)
    assert all(one.end == other.start for (one, _), (other, _) in pairwise(parts))
    for part, owner in parts:
        since = [each for instant, each in of.owners if instant <= part.start]
        assert owner == (since or [of.owners[0][1]])[-1]
    assert sum(seconds for _, seconds in of.seconds(span)) == span.seconds


def test_an_owner_who_comes_back_is_one_part() -> None:
    """What has no finer time is divided by all the seconds of each owner."""
    mine, yours = owned_by("a"), owned_by("b")
    of = Succession(((at(0), mine), (at(10), yours), (at(15), mine)))
    assert of.seconds(between(0, 20)) == ((mine, 15), (yours, 5))


def test_owners_follow_each_other() -> None:
    """Nobody owns nothing from two instants at once, and there is always somebody."""
    with pytest.raises(ValueError, match="owners follow each other"):
        Succession(((at(5), UNCLAIMED), (at(5), owned_by())))
    with pytest.raises(ValueError, match="owners follow each other"):
        Succession(())
