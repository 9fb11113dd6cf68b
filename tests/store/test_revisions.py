"""Migrations: a new ledger and a migrated one are the same, and a newer version's ledger is never written."""

from __future__ import annotations

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine

from aicost.core.window import Period
from aicost.ports import Commit, Forbidden
from aicost.store import open_ledger
from aicost.store.columns import metadata
from aicost.store.engine import engine, make_room
from aicost.store.revisions import bring_up_to_date, configuration
from tests.store.stored import opened, rows
from tests.support.builders import T0, an_entry

MONTH = Period("2026-11")
TABLES = "SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL AND tbl_name <> 'alembic_version' ORDER BY name"
COLUMNS = """SELECT table_name, column_name, data_type, is_nullable, collation_name
    FROM information_schema.columns WHERE table_schema = current_schema() AND table_name <> 'alembic_version'
    ORDER BY table_name, column_name"""
CONSTRAINTS = """SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint
    WHERE connamespace = current_schema()::regnamespace AND conname NOT LIKE 'alembic%' ORDER BY 1, 2"""
INDEXES = """SELECT indexname, replace(indexdef, current_schema() || '.', '') FROM pg_indexes
    WHERE schemaname = current_schema() AND tablename <> 'alembic_version' ORDER BY 1"""


def file_shape(url: str) -> dict[str, list[str]]:
    """Every table and index as SQLite keeps it, by clauses, for constraints may stand in any order; names unquoted."""
    return {
        name: sorted(clause.strip(" ,\t").replace('"', "") for clause in sql.splitlines())
        for name, sql in rows(url, TABLES)
    }


def test_migrated_file_is_what_the_tables_say(sqlite_url: str, tmp_path_factory: pytest.TempPathFactory) -> None:
    """All migrations from nothing give exactly the tables, constraints and indexes that the schema declares."""
    open_ledger(sqlite_url).close()
    declared = f"sqlite:///{tmp_path_factory.mktemp('declared') / 'ledger.db'}"
    plain = create_engine(declared)
    metadata.create_all(plain)
    plain.dispose()
    assert file_shape(sqlite_url) == file_shape(declared)


def test_migrated_schema_is_what_the_tables_say(postgresql_url: str) -> None:
    """PostgreSQL has the same columns, constraints and indexes, and compares every text by its bytes."""
    open_ledger(postgresql_url).close()
    plain = engine(postgresql_url, "declared")
    with plain.begin() as connection:
        make_room(connection)
        metadata.create_all(connection)
    plain.dispose()
    shapes = [rows(postgresql_url, COLUMNS), rows(postgresql_url, CONSTRAINTS), rows(postgresql_url, INDEXES)]
    declared = [rows(postgresql_url, of, "declared") for of in (COLUMNS, CONSTRAINTS, INDEXES)]
    assert shapes == declared
    assert {collation for *_, kind, _, collation in shapes[0] if kind == "text"} == {"C"}
    assert {kind for *_, kind, _, _ in shapes[0]} == {"text", "bigint"}


def test_autogenerate_finds_nothing_to_migrate(url: str) -> None:
    """Alembic sees no difference between the migrations and the schema."""
    migrated = engine(url)
    with migrated.begin() as connection:
        make_room(connection)
        assert bring_up_to_date(connection) is None
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []
    migrated.dispose()


def test_every_foreign_key_has_an_index() -> None:
    """A row that is deleted asks its referring tables for rows of its own: none of them is read whole for it."""
    for table in metadata.sorted_tables:
        led = {next(iter(of.columns)).name for of in table.indexes} | {next(iter(table.primary_key.columns)).name}
        assert {key.parent.name for key in table.foreign_keys} <= led


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


def test_opening_again_changes_nothing_but_the_fence(sqlite_url: str) -> None:
    """A ledger that is up to date keeps its tables and their rows; only the term of who opened it goes on."""
    with opened(sqlite_url, "eu-1") as ledger:
        ledger.commit(Commit((an_entry("old"),)), T0)
    looks = ("PRAGMA schema_version", "SELECT * FROM entry", "SELECT * FROM mark", "SELECT * FROM alembic_version")
    before = [rows(sqlite_url, look) for look in looks]
    open_ledger(sqlite_url, "eu-1").close()
    assert [rows(sqlite_url, look) for look in looks] == before
    assert rows(sqlite_url, "SELECT term FROM fence") == [(2,)]
