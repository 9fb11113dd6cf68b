"""The fence: who may write the ledger. And indexes by which a draft is deleted without a look at the whole history."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_WHOLE = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    """One table of one row, two indexes."""
    op.create_table(
        "fence",
        sa.Column("id", _WHOLE, nullable=False, autoincrement=False),
        sa.Column("term", _WHOLE, nullable=False),
        sa.Column("lease", _TEXT, nullable=False),
        sa.Column("epoch", _WHOLE, nullable=False),
        sa.Column("holder", _TEXT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_fence"),
        sa.CheckConstraint("id = 1", name=op.f("ck_fence_one")),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    op.create_index("ix_head_entry_id", "head", ["entry_id"])
    had = sa.text("previous_id IS NOT NULL")
    op.create_index("ix_entry_previous_id", "entry", ["previous_id"], sqlite_where=had, postgresql_where=had)
