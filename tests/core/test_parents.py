"""Units beneath units: everybody's circle is found, and nobody else's."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from aicost.core.declarations import Unit
from aicost.core.parents import circle, descendants
from tests.support.builders import a_unit

NAMES = "abcdef"
PARENTS = st.dictionaries(st.sampled_from(NAMES), st.sampled_from([*NAMES, "gone", None]))


def units(parents: dict[str, str | None]) -> list[Unit]:
    return [a_unit(name, parent=parent) for name, parent in parents.items()]


@given(PARENTS)
def test_a_circle_is_the_way_over_parents_back(parents: dict[str, str | None]) -> None:
    """Each step is a unit's parent, no unit is told twice, and exactly who is beneath itself has one."""
    below = descendants(units(parents))
    for name in parents:
        way = circle(name, units(parents))
        assert bool(way) is (name in below.get(name, ()))
        assert all(parents[child] == parent for child, parent in pairwise(way))
        assert not way or (way[0], way[-1], len(set(way))) == (name, name, len(way) - 1)
