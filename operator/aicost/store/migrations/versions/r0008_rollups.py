"""Sums of each UTC day, kept beside the lines that they sum."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from aicost.store.migrations.columns import table, text, whole

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

NAMES = (
    "owner_kind", "unit_name", "workload_namespace", "workload_name", "component", "pool", "certainty", "currency", "gap"
)  # fmt: skip
SUMS = ("nanos_whole", "nanos_left", "quantity_whole", "quantity_left")


def upgrade() -> None:
    """From a ledger that sums all its lines each time; the sums of what it holds are made here."""
    days = whole("day", autoincrement=False)
    table("rollup", days, *map(text, NAMES), *map(whole, SUMS), key=("day", *NAMES))
    op.execute(
        sa.text("""
        INSERT INTO rollup
        SELECT head.window_start - head.window_start % 86400, owner_kind, unit_name, coalesce(workload_namespace, ''),
            coalesce(workload_name, ''), component, pool, certainty, coalesce(currency, ''), coalesce(gap, ''),
            coalesce(sum(nanos / 1000000000), 0), coalesce(sum(nanos % 1000000000), 0),
            coalesce(sum(line.quantity / 1000000000), 0), coalesce(sum(line.quantity % 1000000000), 0)
        FROM head JOIN entry ON entry.id = head.entry_id JOIN line ON line.entry_id = entry.id
        GROUP BY head.window_start - head.window_start % 86400, owner_kind, unit_name, workload_namespace, workload_name,
            component, pool, certainty, currency, gap
        """)
    )
