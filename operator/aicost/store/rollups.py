"""Sums of each UTC day, kept beside the lines that they sum, in the transaction that changes a day.

A month's totals read a row for each owner and day instead of every line. They are made anew from the lines of the whole
day, so that they depend on nothing that was there before.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from decimal import Decimal
from functools import cache
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Delete,
    Insert,
    Select,
    bindparam,
    case,
    delete,
    func,
    insert,
    literal_column,
    select,
)

from aicost.core.ledger import Broken
from aicost.core.window import DAY, Instant, Window, date
from aicost.store import exact
from aicost.store.columns import WHOLE
from aicost.store.entries import BEGINS_IN, LATEST, bounds
from aicost.store.schema import entry, head, line, rollup

_OF_LINES = (line.c.owner_kind, line.c.unit_name, line.c.workload_namespace, line.c.workload_name)
UNIT = case((entry.c.gap.is_(None), literal_column("''")), else_=entry.c.unit).label("unit")
"""What an entry without an amount counts: quantities of different units are never added to each other."""
_OF_ENTRIES = (entry.c.component, entry.c.pool, entry.c.certainty, entry.c.currency, entry.c.gap, UNIT)
_MAYBE = {"workload_namespace", "workload_name", "currency", "gap"}
_IN_DAYS = (rollup.c.day >= bindparam("since"), rollup.c.day < bindparam("before"))


def of_whole_days(over: Window) -> bool:
    """Whether a window is made of whole days, so that roll-ups tell all of it."""
    return over.start % DAY == 0 == over.end % DAY


def refresh(connection: Connection, days: Collection[int]) -> None:
    """Make the sums of these days anew."""
    for day in sorted(days):
        over = bounds(_window(day))
        connection.execute(_cleared(), over)
        connection.execute(_filled(), over | {"day": day})


@cache
def summed() -> Select[Any]:
    """The sums of the days in a window, with the columns that sums of lines have, by everything but the day."""
    names = [column.name for column in (*_OF_LINES, *_OF_ENTRIES)]
    groups = [func.nullif(rollup.c[name], "").label(name) if name in _MAYBE else rollup.c[name] for name in names]
    sums = [func.sum(rollup.c[name]).label(name) for name in _sum_names()]
    return select(*groups, *sums).where(*_IN_DAYS).group_by(*(rollup.c[name] for name in names))


def wrong(connection: Connection, over: Window | None) -> Iterator[Broken]:
    """The days, of a window or of all time, whose sums are not those of their lines."""
    for day in sorted(_days(connection, over)):
        of = bounds(_window(day))
        kept = {tuple(row) for row in connection.execute(select(rollup).where(*_IN_DAYS), of)}
        made = {tuple(map(_exactly, row)) for row in connection.execute(_of_lines(), of | {"day": day})}
        if kept != made:
            yield Broken(f"roll-up {date(Instant(day))}", "the sums of the day are not those of its lines")


def _window(day: int) -> Window:
    return Window(Instant(day), Instant(day + DAY))


def _days(connection: Connection, over: Window | None) -> set[int]:
    """The days that have a line that counts, or a sum."""
    begins = select(head.c.window_start - head.c.window_start % DAY).distinct()
    days = {*connection.execute(begins).scalars(), *connection.execute(select(rollup.c.day).distinct()).scalars()}
    return {day for day in days if over is None or Instant(day) in over}


def _exactly(value: str | int | Decimal) -> str | int:
    """PostgreSQL sums whole numbers to decimals."""
    return value if isinstance(value, str) else exact.integer(value)


@cache
def _cleared() -> Delete:
    return delete(rollup).where(*_IN_DAYS)


@cache
def _filled() -> Insert:
    return insert(rollup).from_select([column.name for column in rollup.c], _of_lines())


@cache
def _of_lines() -> Select[Any]:
    groups: list[ColumnElement[Any]] = [*_OF_LINES, *_OF_ENTRIES]
    named = [func.coalesce(column, "").label(column.key or "") for column in groups]
    sums = (*exact.sums("nanos", line.c.nanos), *exact.sums("quantity", line.c.quantity))
    lines = LATEST.join(line, line.c.entry_id == entry.c.id)
    columns: list[ColumnElement[Any]] = [bindparam("day", type_=WHOLE).label("day"), *named, *sums]
    return select(*columns).select_from(lines).where(BEGINS_IN).group_by(*groups)


def _sum_names() -> list[str]:
    return [f"{of}_{part}" for of in ("nanos", "quantity") for part in (exact.WHOLE, exact.LEFT)]
