"""What callers had of metered model servers: the hours that were read whole take the place of what was there."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import ColumnElement, Connection, RowMapping, and_, delete, select

from aicost.core.usage import CallerUse, Served
from aicost.core.window import Window
from aicost.store.encoding import Values, pairs, read_pairs, read_window
from aicost.store.engine import upsert
from aicost.store.schema import caller_use


def put(connection: Connection, uses: Iterable[CallerUse], hours: Iterable[tuple[str, Window]]) -> None:
    """Forget what was known of these hours of a source (by name), then store the uses."""
    for source, over in sorted(hours):
        connection.execute(delete(caller_use).where(caller_use.c.source == source, _begins_in(over)))
    if rows := [_values(use) for use in uses]:
        connection.execute(upsert(caller_use, connection), rows)


def used_in(connection: Connection, over: Window) -> tuple[CallerUse, ...]:
    """What callers had in hours that begin in the window, by hour, source and caller."""
    order = caller_use.c.window_start, caller_use.c.source, caller_use.c.dimensions
    rows = connection.execute(select(caller_use).where(_begins_in(over)).order_by(*order)).mappings()
    return tuple(map(_read, rows))


def _begins_in(over: Window) -> ColumnElement[bool]:
    return and_(caller_use.c.window_start >= over.start, caller_use.c.window_start < over.end)


def _values(use: CallerUse) -> Values:
    served = use.served
    return {
        "window_start": use.hour.start,
        "window_end": use.hour.end,
        "source": use.source,
        "dimensions": pairs(use.dimensions),
        "prefill": served.prefill,
        "decode": served.decode,
        "input": served.input,
        "output": served.output,
    }


def _read(row: RowMapping) -> CallerUse:
    served = Served(row["prefill"], row["decode"], row["input"], row["output"])
    return CallerUse(row["source"], read_window(row), read_pairs(row["dimensions"]), served)
