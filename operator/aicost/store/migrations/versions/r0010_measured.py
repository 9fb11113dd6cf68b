"""What providers count beside tokens. Of rows from before, nobody asked: the next reading of their days tells."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from aicost.store.migrations.columns import STRICT, TEXT

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """One column of sorted pairs."""
    with op.batch_alter_table("usage_row", recreate="auto", table_kwargs=STRICT) as table:
        table.add_column(sa.Column("measured", TEXT, nullable=False, server_default="[]"))
        table.alter_column("measured", server_default=None)
