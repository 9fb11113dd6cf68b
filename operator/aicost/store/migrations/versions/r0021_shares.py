"""What each file of a bill told: of several only the sum was known, and by which. It counts as the first one's.

So it is missed if any of them is gone before they are read again, and as it was if they are there.
"""

from __future__ import annotations

import json
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None
_DAYS = sa.table("billed_files", *map(sa.column, ("account", "day", "files", "charges")))


def upgrade() -> None:
    """Sums become shares; the columns stay."""
    connection = op.get_bind()
    for account, day, files, charges in connection.execute(sa.select(_DAYS)).all():
        names = sorted(name for name, _ in json.loads(files))
        told = [_shared(names, *of) for of in json.loads(charges)]
        text = json.dumps([of for of in told if of], ensure_ascii=False, separators=(",", ":"))
        row = sa.and_(_DAYS.c.account == account, _DAYS.c.day == day)
        connection.execute(sa.update(_DAYS).where(row).values(charges=text))


def _shared(names: list[str], *of: Any) -> list[Any] | None:
    """Service, account, category and currency, then which file told how much."""
    *charge, amount, by = of
    return [*charge, [[names.index(min(by)), amount]]] if by else None
