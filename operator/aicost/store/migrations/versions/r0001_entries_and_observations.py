"""The first ledger: entries with their lines and heads, devices, what was observed, and marks."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_WHOLE = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    """From nothing."""
    _entries()
    _heads()
    _devices()
    _observations()
    _table("mark", _text("name"), _text("value"), key=("name",))


def _entries() -> None:
    op.create_table(
        "entry",
        _whole("id", autoincrement=False),
        _text("key"),
        _text("content"),
        _text("chain"),
        _whole("previous_id", nullable=True),
        _whole("window_start"),
        _whole("window_end"),
        _text("period"),
        _text("component"),
        _text("pool"),
        _text("certainty"),
        _whole("amount", nullable=True),
        _text("currency", nullable=True),
        _whole("quantity"),
        _text("unit"),
        _text("description"),
        _text("gap", nullable=True),
        _whole("recorded_at"),
        sa.PrimaryKeyConstraint("id", name="pk_entry"),
        sa.UniqueConstraint("chain", name="uq_entry_chain"),
        sa.ForeignKeyConstraint(["previous_id"], ["entry.id"], name="fk_entry_previous_id"),
        sa.CheckConstraint("window_start < window_end", name=op.f("ck_entry_window")),
        sa.CheckConstraint("(amount IS NULL) = (currency IS NULL)", name=op.f("ck_entry_amount")),
        sa.CheckConstraint("(amount IS NULL) = (gap IS NOT NULL)", name=op.f("ck_entry_gap")),
        sqlite_strict=True,
    )
    _table(
        "line",
        _whole("entry_id", autoincrement=False),
        _whole("position", autoincrement=False),
        _text("owner_kind"),
        _text("unit_name"),
        _text("workload_namespace", nullable=True),
        _text("workload_name", nullable=True),
        _text("subject"),
        _whole("nanos", nullable=True),
        _whole("quantity"),
        sa.ForeignKeyConstraint(["entry_id"], ["entry.id"], name="fk_line_entry_id"),
        sa.CheckConstraint("(workload_namespace IS NULL) = (workload_name IS NULL)", name=op.f("ck_line_workload")),
        key=("entry_id", "position"),
    )


def _heads() -> None:
    _table(
        "head",
        _text("key"),
        _whole("entry_id"),
        _whole("window_start"),
        sa.ForeignKeyConstraint(["entry_id"], ["entry.id"], name="fk_head_entry_id"),
        key=("key",),
    )
    op.create_index("ix_head_window_start", "head", ["window_start", "entry_id"])


def _devices() -> None:
    _table(
        "card_group",
        _text("node"),
        _whole("node_created", autoincrement=False),
        _text("resource"),
        _whole("window_start", autoincrement=False),
        _whole("window_end"),
        _text("product"),
        _whole("cards"),
        _text("labels"),
        _text("sharing"),
        key=("node", "node_created", "resource", "window_start"),
    )
    op.create_index("ix_card_group_window_end", "card_group", ["window_end"])
    _table(
        "holding",
        _text("pod_uid"),
        _text("resource"),
        _text("namespace"),
        _text("pod"),
        _text("labels"),
        _text("owners"),
        _text("node"),
        _whole("devices"),
        _whole("window_start"),
        _whole("window_end"),
        _whole("assumed_from", nullable=True),
        key=("pod_uid", "resource"),
    )
    op.create_index("ix_holding_window_end", "holding", ["window_end"])


def _observations() -> None:
    _table(
        "card_use",
        _whole("window_start", autoincrement=False),
        _text("subject"),
        _text("card"),
        _whole("window_end"),
        _text("signal"),
        _whole("busy_ppm"),
        key=("window_start", "subject", "card"),
    )
    _table(
        "pod_tokens",
        _whole("window_start", autoincrement=False),
        _text("namespace"),
        _text("pod"),
        _text("model"),
        _whole("window_end"),
        *_tokens(),
        key=("window_start", "namespace", "pod", "model"),
    )
    _table(
        "usage_row",
        _whole("window_start", autoincrement=False),
        _text("source"),
        _text("dimensions"),
        _whole("window_end"),
        *_tokens(),
        key=("window_start", "source", "dimensions"),
    )


def _table(name: str, *items: sa.schema.SchemaItem, key: tuple[str, ...]) -> None:
    primary = sa.PrimaryKeyConstraint(*key, name=f"pk_{name}")
    op.create_table(name, *items, primary, sqlite_strict=True, sqlite_with_rowid=False)


def _tokens() -> list[sa.Column[Any]]:
    return [_whole(name) for name in ("input", "cached_input", "cache_write", "output", "requests")]


def _whole(name: str, *, nullable: bool = False, autoincrement: bool = True) -> sa.Column[Any]:
    return sa.Column(name, _WHOLE, nullable=nullable, autoincrement=autoincrement)


def _text(name: str, *, nullable: bool = False) -> sa.Column[Any]:
    return sa.Column(name, _TEXT, nullable=nullable)
