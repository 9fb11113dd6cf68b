"""Time: instants read and print alike, half-open windows tile, and months know their own length."""

from __future__ import annotations

import itertools
import time
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aicost.core.window import (
    DAY,
    HOUR,
    Instant,
    Period,
    Span,
    Window,
    date,
    day_of,
    floor,
    hour_of,
    instant,
    rfc3339,
    window,
)
from tests.support.builders import T0, at, between

INSTANTS = st.integers(0, int(datetime(2100, 1, 1, tzinfo=UTC).timestamp())).map(Instant)
WINDOWS = st.tuples(INSTANTS, st.integers(1, 40 * DAY)).map(lambda w: Window(w[0], Instant(w[0] + w[1])))


@given(INSTANTS)
def test_instant_is_read_back_as_printed(moment: Instant) -> None:
    """Every instant survives being printed and read."""
    assert instant(rfc3339(moment)) == moment


@pytest.mark.parametrize(
    "text",
    [
        "2026-11-01T01:00:00+01:00",
        "2026-10-31T19:00:00-05:00",
        "2026-11-01T00:00:00.999999Z",
        "2026-11-01T00:00:00.123456789Z",
    ],
)
def test_instant_is_utc_and_cut_to_seconds(text: str) -> None:
    """Offsets are understood, and fractions of a second are cut, never rounded up."""
    assert instant(text) == T0


def test_instant_cuts_downwards_before_the_epoch() -> None:
    """A fraction before 1970 is cut towards the past, as everywhere else."""
    assert instant("1969-12-31T23:59:59.5Z") == -1


@pytest.mark.parametrize("text", ["2026-11-01T00:00:00", "2026-11-01", "yesterday", ""])
def test_instant_refuses_what_names_no_instant(text: str) -> None:
    """A time without a zone, or no time at all, is an error."""
    with pytest.raises(ValueError, match=r"time zone|isoformat"):
        instant(text)


def test_date_is_utc() -> None:
    """The date of the last second of a day is that day's."""
    assert (date(T0), date(at(-1))) == ("2026-11-01", "2026-10-31")


@pytest.mark.parametrize("length", [0, -1])
def test_window_is_never_empty(length: int) -> None:
    """A window that does not end after its start cannot be built; asked for, it is None."""
    with pytest.raises(ValueError, match="must end after it starts"):
        Window(T0, at(length))
    assert window(T0, at(length)) is None


def test_window_is_half_open() -> None:
    """A window holds its first second and not its end."""
    hour = between(0, HOUR)
    assert T0 in hour
    assert at(HOUR) not in hour
    assert hour.overlap(between(HOUR, 2 * HOUR)) is None
    assert not hour.meets(between(HOUR, 2 * HOUR))
    assert not between(HOUR, 2 * HOUR).meets(hour)
    assert str(hour) == "[2026-11-01T00:00:00Z, 2026-11-01T01:00:00Z)"


@given(WINDOWS, WINDOWS)
def test_overlap_is_what_both_hold(one: Window, other: Window) -> None:
    """The overlap is symmetric, lies in both, and holds each edge that both hold."""
    common = one.overlap(other)
    assert common == other.overlap(one)
    assert one.meets(other) is other.meets(one) is (common is not None)
    if common:
        assert common.overlap(one) == common.overlap(other) == common
    for edge in (one.start, other.start, Instant(one.end - 1), Instant(other.end - 1)):
        assert (edge in one and edge in other) is (common is not None and edge in common)


@given(WINDOWS, st.sampled_from([HOUR, DAY, 300]))
def test_pieces_tile_the_window(whole: Window, step: int) -> None:
    """Pieces follow each other without a hole from start to end, each within one step."""
    pieces = list(whole.pieces(step))
    assert (pieces[0].start, pieces[-1].end) == (whole.start, whole.end)
    assert all(one.end == following.start for one, following in itertools.pairwise(pieces))
    assert all(floor(piece.start, step) == floor(Instant(piece.end - 1), step) for piece in pieces)
    assert sum(piece.seconds for piece in pieces) == whole.seconds


@given(INSTANTS)
def test_hour_and_day_hold_their_instant(moment: Instant) -> None:
    """The hour and the day of an instant hold it and begin on the clock's marks."""
    assert moment in hour_of(moment)
    assert moment in day_of(moment)
    assert rfc3339(hour_of(moment).start).endswith(":00:00Z")
    assert rfc3339(day_of(moment).start).endswith("T00:00:00Z")
    assert (hour_of(moment).seconds, day_of(moment).seconds) == (HOUR, DAY)


@given(INSTANTS)
def test_months_tile_time(moment: Instant) -> None:
    """An instant lies in its month, which begins where the month before ends."""
    period = Period.of(moment)
    assert moment in period.window
    assert period.previous.window.end == period.window.start
    assert Period.of(period.window.end).previous == period
    assert period.previous < period


@pytest.mark.parametrize(
    ("month", "days"),
    [
        ("2024-02", 29),
        ("2026-02", 28),
        ("2000-02", 29),
        ("2100-02", 28),
        ("2026-12", 31),
        ("2026-11", 30),
        ("2026-01", 31),
    ],
)
def test_month_knows_its_days(month: str, days: int) -> None:
    """Leap years and year ends have the right length."""
    assert Period(month).window.seconds == days * DAY


def test_month_before_january_is_last_december() -> None:
    """The year turns with the month."""
    assert str(Period("2026-01").previous) == "2025-12"


@pytest.mark.parametrize(
    "text",
    ["2026-13", "2026-00", "2026-1", "26-01", "2026-11-01", "", "2026-11\n", "\u0662026-01", "0000-01", "9999-12"],
)
def test_month_is_written_one_way(text: str) -> None:
    """Anything but a four-digit year and a month from 01 to 12 is an error that shows how to write it."""
    with pytest.raises(ValueError, match="write it as 2026-11"):
        Period(text)


@pytest.mark.parametrize(
    ("span", "until", "months"),
    [
        (Span.MONTH, "2026-11", ["2026-11"]),
        (Span.QUARTER, "2026-11", ["2026-10", "2026-11"]),
        (Span.QUARTER, "2026-01", ["2026-01"]),
        (Span.QUARTER, "2026-06", ["2026-04", "2026-05", "2026-06"]),
        (Span.YEAR, "2026-01", ["2026-01"]),
        (Span.YEAR, "2026-03", ["2026-01", "2026-02", "2026-03"]),
    ],
)
def test_a_span_is_of_calendar_months(span: Span, until: str, months: list[str]) -> None:
    """From the first month of the calendar quarter or year up to the one that is asked about."""
    assert [month.month for month in span.months(Period(until))] == months


def test_instants_print_in_utc_wherever_that_is(monkeypatch: pytest.MonkeyPatch) -> None:
    """The machine's time zone changes nothing."""
    monkeypatch.setenv("TZ", "America/New_York")
    time.tzset()
    try:
        assert rfc3339(T0) == "2026-11-01T00:00:00Z"
    finally:
        monkeypatch.undo()
        time.tzset()
