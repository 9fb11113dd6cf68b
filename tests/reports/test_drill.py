"""What lies beneath, as a document: it survives the wire, is bounded, and never loses a nano-unit of the sum."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aicost.core.drill import Drilled, Part, UnitSum
from aicost.core.ledger import Total
from aicost.core.reasons import GapReason
from aicost.core.window import Period
from aicost.reports.drill import Asked, Drill, drill, drill_origin
from tests.support.builders import T0, a_line, an_entry, an_origin, owned_by, usd
from tests.support.strategies import totals

ASKED = Asked("unit care", Period("2026-11"), "eu-1", T0)
ENTRY = an_entry("gpu", "node-a", lines=(a_line(owned_by(), usd(1), 5), a_line(owned_by("rank"), usd(3), 7)))
PARTS = (
    Part(ENTRY.origin, ENTRY.lines[1]),
    Part(an_origin("gpu", "b", gap=GapReason.NO_PRICE), a_line(owned_by(), None, 3600)),
)


@given(st.lists(totals(), max_size=5), st.integers(1, 6))
def test_a_drill_survives_the_wire(rows: list[Total], most: int) -> None:
    """Written as JSON text and read again it is the same, to the nano-unit."""
    units = (UnitSum("a", "EUR", -1, 2**62, ("NoPrice",)), UnitSum("b", ""))
    written = drill(ASKED, Drilled(tuple(rows), PARTS, 9, units), most).named({("pool", "node-a", ""): "a card"})
    assert Drill.from_json(json.loads(json.dumps(written.to_json()))) == written


@given(st.lists(totals(), max_size=6), st.integers(1, 3))
def test_rows_are_bounded_and_sums_are_not(rows: list[Total], most: int) -> None:
    """The largest rows at most, how many there are, and the sums of all by currency."""
    told = drill(ASKED, Drilled(tuple(rows), (), 0), most)
    filled = [total for total in rows if total.nanos or total.quantity]
    assert (len(told.rows), told.row_count) == (min(most, len(filled)), len(filled))
    sizes = [abs(row.nanos or 0) for row in told.rows]
    assert sizes == sorted(sizes, reverse=True)
    priced = [total for total in filled if total.gap is None]
    wanted = {of.currency: sum(t.nanos for t in priced if t.currency == of.currency) for of in priced}
    assert dict(told.sums) == wanted


def test_an_origin_is_its_lines() -> None:
    """The largest first, each with the whole origin; the sum is the origin's amount."""
    told = drill_origin(ASKED, ENTRY, 9)
    assert [(piece.workload, piece.nanos) for piece in told.parts] == [
        ("support/rank", usd(3).nanos),
        ("support/chat", usd(1).nanos),
    ]
    assert {piece.origin.key for piece in told.parts} == {("gpu", "node-a")}
    assert told.sums == (("USD", usd(4).nanos),)
    assert (told.as_of, len(drill_origin(ASKED, ENTRY, 1).parts)) == ("2026-11-01T00:00:00Z", 1)


@pytest.mark.parametrize("data", [{}, {"period": "2026-11"}, {"hello": "world"}])
def test_what_is_no_drill_is_refused(data: dict[str, Any]) -> None:
    """Another server's answer is not taken for one."""
    with pytest.raises((KeyError, TypeError)):
        Drill.from_json(data)
