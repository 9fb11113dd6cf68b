"""How SQLite is opened, and what the ledger says when it is refused: what is wrong, where, and what to do."""

from __future__ import annotations

import resource
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from aicost.core.ledger import IDLE
from aicost.core.window import Period
from aicost.ports import Commit, Forbidden, Malformed, Unavailable
from aicost.store import SqlLedger, open_ledger
from aicost.store.engine import engine
from tests.store.stored import opened, rows
from tests.support.builders import T0, a_line, an_entry, at, usd

MONTH = Period("2026-11")
ENTRIES = tuple(an_entry("card", str(n), lines=(a_line(IDLE, usd(1), 3600, "x" * 100),)) for n in range(200))


def test_sqlite_is_set_as_the_ledger_needs_it(url: str) -> None:
    """A commit is durable before it is acknowledged, one process owns the file, and no memory is mapped or shared."""
    expected = {"journal_mode": "wal", "synchronous": 2, "locking_mode": "exclusive", "foreign_keys": 1, "mmap_size": 0}
    open_engine = engine(url)
    with open_engine.connect() as connection:
        found = {name: connection.exec_driver_sql(f"PRAGMA {name}").scalar_one_or_none() for name in expected}
    open_engine.dispose()
    assert {name: value or 0 for name, value in found.items()} == expected
    assert not Path(f"{url.removeprefix('sqlite:///')}-shm").exists()


def test_second_owner_is_refused(url: str, on_disk: SqlLedger) -> None:
    """Whoever opens a ledger in use is told so within seconds, and the first owner goes on undisturbed."""
    with pytest.raises(Unavailable, match=r"ledger\.db is in use by another aicost: stop it, or give this one another"):
        open_ledger(url)
    assert on_disk.commit(Commit(ENTRIES), T0) == len(ENTRIES)


def test_ledger_opens_again_once_it_is_closed(url: str) -> None:
    """Closing lets go of the file, and what was committed is there for the next owner."""
    with opened(url) as first:
        first.commit(Commit(ENTRIES), T0)
    with opened(url) as second:
        assert len(second.entries(MONTH.window)) == len(ENTRIES)


def test_full_disk_is_said_and_nothing_is_lost(url: str) -> None:
    """A commit that finds no room is refused whole; what was there can be read, and the next commit is welcome."""
    with opened(url) as ledger:
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


def test_failing_disk_is_said_and_nothing_is_lost(url: str, on_disk: SqlLedger) -> None:
    """When the system refuses to let the file grow, the commit is refused whole and the ledger stays readable."""
    on_disk.commit(Commit(ENTRIES[:1]), T0)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    size = Path(f"{url.removeprefix('sqlite:///')}-wal").stat().st_size
    resource.setrlimit(resource.RLIMIT_FSIZE, (size + 8192, hard))
    try:
        with pytest.raises(Unavailable, match="its volume is full or failing"):
            on_disk.commit(Commit(ENTRIES), T0)
        assert on_disk.entries(MONTH.window) == ENTRIES[:1]
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert on_disk.commit(Commit(ENTRIES), T0) == len(ENTRIES) - 1


def test_read_only_file_is_said(url: str) -> None:
    """A ledger that may not be written is refused with what to do, and is not changed."""
    with opened(url) as ledger:
        ledger.commit(Commit(ENTRIES[:1]), T0)
    path = url.removeprefix("sqlite:///")
    with pytest.raises(
        Forbidden, match="cannot be locked, so nothing was stored: make the file and its folder writable"
    ):
        open_ledger(f"sqlite:///file:{path}?mode=ro&uri=true")
    with opened(url) as ledger:
        assert ledger.entries(MONTH.window) == ENTRIES[:1]


def test_another_file_is_not_taken_for_a_ledger(url: str) -> None:
    """A file that is no database is refused and keeps its bytes."""
    path = Path(url.removeprefix("sqlite:///"))
    path.write_text("an invoice, perhaps" * 100)
    with pytest.raises(Malformed, match="is not an aicost ledger"):
        open_ledger(url)
    assert path.read_text() == "an invoice, perhaps" * 100


def test_damaged_ledger_is_said(url: str) -> None:
    """Pages that were overwritten are reported with what to keep, not as a stack of SQL."""
    with opened(url) as ledger:
        ledger.commit(Commit(ENTRIES), T0)
    path = Path(url.removeprefix("sqlite:///"))
    whole = path.read_bytes()
    path.write_bytes(whole[:4096] + b"\xff" * (len(whole) - 4096))
    with pytest.raises(Malformed, match="is damaged: keep a copy of it"), opened(url) as ledger:
        ledger.entries(MONTH.window)


def test_missing_folder_is_said(tmp_path: Path) -> None:
    """A path whose folder is not there names the path and the remedy."""
    with pytest.raises(Forbidden, match=r"missing/ledger\.db cannot be opened: its folder is missing"):
        open_ledger(f"sqlite:///{tmp_path}/missing/ledger.db")


@pytest.mark.parametrize("url", ["postgresql://aicost:secret@db/ledger", "ledger.db", "oracle://secret@x"])
def test_other_databases_are_refused_without_their_secrets(url: str) -> None:
    """A URL that this version cannot use is refused, and no password of it is told."""
    with pytest.raises(Forbidden, match=r"write it as sqlite:////data/ledger\.db") as refused:
        open_ledger(url)
    assert "secret" not in str(refused.value)


def test_threads_wait_for_each_other(on_disk: SqlLedger) -> None:
    """Callers in several threads are served one after the other, and every commit is whole."""
    with ThreadPoolExecutor(8) as threads:
        parts = [ENTRIES[start : start + 10] for start in range(0, len(ENTRIES), 10)]
        new = list(threads.map(lambda part: on_disk.commit(Commit(part), at(0)), parts))
        assert all(found.difference == 0 for found in threads.map(lambda _: on_disk.proofs(MONTH)[0], parts))
    assert new == [10] * len(parts)
    assert len(on_disk.entries(MONTH.window)) == len(ENTRIES)


def test_foreign_writer_cannot_put_text_where_numbers_belong(url: str) -> None:
    """The tables are strict: no other program can leave a float or a word in an amount."""
    open_ledger(url).close()
    with pytest.raises(Exception, match="cannot store TEXT value in INTEGER column"):
        rows(url, "INSERT INTO head VALUES ('[]', 'one', 0)")
