"""When pods were on their nodes, and of which resource nobody saw their use: they had all of an hour, and both or neither."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa
from alembic import op

from aicost.store.migrations.columns import STRICT, WHOLE

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None
_HOURS = sa.table("host_hour", *map(sa.column, ("window_start", "window_end", "node", "takers")))
_USES = sa.table("host_use", *map(sa.column, ("window_start", "subject", "resource", "busy_ppm")))


def upgrade() -> None:
    """What was told of an hour stays, as it was told: the average over all of it."""
    with op.batch_alter_table("host_use", recreate="auto", table_kwargs=STRICT) as table:
        table.alter_column("busy_ppm", existing_type=WHOLE, nullable=True)
    connection = op.get_bind()
    for start, end, node, takers in connection.execute(sa.select(_HOURS)).all():
        told = json.loads(takers)
        text = json.dumps([_timed(of, [start, end]) for of in told], ensure_ascii=False, separators=(",", ":"))
        row = sa.and_(_HOURS.c.window_start == start, _HOURS.c.node == node)
        connection.execute(sa.update(_HOURS).where(row).values(takers=text))
        for subject in _unseen(told):
            for resource in ("CPU", "memory"):
                connection.execute(sa.insert(_USES).values(window_start=start, subject=subject, resource=resource))
    connection.execute(sa.text("DELETE FROM mark WHERE name = 'hosts.unmeasured'"))


def _timed(of: list[Any], there: list[int]) -> list[Any]:
    """UID, namespace, name, labels, owners; then when it was there, what it requested and what it used."""
    *pod, requested, used = of
    return [*pod, there, requested, used or [None, None]]


def _unseen(takers: list[list[Any]]) -> Iterator[str]:
    """What the lines of pods are called whose use nobody saw."""
    names = [f"{namespace}/{name}" for _, namespace, name, *_ in takers]
    for (uid, *_, used), name in zip(takers, names, strict=True):
        if used is None:
            yield name if names.count(name) == 1 else f"{name} {uid}"
