"""What a report knows and lacks: every gap of the facts, in words, and how far each feed reaches."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aicost.core.declarations import Declarations
from aicost.core.distribution import Distribution, Method, Pool
from aicost.core.gaps import Feed, Gap
from aicost.core.identity import WorkloadRef
from aicost.core.reasons import GapReason
from aicost.reports.known import Known, Missing, known
from tests.support.builders import T0, a_unit, at, facts
from tests.support.strategies import ANY_TEXT

DAY = 86400
PENDING = Gap(GapReason.BILL_PENDING, Feed.BILLS, T0, "not read", source="openai")


def written(cls: type[Known]) -> st.SearchStrategy[Known]:
    pairs = st.dictionaries(ANY_TEXT, ANY_TEXT, max_size=3).map(lambda of: tuple(of.items()))
    gaps = st.lists(st.builds(Missing, *[ANY_TEXT] * len(Missing.__slots__)), max_size=2).map(tuple)
    return st.builds(cls, ANY_TEXT, pairs, pairs, gaps, st.booleans())


@given(written(Known))
def test_it_survives_the_wire(told: Known) -> None:
    """Written as JSON text and read again it is the same."""
    assert Known.from_json(json.loads(json.dumps(told.to_json()))) == told


def test_every_feed_and_bill_says_how_far_it_reaches() -> None:
    """GPU first, then use, then each source by name."""
    month = replace(
        facts(),
        through={Feed.USAGE: at(60), Feed.GPU: at(DAY)},
        bills_through={"openai": at(0), "anthropic": at(DAY)},
    )
    told = known(month)
    assert told.covered_from == "2026-11-01T00:00:00Z"
    assert told.through == (("gpu", "2026-11-02T00:00:00Z"), ("usage", "2026-11-01T00:01:00Z"))
    assert told.bills == (("anthropic", "2026-11-02T00:00:00Z"), ("openai", "2026-11-01T00:00:00Z"))


def test_a_gap_names_whom_it_concerns() -> None:
    """A workload, a unit, a source, or nobody in particular."""
    gaps = (
        PENDING,
        replace(PENDING, source=None, unit="care"),
        replace(PENDING, source=None, workload=WorkloadRef("support", "chat")),
        replace(PENDING, source=None),
    )
    told = [gap.concerns for gap in known(facts(gaps=gaps)).gaps]
    assert told == ["", "source openai", "unit care", "workload support/chat"]


@pytest.mark.parametrize(("method", "distributed"), [(Method.KEEP, False), (Method.EVEN, True)])
def test_a_unit_that_passes_cost_on_is_known(method: Method, distributed: bool) -> None:
    """What the ledger says of units is then not what they carry; keeping what one has passes nothing on."""
    unit = replace(a_unit(), distribute=(Distribution(Pool.OWN, method),))
    assert known(facts(declared=Declarations(units=(a_unit("find"), unit)))).distributed is distributed


def test_gaps_that_differ_only_in_when_are_one() -> None:
    """A bill that lacks ten days is one line since the first of them."""
    (gap,) = known(facts(gaps=tuple(replace(PENDING, since=at(day * DAY)) for day in (2, 1, 3)))).gaps
    assert (gap.since, gap.quantity) == ("2026-11-02T00:00:00Z", "3 days")
    assert gap.message == "not read (and 2 more)"
