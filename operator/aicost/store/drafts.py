"""Drafts: entries of hours still open, which every commit replaces and which leave no history.

They lie in the same tables under negative ids, so that every sum counts them without asking, and only their rows are
ever deleted.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from sqlalchemy import Connection, and_, bindparam, delete, func, select

from aicost.core.window import Instant
from aicost.store.entries import SETTLED, Place, Reading, Sheet, append, settled, write
from aicost.store.schema import entry, head, line

_OVERDUE = Reading.of(entry, and_(~SETTLED, entry.c.window_start < bindparam("since")))
_STORED = select(entry.c.key, entry.c.id, entry.c.content).where(~SETTLED)
_LAST = select(func.coalesce(func.min(entry.c.id), 0)).where(~SETTLED)


def replace(
    connection: Connection, entries: Sequence[Sheet], drafts: Sequence[Sheet], since: Instant, at: Instant
) -> int:
    """Append the entries and let the drafts take the place of those before them; returns how many joined history.

    A draft whose key has a history joins it. A draft that says what it said before stays where it is. A draft of before
    `since` of which nothing is told any more settles as it is: what was charged is never dropped.
    """
    entries = [*_overdue(connection, since, {sheet.key for sheet in (*entries, *drafts)}), *entries]
    stays = {sheet.key: sheet.content for sheet in drafts}
    for sheet in entries:
        stays.pop(sheet.key, None)
    before = _stored(connection)
    _drop(connection, [draft_id for key, (draft_id, content) in before.items() if stays.get(key) != content])
    appended = append(connection, entries, at)
    history = settled(connection, [sheet.key for sheet in drafts])
    appended += append(connection, [sheet for sheet in drafts if sheet.key in history], at)
    kept = {key for key, (_, content) in before.items() if stays.get(key) == content}
    _write(connection, {sheet.key: sheet for sheet in drafts if sheet.key not in history.keys() | kept}.values(), at)
    return appended


def settle(connection: Connection, before: Instant, at: Instant) -> None:
    """Let the drafts of hours before an instant join history as they are."""
    sheets = _overdue(connection, before, ())
    stored = _stored(connection)
    _drop(connection, [stored[sheet.key][0] for sheet in sheets])
    append(connection, sheets, at)


def _overdue(connection: Connection, since: Instant, told: Collection[str]) -> list[Sheet]:
    before = _OVERDUE.read(connection, {"since": since})
    return [sheet for sheet in map(Sheet.of, before) if sheet.key not in told]


def _stored(connection: Connection) -> dict[str, tuple[int, str]]:
    return {key: (draft_id, content) for key, draft_id, content in connection.execute(_STORED)}


def _drop(connection: Connection, ids: Sequence[int]) -> None:
    if not ids:
        return
    of = [{"draft_id": draft_id} for draft_id in ids]
    for column in (head.c.entry_id, line.c.entry_id, entry.c.id):
        connection.execute(delete(column.table).where(column == bindparam("draft_id")), of)


def _write(connection: Connection, sheets: Collection[Sheet], at: Instant) -> None:
    last = connection.execute(_LAST).scalar_one()
    placed = [(sheet, Place(last - place, sheet.content, sheet.content)) for place, sheet in enumerate(sheets, start=1)]
    write(connection, placed, at)
