"""The columns and tables that migrations are written with: two types, as every ledger so far has them, so never edited.

The likes of schema.py are not imported: it tells how tables are now, and a migration how they were.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

WHOLE = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
STRICT = {"sqlite_strict": True, "sqlite_with_rowid": False}


def whole(name: str, *, nullable: bool = False, autoincrement: bool = True) -> sa.Column[Any]:
    """A column of whole numbers of 64 bits. Keys that are given, never counted up, say `autoincrement=False`."""
    return sa.Column(name, WHOLE, nullable=nullable, autoincrement=autoincrement)


def text(name: str, *, nullable: bool = False) -> sa.Column[Any]:
    """A column of text, sorted by its bytes."""
    return sa.Column(name, TEXT, nullable=nullable)


def table(name: str, *items: sa.schema.SchemaItem, key: tuple[str, ...]) -> None:
    """Make a table that is its primary key's index."""
    op.create_table(name, *items, sa.PrimaryKeyConstraint(*key, name=f"pk_{name}"), **STRICT)
