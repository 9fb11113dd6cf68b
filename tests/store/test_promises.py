"""Promises in the ledger: read back as they were, each as it was told last."""

from __future__ import annotations

from dataclasses import replace

import pytest

from aicost.core.identity import ObjectRef, WorkloadRef
from aicost.core.recommendations.advice import Basis, Evidence, Target
from aicost.core.recommendations.changes import Change, Resize, Scale, SetVariable
from aicost.core.recommendations.promises import Outcome, Promise
from aicost.core.window import Instant
from aicost.ports import TakenOver, Tenure
from aicost.store import SqlLedger, open_ledger
from tests.store.stored import opened
from tests.support.advising import ADVICE, WEEK

CHANGES: tuple[Change | None, ...] = (
    None,
    Scale(0),
    Resize("app", (("nvidia.com/gpu", None), ("nvidia.com/mig-1g.10gb", 2))),
    SetVariable("app", "MODEL", "zürich"),
)
FULL = replace(
    ADVICE,
    basis=Basis.HYPOTHESIS,
    target=Target(ObjectRef("apps", "Deployment", "chat"), "app", "model"),
    requires=("a trial", "another"),
    evidence=Evidence(WEEK, 3, {"b": "2", "a": "1"}),
)
CHAT = WorkloadRef("support", "chat")


def test_promises_come_back_as_they_were(ledger: SqlLedger) -> None:
    """Whatever they are about."""
    told = tuple(Promise(CHAT, replace(FULL, change=change), Instant(n)) for n, change in enumerate(CHANGES))
    ledger.promise(told[::-1])
    assert ledger.promises() == told


def test_the_last_account_counts(ledger: SqlLedger) -> None:
    """Of each time that it was told."""
    first, second = Promise(CHAT, ADVICE, Instant(1)), Promise(CHAT, ADVICE, Instant(2))
    ledger.promise((first, second))
    ended = replace(first, ended=Instant(2), outcome=Outcome(Instant(1), 7, 10**30, -5))
    ledger.promise((ended,))
    assert ledger.promises() == (ended, second)


def test_who_lost_the_ledger_promises_nothing(url: str) -> None:
    """As with every other write."""
    first = open_ledger(url)
    first.close()
    with opened(url, tenure=Tenure("lease", 2, "pod-b")):
        pass
    with pytest.raises(TakenOver):
        first.promise((Promise(CHAT, ADVICE, Instant(1)),))
    first.close()
    with opened(url, tenure=Tenure("lease", 3, "pod-c")) as later:
        assert later.promises() == ()
