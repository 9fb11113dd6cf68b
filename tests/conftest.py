"""How Hypothesis runs here: a fast profile that draws the same examples every time, and a thorough one to hunt with.

`HYPOTHESIS_PROFILE=thorough pytest tests/core` draws new examples on every run.
"""

from __future__ import annotations

import gc
import os

from hypothesis import HealthCheck, settings

settings.register_profile("default", max_examples=25, derandomize=True, database=None, deadline=None)
settings.register_profile(
    "thorough",
    max_examples=1000,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "default"))


def pytest_collection_finish() -> None:
    """What is imported and collected stays: without this Python's collector looks through it all again and again."""
    gc.collect()
    gc.freeze()
