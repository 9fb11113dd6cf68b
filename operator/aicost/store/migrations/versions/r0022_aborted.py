"""Of how many requests to a model server whoever asked went away. Of hours that were read before, nobody knows."""

from __future__ import annotations

from typing import Literal

from alembic import op

from aicost.store.migrations.columns import STRICT, whole

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """One column."""
    recreate: Literal["always", "never"] = "always" if op.get_context().dialect.name == "sqlite" else "never"
    with op.batch_alter_table("pod_tokens", recreate=recreate, table_kwargs=STRICT) as table:
        table.add_column(whole("aborted", nullable=True))
