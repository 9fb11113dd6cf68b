"""Appending entries to the history of their keys, and reading the latest of each key.

Statements are made once and take their bounds as parameters: making one costs more than running it on a small ledger.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache
from json import loads
from typing import Any

from sqlalchemy import (
    CTE,
    ColumnElement,
    Connection,
    FromClause,
    RowMapping,
    Select,
    and_,
    bindparam,
    func,
    insert,
    select,
)

from aicost.core.corrections import CORRECTION
from aicost.core.ledger import Component, Entry
from aicost.core.window import DAY, Instant, Period, Window
from aicost.ports import Malformed
from aicost.store.encoding import Values, chain, content, line_values, origin_values, read_entry
from aicost.store.engine import upsert
from aicost.store.schema import correction, entry, head, line

BATCH = 1000
BITS = 63
LATEST = head.join(entry, entry.c.id == head.c.entry_id)
SETTLED = entry.c.id > 0
BEGINS_IN = and_(head.c.window_start >= bindparam("since"), head.c.window_start < bindparam("before"))
"""Whether the origin that a row of `head` points at begins in the window whose `bounds` are given."""


def _walked() -> CTE:
    """Each key's history from its latest entry back to the first that was recorded at or before `as_of`."""
    start = select(entry.c.id, entry.c.previous_id, entry.c.recorded_at).select_from(LATEST).where(BEGINS_IN, SETTLED)
    walked, older = start.cte("walked", recursive=True), entry.alias("older")
    back = select(older.c.id, older.c.previous_id, older.c.recorded_at).select_from(
        walked.join(older, older.c.id == walked.c.previous_id)
    )
    return walked.union_all(back.where(walked.c.recorded_at > bindparam("as_of")))


_WALKED = _walked()


@dataclass(frozen=True, slots=True)
class Standing:
    """Rows of `entry` that count, one of each key: where to find them, and which they are. `bounds` are the parameters."""

    rows: FromClause
    wanted: ColumnElement[bool]


_NOW = Standing(LATEST, BEGINS_IN)
_THEN = Standing(_WALKED.join(entry, entry.c.id == _WALKED.c.id), _WALKED.c.recorded_at <= bindparam("as_of"))
_CORRECTS = f'["{CORRECTION}",'
_LAST = select(func.coalesce(func.max(entry.c.id), 0)).where(SETTLED)
_EARLIEST = select(func.min(head.c.window_start)).where(head.c.window_start >= bindparam("since"))
_PLACES = (
    select(entry.c.key, entry.c.id, entry.c.content, entry.c.chain, entry.c.previous_id, entry.c.window_start)
    .select_from(LATEST)
    .where(head.c.key.in_(bindparam("keys", expanding=True)), SETTLED)
)


@dataclass(frozen=True, slots=True)
class Sheet:
    """The rows of one entry, its id and its place in history still missing."""

    origin: Values
    lines: tuple[Values, ...]
    content: str

    @classmethod
    def of(cls, value: Entry) -> Sheet:
        """The rows that say what the entry says. Raises Malformed where a row cannot hold one of its numbers."""
        origin = origin_values(value.origin)
        lines = tuple(line_values(position, part) for position, part in enumerate(value.lines))
        numbers = (origin["amount"], *(part["nanos"] for part in lines), *(part["quantity"] for part in lines))
        if any(number is not None and number.bit_length() > BITS for number in (*numbers, origin["quantity"])):
            of = value.origin
            raise Malformed(
                f"entry {'/'.join(of.key)} cannot be stored: a number of it (amount {of.amount or 'unknown'}, {of.quantity}"
                f" {of.unit}) is beyond 64 bits, which hold 9.2 billion units of a currency; nothing was stored"
            )
        return cls(origin, lines, content(origin, lines))

    @property
    def key(self) -> str:
        """The canonical text of the origin's key."""
        key: str = self.origin["key"]
        return key

    @property
    def corrects(self) -> str | None:
        """The month that it corrects, if it is a correction: the second part of its key."""
        return str(loads(self.key)[1]) if self.key.startswith(_CORRECTS) else None


@dataclass(frozen=True, slots=True)
class Place:
    """Where an entry stands in the history of its key."""

    entry_id: int
    content: str
    chain: str
    previous_id: int | None = None
    begins: int = 0


@dataclass(slots=True)
class Changes:
    """What a transaction changes: how many entries joined history, and on which days lines count that did not, or no more."""

    appended: int = 0
    days: set[int] = field(default_factory=set)

    def at(self, *instants: int) -> None:
        """What begins at these instants counts now, or no longer."""
        self.days.update(instant - instant % DAY for instant in instants)


def standing(*, then: bool) -> Standing:
    """The entries that count now, or as of an instant."""
    return _THEN if then else _NOW


def append(connection: Connection, sheets: Sequence[Sheet], at: Instant, changes: Changes) -> None:
    """Append each entry that differs from the latest of its key."""
    last = connection.execute(_LAST).scalar_one()
    for start in range(0, len(sheets), BATCH):
        last += _append(connection, sheets[start : start + BATCH], last, at, changes)


def settled(connection: Connection, keys: Sequence[str]) -> dict[str, Place]:
    """The latest entry of those keys that have a history."""
    found: dict[str, Place] = {}
    for start in range(0, len(keys), BATCH):
        for key, *place in connection.execute(_PLACES, {"keys": keys[start : start + BATCH]}):
            found[key] = Place(*place)
    return found


def write(connection: Connection, placed: Sequence[tuple[Sheet, Place]], at: Instant, changes: Changes) -> None:
    """Insert entries with their lines, and let the heads of their keys point at them."""
    if not placed:
        return
    changes.at(*(sheet.origin["window_start"] for sheet, _ in placed))
    rows = [sheet.origin | _place_values(place, at) for sheet, place in placed]
    lines = [part | {"entry_id": place.entry_id} for sheet, place in placed for part in sheet.lines]
    heads = {
        sheet.key: {"key": sheet.key, "entry_id": place.entry_id, "window_start": sheet.origin["window_start"]}
        for sheet, place in placed
    }
    connection.execute(insert(entry), rows)
    connection.execute(upsert(head, connection), list(heads.values()))
    if lines:
        connection.execute(insert(line), lines)
    first = [sheet for sheet, place in placed if place.entry_id > 0 and place.previous_id is None]
    if corrections := [{"corrected": month, "key": sheet.key} for sheet in first if (month := sheet.corrects)]:
        connection.execute(insert(correction), corrections)


def latest(
    connection: Connection, over: Window, component: Component | None, as_of: Instant | None
) -> tuple[Entry, ...]:
    """The latest entry of each key whose origin begins in the window, by key; of all components where none is given.

    With `as_of` the latest of history that was recorded at or before that instant.
    """
    return _latest(component, then=as_of is not None).read(connection, bounds(over, as_of))


def corrections_of(connection: Connection, period: Period) -> tuple[Entry, ...]:
    """The latest corrections of a closed month, by key, in whatever months they are booked."""
    return _corrections().read(connection, {"corrected": period.month})


def earliest(connection: Connection, since: Instant) -> Instant | None:
    """When the first origin begins that begins at or after an instant."""
    found = connection.execute(_EARLIEST, {"since": since}).scalar_one()
    return None if found is None else Instant(found)


@dataclass(frozen=True, slots=True)
class Reading:
    """The statements that read entries with their lines."""

    entries: Select[Any]
    lines: Select[Any]

    @classmethod
    def of(cls, among: FromClause, wanted: ColumnElement[bool]) -> Reading:
        """Of the entries that are wanted among rows of table `entry`, alone or joined."""
        lines = select(line).select_from(among.join(line, line.c.entry_id == entry.c.id)).where(wanted)
        return cls(select(entry).select_from(among).where(wanted), lines.order_by(line.c.entry_id, line.c.position))

    def read(self, connection: Connection, parameters: Values) -> tuple[Entry, ...]:
        """The entries, by key."""
        lines: dict[int, list[RowMapping]] = defaultdict(list)
        for row in connection.execute(self.lines, parameters).mappings():
            lines[row["entry_id"]].append(row)
        rows = connection.execute(self.entries, parameters).mappings()
        return tuple(sorted((read_entry(row, lines[row["id"]]) for row in rows), key=lambda found: found.origin.key))


def bounds(over: Window, as_of: Instant | None = None) -> Values:
    """The parameters of a statement that asks for BEGINS_IN, now or as of an instant."""
    then = {} if as_of is None else {"as_of": as_of}
    return {"since": over.start, "before": over.end} | then


def link(previous: str, said: str, at: Instant) -> str:
    """The chain of an entry: through the one before it, all that its key ever said, and when each was recorded."""
    return chain(previous, f"{said}@{at}")


@cache
def _latest(component: Component | None, *, then: bool) -> Reading:
    of_it = () if component is None else (entry.c.component == component.value,)
    among = standing(then=then)
    return Reading.of(among.rows, and_(among.wanted, *of_it))


@cache
def _corrections() -> Reading:
    rows = correction.join(head, head.c.key == correction.c.key).join(entry, entry.c.id == head.c.entry_id)
    return Reading.of(rows, correction.c.corrected == bindparam("corrected"))


def _append(connection: Connection, sheets: Sequence[Sheet], last: int, at: Instant, changes: Changes) -> int:
    before = settled(connection, [sheet.key for sheet in sheets])
    placed = list(_placed(sheets, dict(before), last, at))
    write(connection, placed, at, changes)
    changes.at(*(before[sheet.key].begins for sheet, _ in placed if sheet.key in before))
    changes.appended += len(placed)
    return len(placed)


def _placed(sheets: Iterable[Sheet], places: dict[str, Place], last: int, at: Instant) -> Iterator[tuple[Sheet, Place]]:
    for sheet in sheets:
        was = places.get(sheet.key)
        if was is not None and was.content == sheet.content:
            continue
        last += 1
        name = link(was.chain if was else "", sheet.content, at)
        places[sheet.key] = Place(last, sheet.content, name, was.entry_id if was else None)
        yield sheet, places[sheet.key]


def _place_values(place: Place, at: Instant) -> Values:
    return {
        "id": place.entry_id,
        "previous_id": place.previous_id,
        "content": place.content,
        "chain": place.chain,
        "recorded_at": at,
    }
