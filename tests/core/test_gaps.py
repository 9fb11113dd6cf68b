"""Gaps reach those whom they concern, and nobody else."""

from __future__ import annotations

from dataclasses import replace

import pytest

from aicost.core.gaps import Feed, Gap
from aicost.core.identity import WorkloadRef
from aicost.core.reasons import GapReason
from tests.support.builders import T0, a_claim, a_workload

HOLDER = a_workload("chat", app="chat")
CALLER = a_workload("scoring", usage=(a_claim("openai", project="p"),))


def _gap(
    feed: Feed = Feed.GPU, workload: WorkloadRef | None = None, unit: str | None = None, source: str | None = None
) -> Gap:
    return Gap(GapReason.NO_PRICE, feed, T0, "", workload=workload, unit=unit, source=source)


def test_a_gap_of_a_workload_concerns_that_workload() -> None:
    """A gap that names a workload is told to it alone."""
    assert _gap(workload=HOLDER.ref).concerns(HOLDER)
    assert not _gap(workload=HOLDER.ref).concerns(CALLER)


def test_a_gap_of_a_unit_concerns_no_workload() -> None:
    """What a unit owns by default is not a workload's business."""
    assert not _gap(unit="care").concerns(HOLDER)


def test_a_gap_of_a_source_concerns_who_claims_from_it() -> None:
    """A bill that could not be read is told to the workloads that claim usage of that source."""
    assert _gap(Feed.BILLS, source="openai").concerns(CALLER)
    assert not _gap(Feed.BILLS, source="anthropic").concerns(CALLER)
    assert not _gap(Feed.BILLS, source="openai").concerns(HOLDER)


def test_a_gap_of_everybody_concerns_who_claims_pods() -> None:
    """A hole in the history of pods is told to every workload that claims pods."""
    assert _gap().concerns(HOLDER)
    assert not _gap().concerns(CALLER)


@pytest.mark.parametrize(("feed", "hides"), [(Feed.GPU, True), (Feed.BILLS, True), (Feed.USAGE, False)])
def test_missing_counts_hide_no_cost(feed: Feed, hides: bool) -> None:
    """Missing GPU time or bills may make a total too small; missing counts never do."""
    assert _gap(feed).hides_cost is hides


def test_an_unknown_caller_hides_cost() -> None:
    """Who called a model server decides who carries its cost: while that is missing, totals are not whole."""
    assert Gap(GapReason.METER_UNAVAILABLE, Feed.USAGE, T0, "").hides_cost


def test_unseen_use_of_a_host_hides_cost() -> None:
    """What pods used of CPU and memory decides what they pay."""
    assert Gap(GapReason.NO_HOST_USE, Feed.USAGE, T0, "").hides_cost


def test_a_notice_hides_nothing() -> None:
    """An estimate is in the total: it is told, and makes nothing incomplete."""
    notice = Gap(GapReason.BUILT_IN_PRICE, Feed.GPU, T0, "")
    assert (notice.is_notice, notice.hides_cost) == (True, False)
    assert not _gap().is_notice


def test_a_split_that_could_not_be_had_concerns_who_claims_by_it() -> None:
    """All of the cost is there: only a claim by the dimension that was refused finds less than it should."""
    gap = replace(_gap(Feed.BILLS, source="openai"), lost=frozenset({"user", "apiKey"}))
    by_user = a_workload("agents", usage=(a_claim("openai", project="p", user="user_1"),))
    assert (gap.hides_cost, gap.concerns(by_user), gap.concerns(CALLER)) == (False, True, False)
