"""Drilling: what may be asked for, how origins are named, and that every part says why it is what it is."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aicost.core.declarations import Unit
from aicost.core.drill import ID_DIGITS, Part, UnitSum, Whose, beneath, origin_id
from aicost.core.identity import UNALLOCATED, WorkloadRef
from aicost.core.ledger import IDLE, PARKED, UNCLAIMED, Component, Owner, OwnerKind, Total
from aicost.core.reasons import GapReason
from tests.support.builders import a_line, a_total, a_unit, an_origin, owned_by, usd
from tests.support.strategies import ANY_TEXT, totals

_KEYS = st.lists(ANY_TEXT.map(lambda text: text[:4]), min_size=1, max_size=4).map(tuple)
OWNERS = {
    OwnerKind.WORKLOAD: owned_by(),
    OwnerKind.UNIT: Owner(OwnerKind.UNIT, "care"),
    OwnerKind.RESERVED: Owner(OwnerKind.RESERVED, "care"),
    OwnerKind.IDLE: IDLE,
    OwnerKind.UNCLAIMED: UNCLAIMED,
    OwnerKind.PARKED: PARKED,
}


@given(_KEYS, _KEYS)
def test_an_id_names_one_key(one: tuple[str, ...], other: tuple[str, ...]) -> None:
    """Equal keys have equal ids, and other keys other ids, wherever their parts are cut."""
    assert (origin_id(one) == origin_id(other)) is (one == other)
    assert len(origin_id(one)) == ID_DIGITS


def test_an_id_stays() -> None:
    """It is written into reports, so it never changes for a key."""
    assert origin_id(("gpu", "node-a", "zürich")) == "bd8f87363c78b254"


@pytest.mark.parametrize(("unit", "workload"), [("", None), ("care", WorkloadRef("support", "chat"))])
def test_lines_are_asked_for_of_one(unit: str, workload: WorkloadRef | None) -> None:
    """Of a unit or of a workload, and never of nobody or of both."""
    with pytest.raises(ValueError, match="either a unit or a workload"):
        Whose(unit, workload)


def test_who_is_asked_for_in_words() -> None:
    """As answers name it."""
    assert str(Whose(UNALLOCATED)) == "unit unallocated"
    assert str(Whose(workload=WorkloadRef("support", "chat"))) == "workload support/chat"


FAMILY = tuple(
    a_unit(name, parent=parent) for name, parent in (("org", ""), ("care", "org"), ("find", "care"), ("old", ""))
)


@given(st.lists(totals(), max_size=6), st.permutations(FAMILY))
def test_units_beneath_one_have_all_that_lies_beneath_it(some: list[Total], units: list[Unit]) -> None:
    """By currency, to the nano-unit, each line once; in any order of the declarations."""
    told = beneath("org", units, some)
    assert {of.unit for of in told} == {"care"}
    for of in told:
        mine = [t for t in some if t.gap is None and t.currency == of.currency and t.owner.unit in ("care", "find")]
        assert of.total == sum(t.nanos for t in mine)
        assert of.own == sum(t.nanos for t in mine if t.owner.unit == "care")
    assert {t.currency for t in some if t.gap is None and t.owner.unit in ("care", "find")} <= {
        of.currency for of in told
    }


def test_a_unit_whose_cost_has_no_amount_is_not_free() -> None:
    """It says why; one that caused nothing is there with nothing, and circles end."""
    unpriced = a_total(owned_by(), quantity=1, gap=GapReason.NO_PRICE)
    units = (a_unit("care", parent="org"), a_unit("quiet", parent="org"), a_unit("org", parent="quiet"))
    assert beneath("org", units, (unpriced,)) == (
        UnitSum("care", "", 0, 0, ("NoPrice",)),
        UnitSum("quiet", "", 0, 0, ("NoPrice",)),
    )
    assert beneath("org", units[:2], (unpriced,))[1] == UnitSum("quiet", "")


@pytest.mark.parametrize("kind", OwnerKind)
@pytest.mark.parametrize("component", Component)
def test_every_part_says_why(kind: OwnerKind, component: Component) -> None:
    """Whoever owns it and whatever it is of; what nobody held is not told as held."""
    origin = replace(an_origin("x", amount=usd(1)), component=component, description="cost of support/llm by time")
    why = Part(origin, a_line(OWNERS[kind], usd(1))).why
    assert len(why) > 10
    assert ("time held" in why) is (component is Component.GPU and kind not in (OwnerKind.IDLE, OwnerKind.RESERVED))


def test_a_re_charge_tells_the_server_from_its_callers() -> None:
    """What is taken is passed on; what is given names the server whose cost it is."""
    origin = replace(an_origin("recharge"), component=Component.RECHARGE, description="cost of support/llm by time")
    assert Part(origin, a_line(owned_by("llm"), usd(-4))).why == "passed on to the server's callers"
    assert Part(origin, a_line(owned_by(), usd(4))).why.startswith("cost of support/llm by time")
