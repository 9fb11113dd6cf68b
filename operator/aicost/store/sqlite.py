"""SQLite as the ledger's engine: how the file is opened, and what SQLite says when it fails.

It is opened for one process and one connection:
- locking_mode=EXCLUSIVE before WAL keeps the index of the WAL in memory (no shared memory file, so any volume will
  do) and shuts a second process out;
- synchronous=FULL makes a commit durable before it is acknowledged;
- no mmap: an I/O error stays an error instead of a signal;
- temporary tables in memory: the container's file system is read-only.
https://www.sqlite.org/wal.html#use_of_wal_without_shared_memory
"""

from __future__ import annotations

import sqlite3
from typing import Any

from sqlalchemy import URL, Connection, Engine, QueuePool, create_engine, event

from aicost.ports import Forbidden, Malformed
from aicost.store.refusals import FAILING, IN_USE, NO_ROOM, TOO_LARGE, UNKNOWN, Refusal

_PRAGMAS = (
    "locking_mode=EXCLUSIVE",
    "journal_mode=WAL",
    "synchronous=FULL",
    "foreign_keys=ON",
    "mmap_size=0",
    "temp_store=MEMORY",
    "journal_size_limit=67108864",
)
_BUSY_SECONDS = 1
_PRIMARY_CODE = 0xFF

_REFUSED: dict[int, Refusal] = {
    sqlite3.SQLITE_BUSY: IN_USE,
    sqlite3.SQLITE_LOCKED: IN_USE,
    sqlite3.SQLITE_FULL: NO_ROOM,
    sqlite3.SQLITE_IOERR: FAILING,
    sqlite3.SQLITE_IOERR_LOCK: (
        Forbidden,
        "cannot be locked, so nothing was stored: make the file and its folder writable, on a volume that knows locks",
    ),
    sqlite3.SQLITE_CANTOPEN: (Forbidden, "cannot be opened: its folder is missing, or may not be written"),
    sqlite3.SQLITE_READONLY: (Forbidden, "is read-only: nothing was stored; make the file and its folder writable"),
    sqlite3.SQLITE_PERM: (Forbidden, "may not be accessed: give this user the file and its folder"),
    sqlite3.SQLITE_CORRUPT: (Malformed, "is damaged: keep a copy of it and of its -wal file, and restore a back-up"),
    sqlite3.SQLITE_NOTADB: (Malformed, "is not an aicost ledger: another file lies there; nothing was changed in it"),
}


def connect(address: URL, cluster: str, wait: int) -> Engine:
    """An engine for the file, or for memory. The file is the cluster's alone, so its name changes nothing."""
    del cluster
    made = create_engine(
        address,
        poolclass=QueuePool,
        pool_size=1,
        max_overflow=0,
        pool_timeout=wait,
        connect_args={"check_same_thread": False, "timeout": _BUSY_SECONDS},
        execution_options={"place": address.database or ":memory:"},
    )
    event.listen(made, "connect", _prepare)
    event.listen(made, "begin", _begin)
    return made


def make_room(connection: Connection) -> None:
    """The file is made by opening it."""


def hurry(connection: Connection) -> None:
    """Nobody waits: the file has one owner."""


def refusal(error: BaseException, *, connecting: bool) -> Refusal | None:
    """What an error of the driver means; None where it is none of the driver's."""
    del connecting
    if isinstance(error, OverflowError) or str(error) == "integer overflow":
        return TOO_LARGE
    if not isinstance(error, sqlite3.Error):
        return None
    code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR)
    return _REFUSED.get(code) or _REFUSED.get(code & _PRIMARY_CODE, UNKNOWN)


def _prepare(connection: Any, _record: object) -> None:
    connection.isolation_level = None  # the driver must not begin or end transactions by itself: _begin does
    for pragma in _PRAGMAS:
        connection.execute(f"PRAGMA {pragma}")


def _begin(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN")
