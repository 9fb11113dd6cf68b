"""What callers had of metered model servers, by hour."""

from __future__ import annotations

from aicost.store.migrations.columns import table, text, whole

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """One more table."""
    table(
        "caller_use",
        whole("window_start", autoincrement=False),
        text("source"),
        text("dimensions"),
        *map(whole, ("window_end", "prefill", "decode", "input", "output")),
        key=("window_start", "source", "dimensions"),
    )
