"""Flow: as much goes from starts to ends as can, what stands in the way goes elsewhere, and no amount is made or lost."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from aicost.core.flow import Place, spread


def leading(*ways: Sequence[Place]) -> None:
    """Each place of a way to its next."""
    for here, there in (pair for way in ways for pair in pairwise(way)):
        if there not in here.went:
            here.leads_to(there)


def test_as_much_goes_as_ends_want() -> None:
    """The nearest end first; what no end wants stays where it starts."""
    start, between, near, far = Place(7), Place(), Place(3), Place(2)
    leading((start, near), (start, between, far))
    spread([start])
    assert (start.left, near.left, far.left) == (2, 0, 0)
    assert (start.went, between.went) == ({near: 3, between: 2}, {far: 2})


def test_what_stands_in_the_way_goes_elsewhere() -> None:
    """No more of it than the other start needs, who could go nowhere else."""
    free, bound, shared, other = Place(0), Place(4), Place(0), Place(9)
    leading((free, shared), (free, other), (bound, shared))
    free.went[shared] = 6
    spread([free, bound])
    assert (bound.left, shared.left, other.left) == (0, 0, 5)
    assert (free.went, bound.went) == ({shared: 2, other: 4}, {shared: 4})


def test_no_more_is_taken_back_than_went() -> None:
    """The rest stays with whom it leaves nowhere to go."""
    free, bound, shared, other = Place(0), Place(4), Place(0), Place(9)
    leading((free, shared), (free, other), (bound, shared))
    free.went[shared] = 3
    spread([free, bound])
    assert (bound.left, other.left) == (1, 6)
    assert (free.went, bound.went) == ({shared: 0, other: 3}, {shared: 3})


def test_what_leads_nowhere_stays() -> None:
    """Whether it starts there or would come there; and nothing starts where nothing is left."""
    alone, start, empty, end = Place(5), Place(1), Place(), Place(3)
    leading((start, empty), (empty, end))
    spread([alone, empty])
    assert (alone.left, end.left) == (5, 3)
    spread([alone, start])
    assert (alone.left, start.left, end.left) == (5, 0, 2)
