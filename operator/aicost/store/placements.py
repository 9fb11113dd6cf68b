"""Where MIG instances lay, of nodes whose cards are cut differently: each instance and holder once for hours that follow each other."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import Connection, RowMapping, Table, delete, select

from aicost.core.holdings import FOREVER
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
    """Forget what ended by then, but for what `needed` asks of it for nodes that had cards after it."""
    told = _begun(connection, before)
    there = set(connection.execute(select(card_group.c.node).where(card_group.c.window_end > before)).scalars())
    connection.execute(delete(placement).where(placement.c.window_start < before))
    left = needed(told, Window(before, FOREVER))
    put(connection, (each for each in left if each.window.end > before or each.node in there))


def overlapping(connection: Connection, over: Window) -> tuple[Placement, ...]:
    """Those that overlap a window, and of each node what was told last before it: see `needed`."""
    return needed(_begun(connection, over.end), over)


def _begun(connection: Connection, before: Instant) -> tuple[Placement, ...]:
    asked = select(placement).where(placement.c.window_start < before)
    return together(_read(row) for row in connection.execute(asked).mappings())


def _read(row: RowMapping) -> Placement:
    namespace, _, pod = row["subject"].partition("/")
    return Placement(row["node"], row["card"], row["instance"], row["profile"], read_window(row), namespace, pod)
