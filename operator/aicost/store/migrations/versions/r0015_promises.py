"""What advice promised, since when, and what came of it: no ledger had any before."""

from __future__ import annotations

from aicost.store.migrations.columns import table, text, whole

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """From a ledger of what was paid alone."""
    table(
        "promise",
        *map(text, ("namespace", "name", "advice")),
        whole("since", autoincrement=False),
        text("told"),
        key=("namespace", "name", "advice", "since"),
    )
