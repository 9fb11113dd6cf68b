"""The days since another number of replicas ran."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aicost.core.recommendations.gpu.evidence import ServerEvidence
from aicost.core.recommendations.gpu.steady import since_change
from aicost.core.window import DAY
from tests.support.gpu_cases import a_server

WEEK = a_server({"server": "Deployment/llm", "load": {"smActive": 50}, "kvCache": 20})


def by_day(*replicas: int, **said: object) -> ServerEvidence:
    hours = tuple(each for each in replicas for _ in range(24))
    return replace(WEEK, replicas=hours, device_hours=sum(hours), **said)  # type: ignore[arg-type] # fields by name


def test_it_is_as_it_is_since_the_change() -> None:
    """Window, replicas, cost, loads: two days of three replicas after five of ten."""
    found = since_change(by_day(10, 10, 10, 10, 10, 3, 3))
    assert (found.window.end, found.window.seconds) == (WEEK.window.end, 2 * DAY)
    assert (found.replicas, found.device_hours) == ((3,) * 48, 144)
    assert found.part.monthly_nanos == WEEK.part.monthly_nanos * 3 * 7 // 56
    assert (len(found.loads), len(found.caches)) == (48, 48)


@pytest.mark.parametrize(
    "e",
    [
        by_day(3, 3, 3, 3, 3, 3, 3),
        by_day(10, 10, 10, 10, 10, 3, 3, autoscaled=True),
        by_day(10, 10, 10, 10, 10, 3, 3, purpose="Training"),
        by_day(0, 0, 0, 0, 0, 0, 0),
        replace(WEEK, replicas=(2,) * 167 + (3,)),
    ],
    ids=["steady", "scaled", "batch", "never there", "rolled out"],
)
def test_of_what_did_not_change_all_is_known(e: ServerEvidence) -> None:
    """Nor is change told of what something scales, or what ends and comes again; a rollout is none."""
    assert since_change(e) == e


@given(st.lists(st.integers(0, 12), min_size=7, max_size=7))
def test_its_pace_is_that_of_its_last_day(replicas: list[int]) -> None:
    """To the tenth by which days may differ: never what ran before and no longer does."""
    e = by_day(*replicas)
    found = since_change(e)
    if any(replicas):
        now = e.part.monthly_nanos * replicas[-1] * len(replicas) // sum(replicas)
        assert abs(found.part.monthly_nanos - now) * 10 <= now + 10
