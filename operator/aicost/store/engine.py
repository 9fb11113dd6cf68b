"""The database engine: which database a URL names, what is said when it refuses, and the statements that differ by it.

Everything that is true of one database only lives here, in `sqlite` and in `postgresql`.
"""

from __future__ import annotations

from functools import cache
from typing import Protocol

from sqlalchemy import URL, Connection, Engine, Table, event, make_url
from sqlalchemy.dialects import postgresql as postgresql_dialect
from sqlalchemy.dialects import sqlite as sqlite_dialect
from sqlalchemy.engine import ExceptionContext
from sqlalchemy.exc import ArgumentError

from aicost.ports import Forbidden
from aicost.store import sqlite
from aicost.store.refusals import Refusal

_WAIT_SECONDS = 600
_LONGEST_DETAIL = 300
_WRITE_IT_AS = "write it as sqlite:////data/ledger.db or postgresql://USER:PASSWORD@HOST/DATABASE"


class _Kind(Protocol):
    """What the module of a database has."""

    def connect(self, address: URL, cluster: str, wait: int) -> Engine: ...

    def make_room(self, connection: Connection) -> None: ...

    def hurry(self, connection: Connection) -> None: ...

    def refusal(self, error: BaseException, *, connecting: bool) -> Refusal | None: ...


_NAMES = ("sqlite", "postgresql", "postgres")


def engine(url: str, cluster: str = "") -> Engine:
    """An engine for `sqlite:///PATH`, `sqlite://` or `:memory:` for one that dies with it, or `postgresql://...`.

    One connection, handed to one caller at a time, in any thread. What the database refuses is raised as Unavailable,
    Forbidden or Malformed, here and from every later statement. No message has the URL, which may hold a password.
    """
    address = _address(url)
    made = _kind(address.get_backend_name()).connect(address, cluster, _WAIT_SECONDS)
    event.listen(made, "handle_error", _translate)
    return made


def make_room(connection: Connection) -> None:
    """Make what the tables lie in, where that is more than a file."""
    _kind(connection.dialect.name).make_room(connection)


def hurry(connection: Connection) -> None:
    """Have the database give this transaction up where it is left alone: others wait for it."""
    _kind(connection.dialect.name).hurry(connection)


def place(of: Engine) -> str:
    """Where the ledger lies, for messages."""
    where: str = of.get_execution_options()["place"]
    return where


def upsert(into: Table, connection: Connection) -> sqlite_dialect.Insert | postgresql_dialect.Insert:
    """An insert that replaces the row of the same primary key where it differs, and writes nothing where it does not."""
    return _upsert(into, connection.dialect.name)


@cache
def _upsert(into: Table, dialect: str) -> sqlite_dialect.Insert | postgresql_dialect.Insert:
    insert = (sqlite_dialect.insert if dialect == "sqlite" else postgresql_dialect.insert)(into)
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


def _kind(name: str) -> _Kind:
    if name == "sqlite":
        return sqlite
    from aicost.store import postgresql  # noqa: PLC0415 # its driver takes 9 MiB, which only who uses it has to spare

    return postgresql


def _address(url: str) -> URL:
    try:
        address = make_url("sqlite://" if url == ":memory:" else url)
    except (ArgumentError, ValueError):  # chained, they might show a part of the URL
        raise Forbidden(f"the ledger's URL cannot be read: {_WRITE_IT_AS}") from None
    if address.get_backend_name() not in _NAMES:
        raise Forbidden(
            f"the ledger's URL names {address.get_backend_name()}, which this version does not know: {_WRITE_IT_AS}"
        )
    if "@" in f"{address.host}{address.port}{address.database}" and address.get_backend_name() != "sqlite":
        raise Forbidden(f"the ledger's URL has a sign in its password that must be written as %XX: {_WRITE_IT_AS}")
    return address


def _translate(context: ExceptionContext) -> None:
    if context.is_pre_ping:
        return  # the pool connects anew
    error = context.original_exception
    meant = _kind(context.dialect.name).refusal(error, connecting=context.connection is None)
    if meant is not None:
        where = "the ledger" if context.engine is None else f"ledger {place(context.engine)}"
        kind, says = meant
        raise kind(f"{where} {says} ({_detail(error)})") from error


def _detail(error: BaseException) -> str:
    """The first line of what the database says, or all of it where that only announces the others."""
    first, *others = str(error).strip().splitlines() or [type(error).__name__]
    return " ".join(" ".join([first, *others] if first.endswith(":") else [first]).split())[:_LONGEST_DETAIL]
