"""How objects of custom kinds look."""

from __future__ import annotations

from aicost.core.recommendations.shapes import Place


def test_a_place_asks_for_what_its_limits_say_first() -> None:
    """A request without a limit counts too, as for the scheduler."""
    place = Place("app", ("spec",), limits=(("nvidia.com/gpu", 2),), requests=(("nvidia.com/gpu", 1), ("other", 3)))
    assert place.asked == {"nvidia.com/gpu": 2, "other": 3}
