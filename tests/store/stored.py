"""Looking into a ledger's tables past its port."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

from aicost.store import SqlLedger, open_ledger
from aicost.store.schema import metadata


@cache
def _in_memory() -> SqlLedger:
    return open_ledger(":memory:")


def emptied() -> SqlLedger:
    """One ledger in memory, empty again: for tests of many examples, each of which begins anew."""
    ledger = _in_memory()
    with ledger._engine.begin() as connection:  # noqa: SLF001 # the port deletes nothing, by design
        for table in reversed(metadata.sorted_tables):
            connection.execute(table.delete())
    return ledger


@contextmanager
def opened(url: str, cluster: str = "") -> Iterator[SqlLedger]:
    """A ledger for the length of a block."""
    ledger = open_ledger(url, cluster)
    try:
        yield ledger
    finally:
        ledger.close()


def rows(url: str, statement: str) -> list[tuple[Any, ...]]:
    """What a statement of our own finds or does in a ledger that nobody has open."""
    connection = sqlite3.connect(url.removeprefix("sqlite:///"))
    try:
        with connection:
            return connection.execute(statement).fetchall()
    finally:
        connection.close()
