"""What files of bills told. Nobody kept it before: a file that was gone at the upgrade is missed only where its kin are there."""

from __future__ import annotations

from aicost.store.migrations.columns import table, text, whole

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """From a ledger that knew what bills came to, and not by which files."""
    table(
        "billed_files",
        text("account"),
        whole("day", autoincrement=False),
        text("files"),
        text("charges"),
        key=("account", "day"),
    )
