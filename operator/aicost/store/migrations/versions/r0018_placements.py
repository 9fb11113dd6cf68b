"""Where MIG instances lie. Nobody kept it before: series may still tell of the open months, and closed ones stay as they are."""

from __future__ import annotations

from aicost.store.migrations.columns import table, text, whole

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

_NAMES = ("node", "card", "instance", "profile", "subject")


def upgrade() -> None:
    """From a ledger that knew how many instances a node has of each profile."""
    table(
        "placement",
        whole("window_start", autoincrement=False),
        *map(text, _NAMES),
        whole("window_end"),
        key=("window_start", *_NAMES),
    )
