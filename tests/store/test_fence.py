"""The fence: whoever opened the ledger last writes it, and a former leader, however it was paused, stores nothing."""

from __future__ import annotations

import multiprocessing
import os
import signal
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from multiprocessing.connection import Connection
from typing import Any

import pytest

from aicost.core.window import Period
from aicost.ports import Commit, TakenOver, Tenure, Unavailable
from aicost.store import SqlLedger, fence, open_ledger, postgresql
from tests.store.stored import opened, rows
from tests.support.builders import T0, an_entry

MONTH = Period("2026-11")
OLD, NEW = an_entry("old"), an_entry("new")
SOON_S = 30
TABLES = ("entry", "line", "head", "mark", "fence")


def contents(url: str) -> list[Any]:
    """All rows of the tables that a commit writes."""
    return [sorted(rows(url, f"SELECT * FROM {table}")) for table in TABLES]  # noqa: S608 # names of this module


def test_who_opened_before_stores_nothing(url: str) -> None:
    """On either engine a ledger that another opened since refuses its commit whole, and names who took over."""
    first = open_ledger(url, tenure=Tenure("lease", 1, "pod-a"))
    first.commit(Commit((OLD,)), T0)
    first.close()
    with opened(url, tenure=Tenure("lease", 2, "pod-b")) as second:
        second.commit(Commit(marks={"by": "second"}), T0)
    before = contents(url)
    says = r"ledger .* was taken over by pod-b \(epoch 2 of its Lease\): nothing was stored; this process must end"
    with pytest.raises(TakenOver, match=says):
        first.commit(Commit((NEW,), marks={"by": "first"}), T0)
    first.close()
    assert contents(url) == before


def test_leader_of_before_cannot_open(url: str) -> None:
    """Who was paused between getting the Lease and opening the ledger is refused there, and its successor goes on."""
    with opened(url, tenure=Tenure("lease", 2, "pod-b")):
        pass
    before = contents(url)
    with pytest.raises(TakenOver, match="taken over by pod-b"):
        open_ledger(url, tenure=Tenure("lease", 1, "pod-a"))
    assert contents(url) == before


@pytest.mark.parametrize("later", [Tenure("lease", 2, "pod-a"), Tenure("lease", 3), Tenure("anew", 0), Tenure()])
def test_each_opening_is_a_term_of_its_own(url: str, later: Tenure) -> None:
    """A restart under the same epoch, a later holder, a Lease that was made anew, and nobody's Lease may all open."""
    for tenure in (Tenure("lease", 2, "pod-a"), later):
        with opened(url, tenure=tenure) as ledger:
            ledger.commit(Commit(), T0)
    assert rows(url, "SELECT term, lease, epoch, holder FROM fence") == [(2, later.lease, later.epoch, later.holder)]


def test_ledger_whose_fence_is_gone_is_not_written(url: str) -> None:
    """A fence that somebody deleted lets nobody through; opening again makes it."""
    first = open_ledger(url)
    first.close()
    rows(url, "DELETE FROM fence")
    with pytest.raises(TakenOver, match="was taken over by somebody"):
        first.commit(Commit((OLD,)), T0)
    first.close()
    with opened(url) as second:
        assert second.commit(Commit((OLD,)), T0) == 1


def test_two_leaders_at_once_are_one(postgresql_url: str) -> None:
    """Both are connected to one server: the former reads on, and stores nothing from the moment the other opened."""
    with opened(postgresql_url) as former, opened(postgresql_url) as leader:
        assert leader.commit(Commit((NEW,)), T0) == 1
        for _ in range(2):
            with pytest.raises(TakenOver):
                former.commit(Commit((OLD,)), T0)
        assert former.entries(MONTH.window) == leader.entries(MONTH.window) == (NEW,)
        assert leader.commit(Commit((OLD,)), T0) == 1


def test_openers_at_the_same_time_are_one_after_the_other(postgresql_url: str) -> None:
    """Of several that make one ledger at once each opens it or is told to come again, and the last to open writes it."""
    with ThreadPoolExecutor(4) as threads:
        outcomes = [outcome for _ in range(3) for outcome in threads.map(open_or_not, [postgresql_url] * 4)]
    ledgers = [outcome for outcome in outcomes if isinstance(outcome, SqlLedger)]
    assert len(ledgers) >= 3
    assert rows(postgresql_url, "SELECT term FROM fence", "eu-1") == [(len(ledgers),)]
    stored = [ledger for ledger in ledgers if commits(ledger)]
    assert len(stored) == 1
    for ledger in ledgers:
        ledger.close()


def open_or_not(url: str) -> SqlLedger | Unavailable:
    """The ledger, or why it was not opened."""
    try:
        return open_ledger(url, "eu-1")
    except Unavailable as problem:
        return problem


def commits(ledger: SqlLedger) -> bool:
    """Whether it may be written."""
    try:
        return ledger.commit(Commit((NEW,)), T0) == 1
    except TakenOver:
        return False


def test_leader_paused_in_a_commit_stores_nothing(postgresql_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The server ends its transaction, so that its successor need not wait for ever; what it had written is gone."""
    with opened(postgresql_url) as former:
        monkeypatch.setattr(postgresql, "IDLE_SECONDS", 1)
        with pytest.raises(Unavailable, match="lost its connection"):
            pause_in_a_commit(former, postgresql_url, monkeypatch.undo)
        with pytest.raises(TakenOver):
            former.commit(Commit((OLD,)), T0)
        assert (former.marks(), former.entries(MONTH.window)) == ({}, (NEW,))


def pause_in_a_commit(former: SqlLedger, url: str, begun: Callable[[], None] = lambda: None) -> None:
    """Begin what a commit does, do nothing until another has opened the ledger and committed, and go on."""
    with former._engine.begin() as paused:  # noqa: SLF001 # no port lets a commit wait
        fence.check(paused, former._term)  # noqa: SLF001 # same
        paused.exec_driver_sql("INSERT INTO mark VALUES ('by', 'former')")
        begun()  # whoever comes now has all the time that is usual
        with opened(url) as leader:
            leader.commit(Commit((NEW,)), T0)
        paused.exec_driver_sql("INSERT INTO mark VALUES ('again', 'former')")


def test_stopped_and_continued_process_stores_nothing(postgresql_url: str) -> None:
    """SIGSTOP at any moment, a successor, SIGCONT: the ledger stays as the successor left it, to the last row."""
    processes = multiprocessing.get_context("spawn")
    told, tell = processes.Pipe(duplex=False)
    process = processes.Process(target=commit_until_refused, args=(postgresql_url, tell), daemon=True)
    process.start()
    for _ in range(5):
        assert told.poll(SOON_S)
        told.recv()
    assert process.pid is not None
    os.kill(process.pid, signal.SIGSTOP)
    with opened(postgresql_url, tenure=Tenure(holder="successor")) as leader:
        leader.commit(Commit((NEW,)), T0)
        before = contents(postgresql_url)
        os.kill(process.pid, signal.SIGCONT)
        last: object = 0
        while isinstance(last, int):
            assert told.poll(SOON_S)
            last = told.recv()
        process.join(SOON_S)
        assert "taken over by successor" in str(last)
        assert contents(postgresql_url) == before
        assert leader.commit(Commit((OLD,)), T0) == 1


def commit_until_refused(url: str, tell: Connection) -> None:
    """What the stopped process does: one small commit after the other, and in the end it tells why there are no more."""
    ledger = open_ledger(url)
    number = 0
    while True:
        number += 1
        try:
            ledger.commit(Commit((an_entry("own", str(number)),)), T0)
        except Unavailable:
            time.sleep(0.1)
        except TakenOver as problem:
            tell.send(str(problem))
            return
        tell.send(number)
