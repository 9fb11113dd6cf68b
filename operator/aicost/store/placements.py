"""Where MIG instances lay, of nodes whose cards are cut differently: each instance and holder once for hours that follow each other."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import Connection, RowMapping, Table, delete, exists, or_, select

from aicost.core.placements import Placement, needed, together
from aicost.core.window import Instant, Window
from aicost.store.columns import WHOLE, key, metadata, whole
from aicost.store.encoding import read_window
from aicost.store.engine import upsert
from aicost.store.schema import card_group

placement = Table(
    "placement",
    metadata,
    key("window_start", WHOLE),
    *map(key, ("node", "card", "instance", "profile", "subject")),
    whole("window_end"),
    sqlite_strict=True,
    sqlite_with_rowid=False,
)
"""`subject` is namespace/pod, as in table `line`, and empty where nobody held the instance."""


def put(connection: Connection, told: Iterable[Placement]) -> None:
    """Store them; what lasts longer now takes the place of what began with it."""
    rows = [
        {
            **{name: getattr(each, name) for name in ("node", "card", "instance", "profile")},
            "subject": each.holder,
            "window_start": each.window.start,
            "window_end": each.window.end,
        }
        for each in told
    ]
    if rows:
        connection.execute(upsert(placement, connection), rows)


def prune(connection: Connection, before: Instant) -> None:
    """Forget what ended by then, but for what was told last of each instance of nodes that had cards after it: see `needed`."""
    of, newer = placement.c, placement.alias()
    lies = (of[name] == newer.c[name] for name in ("node", "card", "instance", "profile"))
    superseded = exists().where(*lies, newer.c.window_end > of.window_end)
    there = select(card_group.c.node).where(card_group.c.window_end > before)
    connection.execute(delete(placement).where(of.window_end <= before, or_(superseded, of.node.not_in(there))))


def overlapping(connection: Connection, over: Window) -> tuple[Placement, ...]:
    """Those that overlap a window, whole, and of each instance what was told last before it."""
    asked = select(placement).where(placement.c.window_start < over.end)
    return needed(together(_read(row) for row in connection.execute(asked).mappings()), over)


def _read(row: RowMapping) -> Placement:
    namespace, _, pod = row["subject"].partition("/")
    return Placement(row["node"], row["card"], row["instance"], row["profile"], read_window(row), namespace, pod)
