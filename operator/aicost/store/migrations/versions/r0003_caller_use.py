"""What callers had of metered model servers, by hour."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_WHOLE = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    """One more table."""
    op.create_table(
        "caller_use",
        _whole("window_start"),
        sa.Column("source", _TEXT, nullable=False),
        sa.Column("dimensions", _TEXT, nullable=False),
        *map(_whole, ("window_end", "prefill", "decode", "input", "output")),
        sa.PrimaryKeyConstraint("window_start", "source", "dimensions", name="pk_caller_use"),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )


def _whole(name: str) -> sa.Column[Any]:
    return sa.Column(name, _WHOLE, nullable=False, autoincrement=False)
