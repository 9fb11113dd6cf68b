"""How cards are cut: the devices of a card group that pods ask for. Groups from before are of whole cards, or unknown."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    """No slots: what the next account of the node tells takes their place."""
    strict = {"sqlite_strict": True, "sqlite_with_rowid": False}
    with op.batch_alter_table("card_group", recreate="auto", table_kwargs=strict) as table:
        table.add_column(sa.Column("slots", _TEXT, nullable=False, server_default="[]"))
        table.alter_column("slots", server_default=None)
