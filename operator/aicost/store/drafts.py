"""Drafts: entries of hours still open, which every commit replaces and which leave no history.

They lie in the same tables under negative ids, so that every sum counts them without asking, and only their rows are
ever deleted.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from sqlalchemy import Connection, and_, bindparam, delete, func, select

from aicost.core.window import Instant
from aicost.store import rollups
from aicost.store.entries import SETTLED, Changes, Place, Reading, Sheet, append, settled, write
from aicost.store.schema import entry, head, line

_OVERDUE = Reading.of(entry, and_(~SETTLED, entry.c.window_start < bindparam("since")))
_STORED = select(
    entry.c.key, entry.c.id, entry.c.content, entry.c.chain, entry.c.previous_id, entry.c.window_start
).where(~SETTLED)
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
    before, changes = _stored(connection), Changes()
    _drop(connection, [draft for key, draft in before.items() if stays.get(key) != draft.content], changes)
    append(connection, entries, at, changes)
    history = settled(connection, [sheet.key for sheet in drafts])
    append(connection, [sheet for sheet in drafts if sheet.key in history], at, changes)
    kept = {key for key, draft in before.items() if stays.get(key) == draft.content}
    new = {sheet.key: sheet for sheet in drafts if sheet.key not in history.keys() | kept}
    _write(connection, new.values(), at, changes)
    rollups.refresh(connection, changes.days)
    return changes.appended


def settle(connection: Connection, before: Instant, at: Instant) -> None:
    """Let the drafts of hours before an instant join history as they are."""
    sheets = _overdue(connection, before, ())
    stored, changes = _stored(connection), Changes()
    _drop(connection, [stored[sheet.key] for sheet in sheets], changes)
    append(connection, sheets, at, changes)
    rollups.refresh(connection, changes.days)


def _overdue(connection: Connection, since: Instant, told: Collection[str]) -> list[Sheet]:
    before = _OVERDUE.read(connection, {"since": since})
    return [sheet for sheet in map(Sheet.of, before) if sheet.key not in told]


def _stored(connection: Connection) -> dict[str, Place]:
    return {key: Place(*place) for key, *place in connection.execute(_STORED)}


def _drop(connection: Connection, drafts: Sequence[Place], changes: Changes) -> None:
    if not drafts:
        return
    changes.at(*(draft.begins for draft in drafts))
    of = [{"draft_id": draft.entry_id} for draft in drafts]
    for column in (head.c.entry_id, line.c.entry_id, entry.c.id):
        connection.execute(delete(column.table).where(column == bindparam("draft_id")), of)


def _write(connection: Connection, sheets: Collection[Sheet], at: Instant, changes: Changes) -> None:
    last = connection.execute(_LAST).scalar_one()
    placed = [(sheet, Place(last - place, sheet.content, sheet.content)) for place, sheet in enumerate(sheets, start=1)]
    write(connection, placed, at, changes)
