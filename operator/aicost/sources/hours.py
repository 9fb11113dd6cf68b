"""Windows in whole hours, for sources that count by the hour."""

from __future__ import annotations

from aicost.core.window import HOUR, Instant, Window, floor, window


def whole_hours(over: Window) -> Window | None:
    """The whole UTC hours that lie in the window, as one window; None where there is none."""
    return window(floor(Instant(over.start + HOUR - 1), HOUR), floor(over.end, HOUR))
