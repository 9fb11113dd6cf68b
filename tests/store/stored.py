"""Looking into a ledger's tables past its port."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from functools import cache
from typing import Any

import psycopg

from aicost.ports import Tenure
from aicost.store import SqlLedger, open_ledger
from aicost.store.columns import metadata
from aicost.store.postgresql import schema_of
from aicost.store.schema import fence

NO_LEASE = Tenure()


@cache
def _in_memory() -> SqlLedger:
    return open_ledger(":memory:")


def emptied() -> SqlLedger:
    """One ledger in memory, empty again: for tests of others than the store."""
    empty(_in_memory())
    return _in_memory()


def empty(ledger: SqlLedger) -> None:
    """Delete all that was committed, so that a test of many examples can begin each anew."""
    with ledger._engine.begin() as connection:  # noqa: SLF001 # the port deletes nothing, by design
        for table in reversed(metadata.sorted_tables):
            if table is not fence:
                connection.execute(table.delete())


@contextmanager
def opened(url: str, cluster: str = "", tenure: Tenure = NO_LEASE) -> Iterator[SqlLedger]:
    """A ledger for the length of a block."""
    ledger = open_ledger(url, cluster, tenure)
    try:
        yield ledger
    finally:
        ledger.close()


def rows(url: str, statement: str, cluster: str = "") -> list[tuple[Any, ...]]:
    """What a statement of our own finds or does in a ledger that nobody has open."""
    if url.startswith("postgresql"):
        options = f"-c search_path={schema_of(cluster)}"
        with psycopg.connect(url, autocommit=True, options=options) as session:
            found = session.execute(statement.encode())
            return found.fetchall() if found.description else []
    with closing(sqlite3.connect(url.removeprefix("sqlite:///"))) as connection, connection:
        return connection.execute(statement).fetchall()
