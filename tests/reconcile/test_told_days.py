"""Which days a bill told of: what it left open stays known, whatever order they came in, and through the ledger."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from aicost.core.window import DAY, Window
from aicost.reconcile.told_days import ToldDays, from_json, to_json
from tests.reconcile.world import bill_of
from tests.support.builders import between

MONTH = between(0, 6 * DAY)


@settings(max_examples=30)
@given(st.lists(st.tuples(st.integers(-3, 8), st.booleans()), max_size=12))
def test_what_is_lacking_is_each_day_that_was_not_told_whole_last(told: list[tuple[int, bool]]) -> None:
    """Of the month from the first day that was told on; none of it where all that was told is of before it."""
    days, now = ToldDays(), dict(told)
    for day, whole in told:
        days = days.telling([replace(bill_of(day), whole=whole)])
    assert from_json(to_json({"openai": days})) == {"openai": days}
    lacking = {each.start for hole in days.lacks(MONTH) for each in hole.pieces(DAY)}
    first, over = min(now, default=0), max(now, default=-1) < 0
    expected = {_day(day).start for day in range(max(first, 0), 6) if not now.get(day)}
    assert lacking == (set() if over else expected)


def _day(day: int) -> Window:
    return between(day * DAY, (day + 1) * DAY)
