"""Working hours."""

from __future__ import annotations

from typing import Any

import pytest

from aicost.core.recommendations.gpu.policy import POLICY
from aicost.core.recommendations.gpu.schedule import Shift, working_hours
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
