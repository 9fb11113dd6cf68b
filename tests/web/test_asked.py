"""Questions to the read API: months that began, instants, and unknown names answered with those that are there."""

from __future__ import annotations

import pytest

from aicost.core.window import DAY, Period
from aicost.web import asked
from tests.support.builders import T0, at


@pytest.mark.parametrize(("query", "month"), [({}, None), ({"period": ""}, None), ({"period": "2026-11"}, "2026-11")])
def test_a_month_may_be_named(query: dict[str, str], month: str | None) -> None:
    """Or left out."""
    assert asked.period(query, T0) == (month and Period(month))


@pytest.mark.parametrize("month", ["2026-12", "2027-01", "2999-12"])
def test_a_month_that_has_not_begun_is_refused(month: str) -> None:
    """With the month that the operator's clock says: nothing can be known of the future."""
    with pytest.raises(ValueError, match=f"{month} has not begun: the operator's clock says 2026-11"):
        asked.period({"period": month}, at(30 * DAY - 1))


def test_a_month_that_just_began_is_told() -> None:
    """From its first second on."""
    assert asked.period({"period": "2026-12"}, at(30 * DAY)) == Period("2026-12")


def test_names_that_are_there_are_named_the_most_similar_first() -> None:
    """And of many not all."""
    assert asked.unknown("unit", "cares", "in 2026-11", ["search", "care"]) == (
        "there is no unit cares in 2026-11: there are care, search"
    )
    assert asked.unknown("unit", "x", "in 2026-11", []) == "there is no unit x in 2026-11: there is none at all"
    assert asked.unknown("unit", "x", "now", map(str, range(25))).endswith(" and 5 more")
