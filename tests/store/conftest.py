"""A ledger on each engine: SQLite in memory and on disk, and PostgreSQL on one server for the whole run."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from aicost.store import SqlLedger, open_ledger
from tests.store import server as servers
from tests.store.server import Server
from tests.store.stored import empty

Emptied = Callable[[], SqlLedger]
ENGINES = ("sqlite", "postgresql")
DRAWN = "drawn"
_OTHERS = "SELECT nspname FROM pg_namespace WHERE nspname LIKE 'aicost%' AND nspname <> 'aicost_drawn'"


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    """It need not survive a loss of power, so it need not wait for the disk."""
    with servers.running("fsync=off", "max_connections=20") as running:
        yield running


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'ledger.db'}"


@pytest.fixture
def postgresql_url(server: Server) -> Iterator[str]:
    """A database without any ledger of a test before."""
    yield server.url()
    with server.connect() as connection:
        for (schema,) in connection.execute(_OTHERS).fetchall():
            connection.execute(f"DROP SCHEMA {schema} CASCADE".encode())


@pytest.fixture(params=ENGINES)
def url(request: pytest.FixtureRequest) -> str:
    """Where a ledger may lie that was never opened."""
    found: str = request.getfixturevalue(f"{request.param}_url")
    return found


@pytest.fixture(params=ENGINES)
def ledger(request: pytest.FixtureRequest) -> Iterator[SqlLedger]:
    opened = open_ledger(":memory:" if request.param == "sqlite" else request.getfixturevalue("postgresql_url"))
    yield opened
    opened.close()


@pytest.fixture
def in_file(sqlite_url: str) -> Iterator[SqlLedger]:
    """What is true of files only."""
    opened = open_ledger(sqlite_url)
    yield opened
    opened.close()


@pytest.fixture
def on_disk(url: str) -> Iterator[SqlLedger]:
    opened = open_ledger(url)
    yield opened
    opened.close()


@pytest.fixture(scope="session", params=ENGINES)
def emptied(request: pytest.FixtureRequest) -> Iterator[Emptied]:
    """One ledger, empty again each time: for tests of many examples, each of which begins anew."""
    address = ":memory:" if request.param == "sqlite" else request.getfixturevalue("server").url()
    opened = open_ledger(address, DRAWN)

    def begin() -> SqlLedger:
        empty(opened)
        return opened

    yield begin
    opened.close()
