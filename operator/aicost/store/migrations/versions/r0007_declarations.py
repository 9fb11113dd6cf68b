"""What was declared, from when: who owned what before this revision is in the lines only."""

from __future__ import annotations

from aicost.store.migrations.columns import table, text, whole

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """From a ledger in which owners change at whole hours and days."""
    table(
        "declaration",
        whole("since", autoincrement=False),
        *map(text, ("kind", "namespace", "name")),
        text("declared", nullable=True),
        key=("since", "kind", "namespace", "name"),
    )
