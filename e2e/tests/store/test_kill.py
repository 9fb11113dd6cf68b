"""A ledger whose owner is killed at any moment: what was acknowledged is there, and what is there is whole."""

from __future__ import annotations

import sqlite3
import time
from contextlib import closing
from pathlib import Path
from random import Random

import pytest

from aicost.core.holdings import FOREVER
from aicost.core.window import Instant, Window
from aicost.ports import Commit, Unavailable
from aicost.store import SqlLedger, open_ledger
from e2e.tests.store.commits import CARDS, LAST, MONTH, entry, number
from e2e.tests.store.owner import owner

KILLS = 40
KILLS_WHILE_OPENING = 20
ALWAYS = Window(Instant(0), FOREVER)


def killed(url: str, after_messages: int, seconds: float) -> int:
    """Kill an owner some time after what it told; returns the last commit that was acknowledged."""
    with owner(url) as other:
        other.wait_for(after_messages)
        time.sleep(seconds)
        other.kill()
        return other.last


def is_whole(ledger: SqlLedger, last: int) -> None:
    """Exactly the commits up to `last` are there, in every table, with their sums."""
    settled = [entry(n, card) for n in range(1, last + 1) for card in range(CARDS)]
    expected = [*settled, entry(0, 0, nanos=last), *(entry(-last, card) for card in range(3))] if last else []
    stored = {found.origin.key: found for found in ledger.entries(MONTH.window)}
    assert stored == {found.origin.key: found for found in expected}
    assert len(ledger.devices(ALWAYS).holdings) == len(ledger.observed(ALWAYS).card_use) == last
    assert all((proof.difference, proof.broken) == (0, 0) for proof in ledger.proofs(MONTH))
    costs = [found.origin.amount.nanos for found in expected if found.origin.amount]
    assert sum(total.nanos for total in ledger.totals(MONTH.window)) == sum(costs)


def file_is_sound(path: Path) -> None:
    """SQLite's own check finds nothing, and no row refers to a missing one."""
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert connection.execute("PRAGMA foreign_key_check").fetchall() == []


def test_every_acknowledged_commit_survives_a_kill(tmp_path: Path) -> None:
    """After each of many kills at random moments, all acknowledged commits are there whole and none in part.

    In the end the digest equals that of a ledger whose owner was never killed.
    """
    path, last = tmp_path / "ledger.db", 0
    moments = Random(20261102)  # noqa: S311 # any moments will do, the same each time
    for _ in range(KILLS):
        acknowledged = killed(f"sqlite:///{path}", 2, moments.uniform(0, 0.05))
        with closing(open_ledger(f"sqlite:///{path}")) as ledger:
            last = int(ledger.marks()[LAST])
            assert acknowledged <= last <= acknowledged + 1
            is_whole(ledger, last)
        file_is_sound(path)
    with closing(open_ledger(":memory:")) as undisturbed, closing(open_ledger(f"sqlite:///{path}")) as ledger:
        for n in range(1, last + 1):
            undisturbed.commit(*number(n))
        assert ledger.digest(MONTH) == undisturbed.digest(MONTH)


def test_kill_while_the_ledger_is_made(tmp_path: Path) -> None:
    """An owner killed while it makes the tables, or in its first commits, leaves a ledger that the next one can use."""
    moments = Random(20261103)  # noqa: S311 # same
    for kill in range(KILLS_WHILE_OPENING):
        path = tmp_path / f"{kill}.db"
        acknowledged = killed(f"sqlite:///{path}", 1, moments.uniform(0, 0.08))
        with closing(open_ledger(f"sqlite:///{path}")) as ledger:
            last = int(ledger.marks().get(LAST, "0"))
            assert acknowledged <= last <= acknowledged + 1
            is_whole(ledger, last)
        file_is_sound(path)


def test_second_process_is_refused(tmp_path: Path) -> None:
    """A process that opens a ledger in use is told so, and may have it once its owner is dead."""
    url = f"sqlite:///{tmp_path / 'ledger.db'}"
    with owner(url) as first:
        first.wait_for(2)
        with pytest.raises(Unavailable, match="is in use by another aicost"):
            open_ledger(url)
        assert first.process.is_alive()
    with closing(open_ledger(url)) as ledger:
        assert ledger.commit(Commit(), Instant(0)) == 0
