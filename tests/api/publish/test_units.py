"""What a unit's conditions say."""

from __future__ import annotations

import pytest

from aicost.api.publish.units import unit_status
from aicost.core.declarations import Declarations
from aicost.core.rollup import unit_statements
from tests.api.publish.month import NOW
from tests.support.builders import a_unit, facts


@pytest.mark.parametrize(
    ("names", "way"),
    [
        (["a", "b", "c"], "(a -> b -> c -> a)"),
        ([f"{number:02}" for number in range(40)], "(00 -> 01 -> 02 -> 03 -> 04 -> 05 -> 06 -> 07 -> 32 more -> 00)"),
    ],
)
def test_parents_in_a_circle_are_named_in_order(names: list[str], way: str) -> None:
    """Who is to break it must know which units to look at; of a long circle the first ones are told."""
    ring = tuple(a_unit(name, parent=parent) for name, parent in zip(names, names[1:] + names[:1], strict=True))
    of_ring = facts(declared=Declarations(units=ring))
    [first] = [statement for statement in unit_statements(of_ring) if statement.name == names[0]]
    conditions = {of["type"]: of for of in unit_status(first, of_ring, (), 1, NOW)["conditions"]}
    for of, status in (("Ready", "False"), ("Stalled", "True")):
        assert (conditions[of]["status"], conditions[of]["reason"]) == (status, "ParentCycle")
        assert way in conditions[of]["message"]
