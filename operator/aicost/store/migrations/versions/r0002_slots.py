"""How cards are cut: the devices of a card group that pods ask for. Groups from before are of whole cards, or unknown."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from aicost.store.migrations.columns import STRICT, TEXT

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """No slots: what the next account of the node tells takes their place."""
    with op.batch_alter_table("card_group", recreate="auto", table_kwargs=STRICT) as table:
        table.add_column(sa.Column("slots", TEXT, nullable=False, server_default="[]"))
        table.alter_column("slots", server_default=None)
