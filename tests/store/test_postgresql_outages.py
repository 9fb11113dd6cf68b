"""A PostgreSQL that goes away: what was acknowledged is there, what was not is there whole or not at all."""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from random import Random
from typing import Any

import psycopg
import pytest

from aicost.core.holdings import FOREVER, Devices
from aicost.core.ledger import IDLE
from aicost.core.window import Instant, Period, Window
from aicost.ports import Commit, Unavailable
from aicost.store import SqlLedger
from tests.store import server as servers
from tests.store.server import Server
from tests.store.stored import emptied, opened
from tests.support.builders import T0, a_holding, a_line, a_pod, an_entry, usd

MONTH = Period("2026-11")
ALWAYS = Window(Instant(0), FOREVER)
KILLS = 4
CARDS = 20
SOON_S = 30
LAST = "last"
BLOCKED = "SELECT pid FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND application_name = 'aicost'"


@pytest.fixture(scope="module")
def mortal() -> Iterator[Server]:
    """A server that writes to disk what it acknowledges, to be killed."""
    with servers.running() as running:
        yield running


def number(n: int) -> Commit:
    """The n-th commit: entries of its own, one that supersedes the last commit's, a draft, a holding and a mark."""
    own = tuple(an_entry("card", str(n), str(card), lines=(a_line(IDLE, usd(1), 3600),)) for card in range(CARDS))
    again, draft = an_entry("again", lines=(a_line(IDLE, usd(0, n), 1),)), an_entry("draft", str(n))
    return Commit((*own, again), (draft,), Devices((), (a_holding(a_pod(f"pod-{n}")),)), marks={LAST: str(n)})


def told(ledger: SqlLedger) -> tuple[object, ...]:
    """All that these commits leave."""
    held = {holding.pod.name for holding in ledger.devices(ALWAYS).holdings}
    return ledger.entries(MONTH.window), ledger.digest(MONTH), ledger.proofs(MONTH), held, ledger.marks()


def commit_for_ever(ledger: SqlLedger, acknowledged: list[int]) -> None:
    """One commit after the other, each noted when it is acknowledged."""
    while True:
        ledger.commit(number(acknowledged[-1] + 1), T0)
        acknowledged.append(acknowledged[-1] + 1)


def test_every_acknowledged_commit_survives_a_kill_of_the_server(mortal: Server) -> None:
    """SIGKILL to all its processes while it commits, again and again: nothing acknowledged is lost, nothing is in part.

    The operator is told that it is unavailable, and goes on by itself when the server is back.
    """
    moments, acknowledged = Random(20261102), [0]  # noqa: S311 # any moments will do, the same each time
    with opened(mortal.url()) as ledger, ThreadPoolExecutor(1) as thread:
        for _ in range(KILLS):
            begun = acknowledged[-1]
            committing = thread.submit(commit_for_ever, ledger, acknowledged)
            wait_until(lambda begun=begun: acknowledged[-1] > begun)
            time.sleep(moments.uniform(0, 0.1))
            mortal.kill()
            with pytest.raises(Unavailable):
                committing.result(SOON_S)
            mortal.start()
            last = int(ledger.marks()[LAST])
            assert acknowledged[-1] <= last <= acknowledged[-1] + 1
            acknowledged.append(last)
        alone = emptied()
        for n in range(1, acknowledged[-1] + 1):
            alone.commit(number(n), T0)
        assert told(ledger) == told(alone)


def test_connection_lost_in_a_commit_stores_nothing(server: Server, postgresql_url: str) -> None:
    """The commit is Unavailable, in words that hold for a lost answer too, and the next one stores it whole."""
    with opened(postgresql_url) as ledger, server.connect() as other, ThreadPoolExecutor(1) as thread:
        ledger.commit(number(1), T0)
        before = told(ledger)
        committing = blocked_commit(ledger, other, thread)
        assert other.execute(f"SELECT pg_terminate_backend(pid) FROM ({BLOCKED})").fetchone() == (True,)  # noqa: S608 # a constant
        with pytest.raises(Unavailable, match="lost its connection: what was under way is stored whole or not at all"):
            committing.result(SOON_S)
        other.execute("ROLLBACK")
        assert told(ledger) == before
        assert ledger.commit(number(2), T0) == CARDS + 1


def test_server_that_was_restarted_meanwhile_costs_nothing(mortal: Server) -> None:
    """A connection that died while nobody used it is replaced before anybody sees an error."""
    with opened(mortal.url(), "idle") as ledger:
        ledger.commit(number(1), T0)
        mortal.kill()
        mortal.start()
        assert ledger.commit(number(2), T0) == CARDS + 1
        mortal.kill()
        with pytest.raises(Unavailable, match="cannot be reached: is the server up"):
            ledger.marks()
        mortal.start()
        assert ledger.marks()[LAST] == "2"


def blocked_commit(
    ledger: SqlLedger, other: psycopg.Connection[tuple[Any, ...]], thread: ThreadPoolExecutor
) -> Future[int]:
    """A commit that has written its entries and waits for another session's lock on the marks."""
    other.execute("BEGIN")
    other.execute("LOCK TABLE aicost.mark IN ACCESS EXCLUSIVE MODE")
    committing = thread.submit(ledger.commit, number(2), T0)
    wait_until(lambda: other.execute(BLOCKED).fetchone())
    return committing


def wait_until(holds: Any) -> None:
    """Wait until it is so; fails when that takes too long."""
    ends = time.monotonic() + SOON_S
    while not holds():
        assert time.monotonic() < ends
        time.sleep(0.002)
