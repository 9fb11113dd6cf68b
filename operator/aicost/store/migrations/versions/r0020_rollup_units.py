"""The sums of each day by what they count, of lines without an amount: images and seconds were one number."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from aicost.store.migrations.columns import table, text, whole

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

NAMES = (
    "owner_kind", "unit_name", "workload_namespace", "workload_name", "component", "pool", "certainty", "currency", "gap",
    "unit",
)  # fmt: skip
SUMS = ("nanos_whole", "nanos_left", "quantity_whole", "quantity_left")


def upgrade() -> None:
    """From a ledger that added them up; all sums are made anew of the lines."""
    op.drop_table("rollup")
    days = whole("day", autoincrement=False)
    table("rollup", days, *map(text, NAMES), *map(whole, SUMS), key=("day", *NAMES))
    op.execute(
        sa.text("""
        INSERT INTO rollup
        SELECT head.window_start - head.window_start % 86400, owner_kind, unit_name, coalesce(workload_namespace, ''),
            coalesce(workload_name, ''), component, pool, certainty, coalesce(currency, ''), coalesce(gap, ''),
            CASE WHEN gap IS NULL THEN '' ELSE unit END,
            coalesce(sum(nanos / 1000000000), 0), coalesce(sum(nanos % 1000000000), 0),
            coalesce(sum(line.quantity / 1000000000), 0), coalesce(sum(line.quantity % 1000000000), 0)
        FROM head JOIN entry ON entry.id = head.entry_id JOIN line ON line.entry_id = entry.id
        GROUP BY head.window_start - head.window_start % 86400, owner_kind, unit_name, workload_namespace, workload_name,
            component, pool, certainty, currency, gap, CASE WHEN gap IS NULL THEN '' ELSE unit END
        """)
    )
