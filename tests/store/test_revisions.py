"""Migrations: a new ledger and a migrated one are the same, and a newer version's ledger is never written."""

from __future__ import annotations

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine
from sqlalchemy.dialects.postgresql.base import PGDialect
from sqlalchemy.schema import CreateIndex, CreateTable

from aicost.core.window import Period
from aicost.ports import Commit, Forbidden
from aicost.store import open_ledger
from aicost.store.engine import engine
from aicost.store.revisions import bring_up_to_date, configuration
from aicost.store.schema import metadata
from tests.store.stored import opened, rows
from tests.support.builders import T0, an_entry

MONTH = Period("2026-11")
TABLES = "SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL AND tbl_name <> 'alembic_version' ORDER BY name"


def shape(url: str) -> dict[str, list[str]]:
    """Every table and index as SQLite keeps it, by clauses, for constraints may stand in any order."""
    return {name: sorted(clause.strip(" ,\t") for clause in sql.splitlines()) for name, sql in rows(url, TABLES)}


def test_migrated_ledger_is_what_the_tables_say(url: str, tmp_path_factory: pytest.TempPathFactory) -> None:
    """All migrations from nothing give exactly the tables, constraints and indexes that the schema declares."""
    open_ledger(url).close()
    declared = f"sqlite:///{tmp_path_factory.mktemp('declared') / 'ledger.db'}"
    plain = create_engine(declared)
    metadata.create_all(plain)
    plain.dispose()
    assert shape(url) == shape(declared)


def test_autogenerate_finds_nothing_to_migrate() -> None:
    """Alembic sees no difference between the migrations and the schema."""
    migrated = engine(":memory:")
    with migrated.begin() as connection:
        assert bring_up_to_date(connection) is None
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []
    migrated.dispose()


def test_migrations_are_one_line() -> None:
    """There is one newest revision, so that "newer" and "older" mean something."""
    assert len(ScriptDirectory.from_config(configuration()).get_heads()) == 1


def test_ledger_of_a_newer_version_is_read_and_never_written(url: str) -> None:
    """An unknown revision leaves the ledger readable, and a commit is refused with what to do."""
    with opened(url) as ledger:
        ledger.commit(Commit((an_entry("old"),)), T0)
    rows(url, "UPDATE alembic_version SET version_num = '9999'")
    with opened(url) as ledger:
        with pytest.raises(Forbidden, match=r"newer aicost \(revision 9999\): nothing was stored; run that version"):
            ledger.commit(Commit((an_entry("new"),)), T0)
        assert ledger.entries(MONTH.window) == (an_entry("old"),)
    assert rows(url, "SELECT version_num FROM alembic_version") == [("9999",)]


def test_opening_again_writes_nothing(url: str) -> None:
    """A ledger that is up to date is opened without a write."""
    open_ledger(url).close()
    before = rows(url, "PRAGMA schema_version")
    open_ledger(url).close()
    assert rows(url, "PRAGMA schema_version") == before


def test_tables_can_be_made_on_postgresql() -> None:
    """The schema says nothing that only SQLite understands."""
    dialect = PGDialect()  # type: ignore[no-untyped-call] # SQLAlchemy leaves dialects' constructors untyped
    for table in metadata.sorted_tables:
        said = str(CreateTable(table).compile(dialect=dialect))
        assert "BIGINT" in said or table.name in {"mark", "correction"}
        assert "STRICT" not in said
        for index in table.indexes:
            assert str(CreateIndex(index).compile(dialect=dialect))
