"""By which ResourceClaim a pod held devices, and which cards such claims hand out. None before was known to be so."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from aicost.store.migrations.columns import STRICT, TEXT, WHOLE

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """A pod holds a resource once by each claim: the claim is a part of the key."""
    made_anew = op.get_bind().dialect.name == "sqlite"
    with op.batch_alter_table("holding", recreate="always" if made_anew else "never", table_kwargs=STRICT) as table:
        # Beside the others of the key: SQLite 3.40's integrity_check misreads a key that is scattered over the row.
        table.add_column(
            sa.Column("claim", TEXT, nullable=False, server_default=""), insert_after="resource" if made_anew else None
        )
        table.alter_column("claim", server_default=None)
        table.drop_constraint("pk_holding", type_="primary")
        table.create_primary_key("pk_holding", ["pod_uid", "resource", "claim"])
    with op.batch_alter_table("card_group", recreate="auto", table_kwargs=STRICT) as table:
        table.add_column(sa.Column("claimable", WHOLE, nullable=False, server_default="0"))
        table.alter_column("claimable", server_default=None)
