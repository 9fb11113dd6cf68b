"""The database engine: how SQLite is opened, what it says when it fails, and the statements that differ by database.

Everything that is true of one database only lives here. SQLite is opened for one process and one connection:
- locking_mode=EXCLUSIVE before WAL keeps the index of the WAL in memory (no shared memory file, so any volume will
  do) and shuts a second process out;
- synchronous=FULL makes a commit durable before it is acknowledged;
- no mmap: an I/O error stays an error instead of a signal;
- temporary tables in memory: the container's file system is read-only.
https://www.sqlite.org/wal.html#use_of_wal_without_shared_memory
"""

from __future__ import annotations

import sqlite3
from functools import cache
from typing import Any

from sqlalchemy import URL, Connection, Engine, QueuePool, Table, create_engine, event, make_url
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import ExceptionContext
from sqlalchemy.exc import ArgumentError

from aicost.ports import Forbidden, Malformed, Unavailable

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
_WAIT_SECONDS = 600
_PRIMARY_CODE = 0xFF

_REFUSED: dict[int, tuple[type[Exception], str]] = {
    sqlite3.SQLITE_BUSY: (Unavailable, "is in use by another aicost: stop it, or give this one another ledger"),
    sqlite3.SQLITE_LOCKED: (Unavailable, "is in use by another aicost: stop it, or give this one another ledger"),
    sqlite3.SQLITE_FULL: (Unavailable, "has no room left: nothing of this commit was stored; enlarge its volume"),
    sqlite3.SQLITE_IOERR: (
        Unavailable,
        "could not be read or written: nothing of this commit was stored; its volume is full or failing",
    ),
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

_UNKNOWN = Unavailable, "refused a statement: nothing of it was stored"


def engine(url: str) -> Engine:
    """An engine for `sqlite:///PATH`, or `sqlite://` and `:memory:` for one that dies with it.

    One connection, handed to one caller at a time, in any thread. What the database refuses is raised as Unavailable,
    Forbidden or Malformed, here and from every later statement.
    """
    address = _address(url)
    made = create_engine(
        address,
        poolclass=QueuePool,
        pool_size=1,
        max_overflow=0,
        pool_timeout=_WAIT_SECONDS,
        connect_args={"check_same_thread": False, "timeout": _BUSY_SECONDS},
    )
    event.listen(made, "connect", _prepare)
    event.listen(made, "begin", _begin)
    event.listen(made, "handle_error", _translate)
    return made


def place(of: Engine) -> str:
    """Where the ledger lies, for messages."""
    return of.url.database or ":memory:"


def upsert(into: Table, connection: Connection) -> sqlite.Insert | postgresql.Insert:
    """An insert that replaces the row of the same primary key where it differs, and writes nothing where it does not."""
    return _upsert(into, connection.dialect.name)


@cache
def _upsert(into: Table, dialect: str) -> sqlite.Insert | postgresql.Insert:
    insert = (sqlite.insert if dialect == "sqlite" else postgresql.insert)(into)
    columns = [column.name for column in into.columns if not column.primary_key]
    differs = [into.c[name].is_distinct_from(insert.excluded[name]) for name in columns]
    changed = differs[0]
    for difference in differs[1:]:
        changed |= difference
    return insert.on_conflict_do_update(
        index_elements=list(into.primary_key),
        set_={name: insert.excluded[name] for name in columns},
        where=changed,
    )


def _address(url: str) -> URL:
    try:
        address = make_url("sqlite://" if url == ":memory:" else url)
    except ArgumentError as error:
        raise Forbidden("the ledger's URL cannot be read: write it as sqlite:////data/ledger.db") from error
    if address.get_backend_name() != "sqlite":
        raise Forbidden(
            f"the ledger's URL names {address.get_backend_name()}, which this version does not know:"
            " write it as sqlite:////data/ledger.db"
        )
    return address


def _prepare(connection: Any, _record: object) -> None:
    connection.isolation_level = None  # the driver must not begin or end transactions by itself: _begin does
    for pragma in _PRAGMAS:
        connection.execute(f"PRAGMA {pragma}")


def _begin(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN")


def _translate(context: ExceptionContext) -> None:
    where = "the ledger" if context.engine is None else f"ledger {place(context.engine)}"
    error = context.original_exception
    if isinstance(error, OverflowError) or str(error) == "integer overflow":
        raise Malformed(f"{where}: a number is beyond 64 bits; nothing was stored") from error
    if isinstance(error, sqlite3.Error):
        code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR)
        kind, says = _REFUSED.get(code) or _REFUSED.get(code & _PRIMARY_CODE, _UNKNOWN)
        raise kind(f"{where} {says} ({error})") from error
