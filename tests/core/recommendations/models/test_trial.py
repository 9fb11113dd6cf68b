"""Trials: how many requests it takes to see a fall."""

from __future__ import annotations

from dataclasses import replace

from aicost.core.recommendations.models.policy import POLICY
from aicost.core.recommendations.models.trial import sample_size, shadowed


def test_the_sample_is_that_of_the_textbook() -> None:
    """90 of 100 accepted, a margin of 5: 446 each way (Chow, Shao, Wang, 4.2); half the margin takes four times as many."""
    assert sample_size(POLICY) == 446
    assert sample_size(replace(POLICY, reference_accepted_percent=80)) == 792
    assert sample_size(replace(POLICY, margin_percent=10)) == 112


def test_a_trial_says_what_to_do_what_to_compare_and_how_to_go_back() -> None:
    """In this order."""
    assert [line.partition(":")[0] for line in shadowed("small", POLICY)] == ["Trial", "Compare", "Go back"]
