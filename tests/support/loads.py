"""Loads of cards as tests write them: an idle card by GR_ENGINE_ACTIVE unless they say otherwise."""

from __future__ import annotations

from typing import Any

from aicost.core.loads import CardLoad
from aicost.core.usage import SIGNALS
from aicost.core.window import HOUR
from tests.support.builders import between

SM, GR, DUTY = SIGNALS


def a_load(hour: int = 0, pod: str = "chat-0", card: str = "GPU-1", **of: Any) -> CardLoad:
    """What a card did in that hour after T0."""
    busy = {"signal": GR, "samples": 120, "mean_ppm": 0, "high_ppm": 0, "peak_ppm": 0}
    window = between(hour * HOUR, (hour + 1) * HOUR)
    return CardLoad(namespace="support", pod=pod, card=card, hour=window, **{**busy, **of})
