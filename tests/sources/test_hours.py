"""Whole hours of a window."""

from __future__ import annotations

from aicost.core.window import Window, instant
from aicost.sources.hours import whole_hours


def a_window(start: str, end: str) -> Window:
    return Window(instant(f"2026-11-01T{start}Z"), instant(f"2026-11-01T{end}Z"))


def test_only_whole_hours_count() -> None:
    """An hour that has begun or is not over is left out; a window within an hour has none."""
    assert whole_hours(a_window("00:00:01", "03:59:59")) == a_window("01:00:00", "03:00:00")
    assert whole_hours(a_window("01:00:00", "03:00:00")) == a_window("01:00:00", "03:00:00")
    assert whole_hours(a_window("01:00:01", "02:59:59")) is None
