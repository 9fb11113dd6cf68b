"""Closed months, and the corrections of each."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

_WHOLE = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    """From a ledger that closes no month, and so has no correction."""
    op.create_table(
        "correction",
        _text("corrected"),
        _text("key"),
        sa.PrimaryKeyConstraint("corrected", "key", name="pk_correction"),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    op.create_table(
        "closing",
        _text("period"),
        sa.Column("closed_at", _WHOLE, nullable=False),
        _text("closed_by"),
        _text("digest"),
        _text("remaining"),
        _text("accounts"),
        _text("chain"),
        sa.PrimaryKeyConstraint("period", name="pk_closing"),
        sa.UniqueConstraint("chain", name="uq_closing_chain"),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )


def _text(name: str) -> sa.Column[str]:
    return sa.Column(name, _TEXT, nullable=False)
