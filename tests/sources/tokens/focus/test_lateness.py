"""Which services are waited for, and until when."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aicost.core.window import DAY, Instant
from aicost.sources.tokens.focus.lateness import ELSEWHERE, GOES_ON, Charged, awaited

ENDS = Instant(100 * DAY)
days = st.integers(0, 60).map(lambda day: Instant(day * DAY))


def later(seconds: int) -> Instant:
    return Instant(ENDS + seconds)


@pytest.mark.parametrize(
    ("export", "reach", "waits"),
    [
        (later(0), later(0), False),
        (later(0), later(5 * DAY), True),
        (later(5 * DAY), later(5 * DAY), True),
        (later(GOES_ON - 1), later(GOES_ON), True),
        (later(GOES_ON), later(GOES_ON), False),
        (later(0), later(ELSEWHERE - 1), True),
        (later(0), later(ELSEWHERE), False),
    ],
)
def test_a_service_is_waited_for_until_charges_went_on_without_it(export: Instant, reach: Instant, waits: bool) -> None:
    """Those of its own export for ten days, or only those of others for five weeks: it is no gap for ever."""
    assert awaited([Charged("Vertex AI", ENDS, export)], reach) == ({"Vertex AI": ENDS} if waits else {})


@given(days, days, days, st.integers(0, 60).map(lambda days: days * DAY))
def test_who_is_waited_for_no_more_is_never_waited_for_again(
    until: Instant, export: Instant, reach: Instant, more: int
) -> None:
    """Unless it is charged again: charges of others only go on."""
    now = awaited([Charged("x", until, max(until, export))], max(until, reach))
    later = awaited([Charged("x", until, Instant(max(until, export) + more))], Instant(max(until, reach) + more))
    assert now or not later or max(until, reach) == until


def test_a_service_is_known_until_its_first_export_ends() -> None:
    """Of two exports one may be whole, and the other not."""
    ends = Charged("Bedrock", ENDS, ENDS), Charged("Bedrock", later(2 * DAY), later(2 * DAY))
    assert awaited(ends, later(5 * DAY)) == {"Bedrock": ENDS}
