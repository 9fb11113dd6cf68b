"""The fence: who may write the ledger. And indexes by which a draft is deleted without a look at the whole history."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from aicost.store.migrations.columns import table, text, whole

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """One table of one row, two indexes."""
    table(
        "fence",
        whole("id", autoincrement=False),
        whole("term"),
        text("lease"),
        whole("epoch"),
        text("holder"),
        sa.CheckConstraint("id = 1", name=op.f("ck_fence_one")),
        key=("id",),
    )
    op.create_index("ix_head_entry_id", "head", ["entry_id"])
    had = sa.text("previous_id IS NOT NULL")
    op.create_index("ix_entry_previous_id", "entry", ["previous_id"], sqlite_where=had, postgresql_where=had)
