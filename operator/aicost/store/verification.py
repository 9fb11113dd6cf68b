"""Proving a ledger from its rows: every hash made anew, every chain walked, every closed month's digest compared.

Rows of history never change, so they are read in portions, between which others may use the ledger.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence

from sqlalchemy import Connection, Engine, RowMapping, func, or_, select, true, union

from aicost.core.ledger import Broken, Verification
from aicost.core.window import Period
from aicost.ports import Malformed
from aicost.store import closings, rollups, sums
from aicost.store.encoding import content, read_entry
from aicost.store.entries import SETTLED, link
from aicost.store.schema import entry, head, line

BATCH = 1000
_OWN = ("id", "content", "chain", "previous_id", "recorded_at")
_SAID = tuple(column.name for column in entry.columns if column.name not in _OWN)
_PART = tuple(column.name for column in line.columns if column.name != "entry_id")
_COUNTED = select(func.coalesce(func.max(entry.c.id), 0), func.count()).where(SETTLED)
_FOLLOWED = select(entry.c.previous_id).where(entry.c.previous_id.is_not(None))
_LOOSE = union(
    select(entry.c.key).where(entry.c.id.not_in(select(head.c.entry_id)), entry.c.id.not_in(_FOLLOWED)),
    select(head.c.key).where(head.c.entry_id.in_(_FOLLOWED)),
)
"""Keys with an entry that is neither the latest nor followed by another, or both. Sets, for a join would be quadratic."""
_ASTRAY = (
    select(head.c.key)
    .select_from(head.outerjoin(entry, entry.c.id == head.c.entry_id))
    .where(or_(entry.c.id.is_(None), entry.c.key != head.c.key, entry.c.window_start != head.c.window_start))
)
"""Keys whose latest entry is not there, or is another key's or another time's."""


def verify(opened: Engine, period: Period | None) -> Verification:
    """Everything that is broken in a month, or in the whole ledger where none is named."""
    of_it = true() if period is None else entry.c.period == period.month
    with opened.connect() as connection:
        last, count = connection.execute(_COUNTED).one()
        kept = rollups.wrong(connection, None if period is None else period.window)
        broken = [*_structure(connection, last - count), *_closings(connection, period), *kept]
    seen = 0
    for portion in (~SETTLED, *(entry.c.id.between(start + 1, start + BATCH) for start in range(0, last, BATCH))):
        with opened.connect() as connection:
            rows = connection.execute(select(entry).where(portion, of_it)).mappings().all()
            broken += _rows(connection, rows)
        seen += len(rows)
    return Verification(seen, tuple(sorted(set(broken))))


def _structure(connection: Connection, lost: int) -> Iterator[Broken]:
    if lost:
        yield Broken("", f"{lost} entries are gone: ids are given without a gap")
    for key in connection.execute(_LOOSE).scalars():
        yield Broken(key, "its newest entry is not the one that counts")
    for key in connection.execute(_ASTRAY).scalars():
        yield Broken(key, "the entry that counts is missing, or is not this key's")


def _closings(connection: Connection, period: Period | None) -> Iterator[Broken]:
    """The newest is remembered before the rows are read, so that one that is closed meanwhile does not look lost."""
    remembered, previous = closings.last(connection), ""
    chains: dict[str, str] = {}
    for row in closings.rows(connection):
        if period is None or row["period"] == period.month:
            for what in _wrong_closing(connection, row, previous):
                yield Broken(f"closing {row['period']}", what)
        previous = chains[row["period"]] = row["chain"]
    if remembered is not None:
        month, chain = remembered
        if chains.get(month) != chain and (period is None or month == period.month):
            yield Broken(f"closing {month}", "it is gone, or not the one that was recorded last")


def _wrong_closing(connection: Connection, row: RowMapping, previous: str) -> Iterator[str]:
    """By its row first: one that was changed may be none that can be read."""
    if not closings.is_linked(row, previous):
        yield "it does not say what was recorded"
    try:
        closed = closings.read(row)
    except Malformed:
        yield "it cannot be read"
        return
    if sums.digest(connection, closed.period) != closed.digest:
        yield "the month does not hold what it held when it was closed"


def _rows(connection: Connection, rows: Sequence[RowMapping]) -> Iterator[Broken]:
    """What is wrong with each entry by itself, and with its link to the one before it."""
    lines: dict[int, list[RowMapping]] = defaultdict(list)
    ids = [row["id"] for row in rows]
    of_them = select(line).where(line.c.entry_id.in_(ids)).order_by(line.c.entry_id, line.c.position)
    for part in connection.execute(of_them).mappings():
        lines[part["entry_id"]].append(part)
    before_them = select(entry.c.id, entry.c.key, entry.c.chain)
    earlier = {
        row["id"]: row
        for row in connection.execute(
            before_them.where(entry.c.id.in_([row["previous_id"] for row in rows if row["previous_id"] is not None]))
        ).mappings()
    }
    for row in rows:
        for what in _wrong(row, lines[row["id"]], earlier):
            yield Broken(row["key"], what)


def _wrong(row: RowMapping, parts: Iterable[RowMapping], earlier: Mapping[int, RowMapping]) -> Iterator[str]:
    said = {name: row[name] for name in _SAID}
    if content(said, ({name: part[name] for name in _PART} for part in parts)) != row["content"]:
        yield "its rows do not say what was recorded"
    before = earlier.get(row["previous_id"])
    if row["previous_id"] is not None and (before is None or before["key"] != row["key"]):
        yield "the entry before it is missing, or is another key's"
    elif row["id"] > 0 and link(before["chain"] if before else "", row["content"], row["recorded_at"]) != row["chain"]:
        yield "its place in history is not the one that was recorded"
    try:
        read_entry(row, list(parts))
    except ValueError:
        yield "its lines do not sum to it"
