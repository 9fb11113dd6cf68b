"""On whose invoice, and of which month, each charge is that a bill's files told. Of what was told before, nobody knows."""

from __future__ import annotations

import json

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None
_DAYS = sa.table("billed_files", *map(sa.column, ("account", "day", "charges")))


def upgrade() -> None:
    """Two names more of each charge, which are empty; the columns stay."""
    connection = op.get_bind()
    for account, day, charges in connection.execute(sa.select(_DAYS)).all():
        told = [[*charge, "", "", shares] for *charge, shares in json.loads(charges)]
        text = json.dumps(told, ensure_ascii=False, separators=(",", ":"))
        row = sa.and_(_DAYS.c.account == account, _DAYS.c.day == day)
        connection.execute(sa.update(_DAYS).where(row).values(charges=text))
