"""How SQLite is opened, and what the ledger says when SQLite refuses: what is wrong, where, and what to do."""

from __future__ import annotations

import resource
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from aicost.core.holdings import Devices
from aicost.core.ledger import IDLE
from aicost.core.usage import CardUse, Observed, Tokens, UsageRow
from aicost.core.window import DAY, HOUR, Period
from aicost.ports import Commit, Forbidden, Malformed, Unavailable
from aicost.store import SqlLedger, open_ledger
from aicost.store.engine import engine
from tests.store.stored import opened, rows
from tests.support.builders import T0, a_group, a_holding, a_line, an_entry, between, dims, usd

MONTH = Period("2026-11")
ENTRIES = tuple(an_entry("card", str(n), lines=(a_line(IDLE, usd(1), 3600, "x" * 100),)) for n in range(200))


@pytest.fixture
def on_file(sqlite_url: str) -> Iterator[SqlLedger]:
    ledger = open_ledger(sqlite_url)
    yield ledger
    ledger.close()


def test_sqlite_is_set_as_the_ledger_needs_it(sqlite_url: str) -> None:
    """A commit is durable before it is acknowledged, one process owns the file, and no memory is mapped or shared."""
    expected = {"journal_mode": "wal", "synchronous": 2, "locking_mode": "exclusive", "foreign_keys": 1, "mmap_size": 0}
    open_engine = engine(sqlite_url)
    with open_engine.connect() as connection:
        found = {name: connection.exec_driver_sql(f"PRAGMA {name}").scalar_one_or_none() for name in expected}
    open_engine.dispose()
    assert {name: value or 0 for name, value in found.items()} == expected
    assert not Path(f"{sqlite_url.removeprefix('sqlite:///')}-shm").exists()


def test_second_owner_is_refused(sqlite_url: str, on_file: SqlLedger) -> None:
    """Whoever opens a ledger in use is told so within seconds, and the first owner goes on undisturbed."""
    with pytest.raises(Unavailable, match=r"ledger\.db is in use by another aicost: stop it, or give this one another"):
        open_ledger(sqlite_url)
    assert on_file.commit(Commit(ENTRIES), T0) == len(ENTRIES)


def test_full_disk_is_said_and_nothing_is_lost(sqlite_url: str) -> None:
    """A commit that finds no room is refused whole; what was there can be read, and the next commit is welcome."""
    with opened(sqlite_url) as ledger:
        ledger.commit(Commit(ENTRIES[:1], marks={"through": "1"}), T0)
        with ledger._engine.connect() as connection:  # noqa: SLF001 # a real SQLITE_FULL without filling a real disk
            connection.exec_driver_sql("PRAGMA max_page_count = 1")
        with pytest.raises(
            Unavailable, match=r"ledger .*ledger\.db has no room left: nothing of this commit was stored"
        ):
            ledger.commit(Commit(ENTRIES, marks={"through": "2"}), T0)
        assert (ledger.entries(MONTH.window), ledger.marks()) == (ENTRIES[:1], {"through": "1"})
        with ledger._engine.connect() as connection:  # noqa: SLF001 # same
            connection.exec_driver_sql("PRAGMA max_page_count = 1000000")
        assert ledger.commit(Commit(ENTRIES, marks={"through": "2"}), T0) == len(ENTRIES) - 1


def test_failing_disk_is_said_and_nothing_is_lost(sqlite_url: str, on_file: SqlLedger) -> None:
    """When the system refuses to let the file grow, the commit is refused whole and the ledger stays readable."""
    on_file.commit(Commit(ENTRIES[:1]), T0)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    size = Path(f"{sqlite_url.removeprefix('sqlite:///')}-wal").stat().st_size
    resource.setrlimit(resource.RLIMIT_FSIZE, (size + 8192, hard))
    try:
        with pytest.raises(Unavailable, match="its volume is full or failing"):
            on_file.commit(Commit(ENTRIES), T0)
        assert on_file.entries(MONTH.window) == ENTRIES[:1]
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert on_file.commit(Commit(ENTRIES), T0) == len(ENTRIES) - 1


def test_read_only_file_is_said(sqlite_url: str) -> None:
    """A ledger that may not be written is refused with what to do, and is not changed."""
    with opened(sqlite_url) as ledger:
        ledger.commit(Commit(ENTRIES[:1]), T0)
    path = sqlite_url.removeprefix("sqlite:///")
    with pytest.raises(
        Forbidden, match="cannot be locked, so nothing was stored: make the file and its folder writable"
    ):
        open_ledger(f"sqlite:///file:{path}?mode=ro&uri=true")
    with opened(sqlite_url) as ledger:
        assert ledger.entries(MONTH.window) == ENTRIES[:1]


def test_another_file_is_not_taken_for_a_ledger(sqlite_url: str) -> None:
    """A file that is no database is refused and keeps its bytes."""
    path = Path(sqlite_url.removeprefix("sqlite:///"))
    path.write_text("an invoice, perhaps" * 100)
    with pytest.raises(Malformed, match="is not an aicost ledger"):
        open_ledger(sqlite_url)
    assert path.read_text() == "an invoice, perhaps" * 100


def test_damaged_ledger_is_said(sqlite_url: str) -> None:
    """Pages that were overwritten are reported with what to keep, not as a stack of SQL."""
    with opened(sqlite_url) as ledger:
        ledger.commit(Commit(ENTRIES), T0)
    path = Path(sqlite_url.removeprefix("sqlite:///"))
    whole = path.read_bytes()
    path.write_bytes(whole[:4096] + b"\xff" * (len(whole) - 4096))
    with pytest.raises(Malformed, match="is damaged: keep a copy of it"), opened(sqlite_url) as ledger:
        ledger.entries(MONTH.window)


def test_missing_folder_is_said(tmp_path: Path) -> None:
    """A path whose folder is not there names the path and the remedy."""
    with pytest.raises(Forbidden, match=r"missing/ledger\.db cannot be opened: its folder is missing"):
        open_ledger(f"sqlite:///{tmp_path}/missing/ledger.db")


def test_foreign_writer_cannot_put_text_where_numbers_belong(sqlite_url: str) -> None:
    """The tables are strict: no other program can leave a float or a word in an amount."""
    open_ledger(sqlite_url).close()
    with pytest.raises(Exception, match="cannot store TEXT value in INTEGER column"):
        rows(sqlite_url, "INSERT INTO head VALUES ('[]', 'one', 0)")


def test_a_ledger_with_something_of_everything_is_whole(sqlite_url: str, on_file: SqlLedger) -> None:
    """As SQLite's own check sees it, which an operator's user runs when in doubt; the oldest SQLite misreads scattered keys."""
    devices = Devices((a_group(cards=8),), (a_holding(),))
    usage = UsageRow("openai", between(0, DAY), dims(project="p"), Tokens(1, 0, 0, 1, 1))
    use = CardUse("support", "chat-0", "GPU-1", between(0, HOUR), "DCGM_FI_PROF_SM_ACTIVE", 1)
    on_file.commit(Commit(ENTRIES, devices=devices, observed=Observed((use,), (), (usage,)), marks={"a": "b"}), T0)
    on_file.close()
    with closing(sqlite3.connect(sqlite_url.removeprefix("sqlite:///"))) as database:
        assert database.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
