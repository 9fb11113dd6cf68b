"""What nodes had of CPU and memory, and who took of it: nobody kept it before."""

from __future__ import annotations

from aicost.store.migrations.columns import table, text, whole

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """From a ledger of cards and bills alone."""
    table(
        "host_hour",
        whole("window_start", autoincrement=False),
        text("node"),
        *map(whole, ("window_end", "microcores", "memory")),
        text("takers"),
        key=("window_start", "node"),
    )
    table(
        "host_use",
        whole("window_start", autoincrement=False),
        *map(text, ("subject", "resource")),
        whole("busy_ppm"),
        key=("window_start", "subject", "resource"),
    )
