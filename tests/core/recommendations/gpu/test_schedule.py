"""Working hours."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aicost.core.recommendations.gpu.policy import POLICY
from aicost.core.recommendations.gpu.schedule import Shift, shift_of, working_hours
from aicost.core.window import HOUR
from tests.support.builders import at
from tests.support.gpu_cases import a_server

IDLE, WORK = {"smActive": 0}, {"smActive": 50}


def shift(*when: dict[str, Any], **said: Any) -> Shift | None:
    load = [{**each, "load": WORK} for each in when]
    return working_hours(a_server({"server": "StatefulSet/lab", "load": IDLE, "when": load, **said}), POLICY)


def test_a_shift_spans_all_hours_of_work_on_its_weekdays() -> None:
    """From the earliest hour of any day to the end of the latest."""
    found = shift({"days": [0], "from": 8, "to": 10}, {"days": [4], "from": 14, "to": 17})
    assert found == Shift(8, 17, (0, 4))
    assert str(found) == "outside 08:00-17:00 UTC and on Tuesday, Wednesday, Thursday, Saturday, Sunday"
    assert (found.days, found.rests, found.rests_at_least) == (2, 168 - 18, 168 - 22)


def test_every_day_has_no_day_off() -> None:
    """Its nights are left."""
    assert str(shift({"from": 6, "to": 20})) == "outside 06:00-20:00 UTC"


@pytest.mark.parametrize("when", [({"from": 5, "to": 20},), ()])
def test_what_is_no_working_day(when: tuple[dict[str, Any], ...]) -> None:
    """More than 14 hours, or no work at all."""
    assert shift(*when) is None


def test_less_than_a_week_tells_of_no_week() -> None:
    """Weekends may be missing."""
    assert shift({"from": 8, "to": 10}, days=6) is None


def test_a_day_of_work_elsewhere_passes_midnight() -> None:
    """Nine to six in California: it belongs to the day on which it begins, so Friday's night makes no work of Saturday."""
    found = shift({"days": [0, 1, 2, 3, 4], "from": 17}, {"days": [1, 2, 3, 4, 5], "to": 2})
    assert found == Shift(17, 2, (0, 1, 2, 3, 4))
    assert str(found) == (
        "outside 17:00 UTC to 02:00 the day after, beginning on Monday, Tuesday, Wednesday, Thursday, Friday"
    )
    assert (found.hours, found.rests, found.rests_at_least) == (9, 168 - 45, 168 - 55)


def test_weekends_are_told_by_the_days_on_which_work_begins() -> None:
    """Nights from Saturday and Sunday end on Monday; a Saturday's morning makes a day of work of it, no longer one."""
    assert shift({"days": [5, 6], "from": 22}, {"days": [6, 0], "to": 3}) == Shift(22, 3, (5, 6))
    week = {"days": [0, 1, 2, 3, 4], "from": 8, "to": 18}
    assert shift(week, {"days": [5], "from": 9, "to": 12}) == Shift(8, 18, (0, 1, 2, 3, 4, 5))


def test_every_night_begins_on_every_day() -> None:
    """And one that ends at midnight passes none."""
    assert str(shift({"from": 20}, {"to": 4})) == "outside 20:00 UTC to 04:00 the day after"
    assert shift({"days": [5], "from": 20}) == Shift(20, 24, (5,))


@given(st.sets(st.integers(0, 167), min_size=1, max_size=30), st.integers(0, 167))
def test_rest_does_not_depend_on_the_time_zone(hours: set[int], by: int) -> None:
    """Who works by another clock rests as long; and nobody is asked to rest in an hour of work."""
    found, elsewhere = (
        shift_of({at(hour % 168 * HOUR) for hour in each}, 14) for each in (hours, {h + by for h in hours})
    )
    assert (found is None) == (elsewhere is None)
    if found and elsewhere:
        assert (found.rests, found.hours * found.days) == (elsewhere.rests, elsewhere.hours * elsewhere.days)
        assert 168 - found.rests == found.hours * found.days >= len(hours)
