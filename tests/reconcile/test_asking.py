"""Asking levers one by one: what fails is counted and logged, and asked again."""

from __future__ import annotations

import logging
from collections.abc import Iterator

import pytest

from aicost.core.identity import WorkloadRef
from aicost.core.recommendations.advice import Answer
from aicost.reconcile.asking import Asking
from tests.support.advising import ADVICE

CHAT, RANK = WorkloadRef("support", "chat"), WorkloadRef("search", "rank")


def half() -> Iterator[Answer]:
    """Fails after its first answer."""
    yield ADVICE
    raise KeyError("of aicost")


def test_a_lever_that_fails_says_nothing_at_all(caplog: pytest.LogCaptureFixture) -> None:
    """Not the half of it; once a workload and round it is counted, and with a trace once a round."""
    asking = Asking()
    caplog.set_level(logging.ERROR)
    assert asking.about(CHAT)("idle", lambda: [ADVICE]) == (ADVICE,)
    for workload in (CHAT, CHAT, RANK):
        assert asking.about(workload)("idle", half) == ()
    assert (asking.failures, asking.failing) == ({"idle": 2}, {("idle", CHAT), ("idle", RANK)})
    assert [bool(record.exc_info) for record in caplog.records] == [True, False]
    assert "the lever idle failed on search/rank by a fault of aicost" in caplog.text


def test_what_failed_is_asked_anew() -> None:
    """The count goes on, as Prometheus expects it."""
    asking = Asking()
    asking.about(CHAT)("idle", half)
    asking.anew()
    assert asking.failing == set()
    asking.about(CHAT)("idle", half)
    assert asking.failures == {"idle": 2}
