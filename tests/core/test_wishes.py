"""What a workload wants to hear."""

from __future__ import annotations

import pytest

from aicost.core.window import Instant
from aicost.core.wishes import Ignored


@pytest.mark.parametrize(
    ("ignored", "holds"),
    [
        (Ignored("a"), True),
        (Ignored("a", Instant(101)), True),
        (Ignored("a", Instant(100)), False),
        (Ignored("b"), False),
    ],
)
def test_advice_is_silenced_before_its_day(ignored: Ignored, *, holds: bool) -> None:
    """On the day itself it is shown again; without one it never is."""
    assert ignored.holds("a", Instant(100)) is holds
