"""How Hypothesis runs here: a fast profile that draws the same examples every time, and a thorough one to hunt with.

`HYPOTHESIS_PROFILE=thorough pytest tests/core` draws new examples on every run; `mutants` draws those of the fast one, and
ends at the first that fails: nobody reads why a mutant failed.
"""

from __future__ import annotations

import gc
import os

from hypothesis import HealthCheck, Phase, settings

settings.register_profile("default", max_examples=25, derandomize=True, database=None, deadline=None)
settings.register_profile(
    "mutants",
    settings.get_profile("default"),
    phases=(Phase.explicit, Phase.generate),
    report_multiple_bugs=False,
)
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
