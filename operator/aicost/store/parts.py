"""What reports drill into: the lines of a unit or a workload with their origins, and one origin by its id."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from json import loads
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, and_, bindparam, func, or_, select

from aicost.core.drill import Drilled, Part, Whose, origin_id
from aicost.core.ledger import Entry
from aicost.core.window import Instant, Window
from aicost.store import sums
from aicost.store.encoding import read_line, read_origin
from aicost.store.entries import Reading, bounds, standing
from aicost.store.schema import entry, line
from aicost.store.sums import Lines

_OF_LINE = "line_"
_UNIT = line.c.unit_name == bindparam("unit")
_WORKLOAD = and_(line.c.workload_namespace == bindparam("namespace"), line.c.workload_name == bindparam("name"))
_FILLED = or_(line.c.quantity != 0, func.coalesce(line.c.nanos, 0) != 0)


def drilled(connection: Connection, over: Window, whose: Whose, most: int, as_of: Instant | None) -> Drilled:
    """Sums by subject of the latest lines that are asked for, and the `most` largest of them with their origins."""
    then, among = as_of is not None, _lines(whose)
    asked = bounds(over, as_of) | among.asked
    largest = connection.execute(_largest(then=then).where(among.wanted), asked | {"most": most})
    return Drilled(
        sums.totals(connection, over, as_of, by_subject=True, among=among),
        tuple(Part(read_origin(row), read_line(row, row["currency"], _OF_LINE)) for row in largest.mappings()),
        connection.execute(_counted(then=then).where(among.wanted), asked).scalar_one(),
    )


def origin(connection: Connection, over: Window, named: str, as_of: Instant | None) -> Entry | None:
    """The latest entry of the origin with that id, among those that begin in the window."""
    then, asked = as_of is not None, bounds(over, as_of)
    keys = connection.execute(_keys(then=then), asked).scalars()
    key = next((key for key in keys if origin_id(tuple(loads(key))) == named), None)
    if key is None:
        return None
    (found,) = _of_key(then=then).read(connection, asked | {"key": key})
    return found


def _lines(whose: Whose) -> Lines:
    if whose.workload:
        return Lines(_WORKLOAD, {"namespace": whose.workload.namespace, "name": whose.workload.name})
    return Lines(_UNIT, {"unit": whose.unit})


@cache
def _largest(*, then: bool) -> Select[Any]:
    """Lines without a price come after those that have one, by their quantity."""
    size = func.abs(func.coalesce(line.c.nanos, 0)).desc(), func.abs(line.c.quantity).desc()
    columns = (*entry.c, *(column.label(f"{_OF_LINE}{column.name}") for column in line.c))
    found = _filled(columns, then=then)
    return found.order_by(*size, entry.c.window_start, entry.c.key, line.c.position).limit(bindparam("most"))


@cache
def _counted(*, then: bool) -> Select[Any]:
    return _filled((func.count(),), then=then)


def _filled(columns: Sequence[ColumnElement[Any]], *, then: bool) -> Select[Any]:
    """Of lines that are not empty: what was withdrawn is nothing to look at."""
    among = standing(then=then)
    rows = among.rows.join(line, line.c.entry_id == entry.c.id)
    return select(*columns).select_from(rows).where(among.wanted, _FILLED)


@cache
def _keys(*, then: bool) -> Select[Any]:
    among = standing(then=then)
    return select(entry.c.key).select_from(among.rows).where(among.wanted)


@cache
def _of_key(*, then: bool) -> Reading:
    among = standing(then=then)
    return Reading.of(among.rows, and_(among.wanted, entry.c.key == bindparam("key")))
