"""What differed of a closed month between cash and amortised. Of months that were closed before, nobody kept it."""

from __future__ import annotations

from typing import Literal

import sqlalchemy as sa
from alembic import op

from aicost.store.migrations.columns import STRICT, TEXT

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """One column, which has no part in the chain of closings that lack it."""
    recreate: Literal["always", "never"] = "always" if op.get_context().dialect.name == "sqlite" else "never"
    with op.batch_alter_table("closing", recreate=recreate, table_kwargs=STRICT) as table:
        table.add_column(sa.Column("spreads", TEXT, nullable=True))
