"""Closed months: their rows, and the refusal of whatever would change one."""

from __future__ import annotations

import json
from collections.abc import Iterable

from sqlalchemy import Connection, RowMapping, insert, select

from aicost.core.closing import Closing
from aicost.core.window import Instant, Period
from aicost.ports import Forbidden
from aicost.store import drafts, sums
from aicost.store.encoding import canonical, chain
from aicost.store.entries import Sheet, settled
from aicost.store.schema import closing

_STORED = select(closing).order_by(closing.c.period)
_CLOSED = select(closing.c.period)


def all_closings(connection: Connection) -> tuple[Closing, ...]:
    """Every closed month, the oldest first."""
    return tuple(_read(row) for row in connection.execute(_STORED).mappings())


def close(
    connection: Connection,
    period: Period,
    at: Instant,
    by: str,
    left: tuple[str, ...],
    accounts: tuple[str, ...],
) -> Closing:
    """Close the month: its drafts settle as they are, and its digest is kept. Closed before: that closing, unchanged."""
    stored = all_closings(connection)
    if before := next((known for known in stored if known.period == period), None):
        return before
    drafts.settle(connection, period.window.end, at)
    closed = Closing(period, at, by, sums.digest(connection, period), left, accounts)
    last = connection.execute(_STORED).mappings().all()
    connection.execute(insert(closing), row(closed, last[-1]["chain"] if last else ""))
    return closed


def row(of: Closing, previous: str) -> dict[str, object]:
    """The row of a closing, chained to the one before it."""
    values = {
        "period": of.period.month,
        "closed_at": of.at,
        "closed_by": of.by,
        "digest": of.digest,
        "remaining": canonical(list(of.left)),
        "accounts": canonical(list(of.accounts)),
    }
    return values | {"chain": chain(previous, canonical(list(values.values())))}


def refuse(connection: Connection, sheets: Iterable[Sheet]) -> None:
    """Raise Forbidden where an entry would change a closed month; one that is there as it is changes nothing."""
    closed = set(connection.execute(_CLOSED).scalars())
    late = [sheet for sheet in sheets if sheet.origin["period"] in closed]
    there = settled(connection, [sheet.key for sheet in late])
    for sheet in late:
        if sheet.key not in there or there[sheet.key].content != sheet.content:
            raise Forbidden(
                f"entry {sheet.key} belongs to {sheet.origin['period']}, which is closed: nothing was stored; what is"
                " found later is a correction of the current month"
            )


def _read(row: RowMapping) -> Closing:
    return Closing(
        Period(row["period"]),
        Instant(row["closed_at"]),
        row["closed_by"],
        row["digest"],
        tuple(json.loads(row["remaining"])),
        tuple(json.loads(row["accounts"])),
    )
