"""For how long caches keep what is written to them. Of rows from before nobody asked: the next reading of their days tells."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from aicost.store.migrations.columns import STRICT, WHOLE

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """One column of counts."""
    with op.batch_alter_table("usage_row", recreate="auto", table_kwargs=STRICT) as table:
        table.add_column(sa.Column("cache_write_long", WHOLE, nullable=False, server_default="0"))
        table.alter_column("cache_write_long", server_default=None)
