"""Closed months, and the corrections of each."""

from __future__ import annotations

import sqlalchemy as sa

from aicost.store.migrations.columns import table, text, whole

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """From a ledger that closes no month, and so has no correction."""
    table("correction", text("corrected"), text("key"), key=("corrected", "key"))
    table(
        "closing",
        text("period"),
        whole("closed_at"),
        *map(text, ("closed_by", "digest", "remaining", "accounts", "chain")),
        sa.UniqueConstraint("chain", name="uq_closing_chain"),
        key=("period",),
    )
