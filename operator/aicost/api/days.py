"""UTC days of the API as instants."""

from __future__ import annotations

from datetime import UTC, date, datetime

from aicost.core.window import Instant


def midnight(day: date) -> Instant:
    """When a UTC day begins."""
    return Instant(int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp()))
