"""The first ledger: entries with their lines and heads, devices, what was observed, and marks."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from aicost.store.migrations.columns import table, text, whole

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """From nothing."""
    _entries()
    _heads()
    _devices()
    _observations()
    table("mark", text("name"), text("value"), key=("name",))


def _entries() -> None:
    op.create_table(
        "entry",
        whole("id", autoincrement=False),
        text("key"),
        text("content"),
        text("chain"),
        whole("previous_id", nullable=True),
        whole("window_start"),
        whole("window_end"),
        text("period"),
        text("component"),
        text("pool"),
        text("certainty"),
        whole("amount", nullable=True),
        text("currency", nullable=True),
        whole("quantity"),
        text("unit"),
        text("description"),
        text("gap", nullable=True),
        whole("recorded_at"),
        sa.PrimaryKeyConstraint("id", name="pk_entry"),
        sa.UniqueConstraint("chain", name="uq_entry_chain"),
        sa.ForeignKeyConstraint(["previous_id"], ["entry.id"], name="fk_entry_previous_id"),
        sa.CheckConstraint("window_start < window_end", name=op.f("ck_entry_window")),
        sa.CheckConstraint("(amount IS NULL) = (currency IS NULL)", name=op.f("ck_entry_amount")),
        sa.CheckConstraint("(amount IS NULL) = (gap IS NOT NULL)", name=op.f("ck_entry_gap")),
        sqlite_strict=True,
    )
    table(
        "line",
        whole("entry_id", autoincrement=False),
        whole("position", autoincrement=False),
        text("owner_kind"),
        text("unit_name"),
        text("workload_namespace", nullable=True),
        text("workload_name", nullable=True),
        text("subject"),
        whole("nanos", nullable=True),
        whole("quantity"),
        sa.ForeignKeyConstraint(["entry_id"], ["entry.id"], name="fk_line_entry_id"),
        sa.CheckConstraint("(workload_namespace IS NULL) = (workload_name IS NULL)", name=op.f("ck_line_workload")),
        key=("entry_id", "position"),
    )


def _heads() -> None:
    table(
        "head",
        text("key"),
        whole("entry_id"),
        whole("window_start"),
        sa.ForeignKeyConstraint(["entry_id"], ["entry.id"], name="fk_head_entry_id"),
        key=("key",),
    )
    op.create_index("ix_head_window_start", "head", ["window_start", "entry_id"])


def _devices() -> None:
    table(
        "card_group",
        text("node"),
        whole("node_created", autoincrement=False),
        text("resource"),
        whole("window_start", autoincrement=False),
        whole("window_end"),
        text("product"),
        whole("cards"),
        text("labels"),
        text("sharing"),
        key=("node", "node_created", "resource", "window_start"),
    )
    op.create_index("ix_card_group_window_end", "card_group", ["window_end"])
    table(
        "holding",
        text("pod_uid"),
        text("resource"),
        text("namespace"),
        text("pod"),
        text("labels"),
        text("owners"),
        text("node"),
        whole("devices"),
        whole("window_start"),
        whole("window_end"),
        whole("assumed_from", nullable=True),
        key=("pod_uid", "resource"),
    )
    op.create_index("ix_holding_window_end", "holding", ["window_end"])


def _observations() -> None:
    table(
        "card_use",
        whole("window_start", autoincrement=False),
        text("subject"),
        text("card"),
        whole("window_end"),
        text("signal"),
        whole("busy_ppm"),
        key=("window_start", "subject", "card"),
    )
    table(
        "pod_tokens",
        whole("window_start", autoincrement=False),
        text("namespace"),
        text("pod"),
        text("model"),
        whole("window_end"),
        *_tokens(),
        key=("window_start", "namespace", "pod", "model"),
    )
    table(
        "usage_row",
        whole("window_start", autoincrement=False),
        text("source"),
        text("dimensions"),
        whole("window_end"),
        *_tokens(),
        key=("window_start", "source", "dimensions"),
    )


def _tokens() -> list[sa.Column[int]]:
    return [whole(name) for name in ("input", "cached_input", "cache_write", "output", "requests")]
