"""Loads cannot be what no card and no server ever is."""

from __future__ import annotations

from typing import Any

import pytest

from aicost.core.loads import ServerLoad
from tests.support.builders import between
from tests.support.loads import a_load


@pytest.mark.parametrize(
    "impossible",
    [
        {"samples": 0},
        {"signal": "nvidia-smi"},
        {"peak_ppm": 1_000_001},
        {"mean_ppm": 2, "peak_ppm": 1},
        {"high_ppm": 2, "peak_ppm": 1},
        {"mean_ppm": -1},
        {"high_ppm": -1},
    ],
)
def test_an_impossible_load_cannot_be_built(impossible: dict[str, Any]) -> None:
    """Advice never rests on it."""
    with pytest.raises(ValueError, match="card GPU-1"):
        a_load(**impossible)


@pytest.mark.parametrize("share", [-1, 1_000_001])
def test_a_cache_is_used_between_not_at_all_and_whole(share: int) -> None:
    """In parts per million."""
    with pytest.raises(ValueError, match="KV cache"):
        ServerLoad("support", "llm-0", between(0, 3600), share)
