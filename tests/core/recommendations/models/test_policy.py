"""Thresholds that contradict each other would make bands that end before they begin."""

from __future__ import annotations

from aicost.core.recommendations.models.policy import POLICY


def test_every_band_begins_before_it_ends() -> None:
    """Also what is assumed of caches, where nobody has looked."""
    assert POLICY.routed_low_percent < POLICY.routed_high_percent <= POLICY.eligible_percent
    assert POLICY.prefix_low_percent < POLICY.prefix_high_percent
    assert POLICY.reads_low < POLICY.reads_high
