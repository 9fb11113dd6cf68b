"""Appending entries and reading the latest of each key."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Connection, RowMapping, and_, func, insert, select

from aicost.core.ledger import Entry
from aicost.core.window import Instant, Window
from aicost.store.encoding import Values, canonical, chain, content, line_values, origin_values, read_entry
from aicost.store.engine import upsert
from aicost.store.schema import entry, head, line

_BATCH = 1000
_LATEST = entry.join(head, head.c.entry_id == entry.c.id)


@dataclass(frozen=True, slots=True)
class _Latest:
    entry_id: int
    content: str
    chain: str


def append(connection: Connection, additions: Sequence[Entry], at: Instant) -> int:
    """Append each entry that differs from the latest of its key; returns how many did."""
    following = connection.execute(select(func.coalesce(func.max(entry.c.id), 0))).scalar_one() + 1
    appended = 0
    for start in range(0, len(additions), _BATCH):
        appended += _append(connection, additions[start : start + _BATCH], following + appended, at)
    return appended


def latest(connection: Connection, over: Window) -> tuple[Entry, ...]:
    """The latest entry of each key whose origin begins in the window, by key."""
    lines: dict[int, list[RowMapping]] = defaultdict(list)
    parts = line.join(head, head.c.entry_id == line.c.entry_id)
    ordered = select(line).select_from(parts).where(begins_in(over)).order_by(line.c.entry_id, line.c.position)
    for row in connection.execute(ordered).mappings():
        lines[row["entry_id"]].append(row)
    rows = connection.execute(select(entry).select_from(_LATEST).where(begins_in(over))).mappings()
    return tuple(sorted((read_entry(row, lines[row["id"]]) for row in rows), key=lambda found: found.origin.key))


def begins_in(over: Window) -> ColumnElement[bool]:
    """Whether the origin that a row of `head` points at begins in the window."""
    return and_(head.c.window_start >= over.start, head.c.window_start < over.end)


def _append(connection: Connection, additions: Sequence[Entry], first_id: int, at: Instant) -> int:
    known = dict(_known(connection, [canonical(addition.origin.key) for addition in additions]))
    rows: list[Values] = []
    line_rows: list[Values] = []
    heads: dict[str, Values] = {}
    for addition in additions:
        row = origin_values(addition.origin)
        lines = [line_values(position, part) for position, part in enumerate(addition.lines)]
        was, says, key = known.get(row["key"]), content(row, lines), row["key"]
        if was is not None and was.content == says:
            continue
        now = _Latest(first_id + len(rows), says, chain(was.chain if was else "", says))
        known[key] = now
        heads[key] = {"key": key, "entry_id": now.entry_id, "window_start": row["window_start"]}
        rows.append(row | _place_in_history(now, was, at))
        line_rows.extend(part | {"entry_id": now.entry_id} for part in lines)
    if rows:
        connection.execute(insert(entry), rows)
        connection.execute(upsert(head, connection), list(heads.values()))
    if line_rows:
        connection.execute(insert(line), line_rows)
    return len(rows)


def _place_in_history(now: _Latest, was: _Latest | None, at: Instant) -> Values:
    return {
        "id": now.entry_id,
        "previous_id": None if was is None else was.entry_id,
        "content": now.content,
        "chain": now.chain,
        "recorded_at": at,
    }


def _known(connection: Connection, keys: Iterable[str]) -> Iterator[tuple[str, _Latest]]:
    wanted = head.c.key.in_(set(keys))
    found = select(head.c.key, entry.c.id, entry.c.content, entry.c.chain).select_from(_LATEST).where(wanted)
    for key, entry_id, says, name in connection.execute(found):
        yield key, _Latest(entry_id, says, name)
