"""What the ledger's tables are made of: two types and the constructors of columns. Tables are in `schema` and `load_tables`."""

from __future__ import annotations

from typing import Any

from sqlalchemy import BigInteger, Column, Integer, MetaData, Text

WHOLE = BigInteger().with_variant(Integer(), "sqlite")
"""A 64-bit integer: SQLite's INTEGER has 64 bits, and its strict tables know no BIGINT."""

TEXT = Text().with_variant(Text(collation="C"), "postgresql")
"""Text in the order of its bytes, as SQLite's is: no collation of the database, which its system may change."""

metadata = MetaData(
    naming_convention={
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def whole(name: str, *, nullable: bool = False) -> Column[Any]:
    """A column of whole numbers."""
    return Column(name, WHOLE, nullable=nullable)


def text(name: str, *, nullable: bool = False) -> Column[Any]:
    """A column of text."""
    return Column(name, TEXT, nullable=nullable)


def key(name: str, of: Text | BigInteger = TEXT) -> Column[Any]:
    """A column of the primary key, which is given and never counted up."""
    return Column(name, of, primary_key=True, autoincrement=False)
