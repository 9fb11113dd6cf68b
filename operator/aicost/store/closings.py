"""Closed months: their rows, and the refusal of whatever would change one."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import Connection, RowMapping, insert, select

from aicost.core.closing import Closing
from aicost.core.holes import KEPT_OPEN
from aicost.core.identity import WorkloadRef
from aicost.core.issued import Issued, UnitCharge, WorkloadCharge
from aicost.core.prices import ExchangeRate
from aicost.core.training import Moved, Spread
from aicost.core.window import Instant, Period
from aicost.ports import Commit, Forbidden, Malformed
from aicost.store import drafts, holes, observations, placements, sums
from aicost.store.encoding import canonical, chain
from aicost.store.entries import Sheet, settled
from aicost.store.schema import closing

LAST = "closing.last"
"""The mark that names the newest closing, by its month and its place in the chain: no row after it tells that it was there."""
_STORED = select(closing).order_by(closing.c.period)
_CLOSED = select(closing.c.period)
_SAID = ("period", "closed_at", "closed_by", "digest", "remaining", "accounts", "issued", "holes", "spreads")
"""What a closing's place in the chain is made of; what was not kept by then has no part in it."""
_UNREADABLE = (ValueError, TypeError, LookupError, AttributeError)


def all_closings(connection: Connection) -> tuple[Closing, ...]:
    """Every closed month, the oldest first. Raises Malformed where something else than aicost changed one."""
    return tuple(read(row) for row in rows(connection))


def rows(connection: Connection) -> Sequence[RowMapping]:
    """Every closed month as it is stored, the oldest first."""
    return connection.execute(_STORED).mappings().all()


def close(connection: Connection, asked: Closing) -> Closing:
    """Close the month: its drafts settle as they are, and its digest is kept. Closed before: that closing, unchanged."""
    stored = all_closings(connection)
    if before := next((known for known in stored if known.period == asked.period), None):
        return before
    drafts.settle(connection, asked.period.window.end, asked.at)
    closed = replace(asked, digest=sums.digest(connection, asked.period))
    last = rows(connection)
    row = _row(closed, last[-1]["chain"] if last else "")
    connection.execute(insert(closing), row)
    observations.put(connection, Commit(marks={LAST: canonical([row["period"], row["chain"]])}))
    still_filled = (known.period.window.start for known in stored if asked.at - known.at <= KEPT_OPEN)
    placements.prune(connection, min(asked.period.window.start, *still_filled, asked.period.window.start))
    return closed


def last(connection: Connection) -> tuple[str, str] | None:
    """Month and chain of the newest closing, as it was remembered beside it; None where that was not kept yet."""
    found = observations.all_marks(connection).get(LAST)
    return tuple(json.loads(found)) if found else None


def is_linked(row: RowMapping, previous: str) -> bool:
    """Whether it says what was recorded, after the closing of that chain. Rows of earlier versions do not name what they say."""
    unnamed = canonical([row[name] for name in _SAID if row[name] is not None])
    return row["chain"] in (chain(previous, _named(row)), chain(previous, unnamed))


def read(row: RowMapping) -> Closing:
    """The closing again. Raises Malformed where it cannot be one."""
    try:
        return _read(row)
    except _UNREADABLE as problem:
        raise Malformed(
            f"the closing of {row['period']} cannot be read, something else than aicost changed it: restore a back-up of"
            " the ledger (docs/ledger.md, Back-up and restore)"
        ) from problem


def _named(said: Mapping[str, object] | RowMapping) -> str:
    return canonical([[name, said[name]] for name in _SAID if said[name] is not None])


def _row(of: Closing, previous: str) -> dict[str, object]:
    """The row of a closing, chained to the one before it."""
    issued = of.issued
    kept = None if issued is None or issued.spreads is None else _spread(issued.spreads, issued.moved)
    values: dict[str, object] = {
        "period": of.period.month,
        "closed_at": of.at,
        "closed_by": of.by,
        "digest": of.digest,
        "remaining": canonical(list(of.left)),
        "accounts": canonical(list(of.accounts)),
        "issued": None if issued is None else canonical(_told(issued)),
        "holes": None if of.holes is None else canonical(holes.told(of.holes)),
        "spreads": None if kept is None else canonical(kept),
    }
    return values | {"chain": chain(previous, _named(values))}


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
        None if row["issued"] is None else _issued(json.loads(row["issued"]), row["spreads"]),
        None if row["holes"] is None else holes.read(json.loads(row["holes"])),
    )


def _told(of: Issued) -> list[object]:
    rates = [[rate.currency, rate.since, rate.nanos] for rate in of.rates]
    units = [[each.unit, each.currency, each.own, each.total] for each in of.units]
    workloads = [[each.workload.namespace, each.workload.name, each.currency, each.nanos] for each in of.workloads]
    return [of.book, rates, units, workloads]


def _spread(of: Iterable[tuple[str, Spread]], moved: Iterable[tuple[str, Moved]]) -> list[object]:
    """What distribution moved is of no workload, so its rows name none."""
    spreads = [
        [currency, each.workload.namespace, each.workload.name, each.unit, each.invested, each.amortised]
        for currency, each in of
    ]
    return [*spreads, *([currency, "", "", each.unit, each.invested, each.amortised] for currency, each in moved)]


def _issued(told: list[Any], spreads: str | None) -> Issued:
    book, rates, units, workloads = told
    kept: list[Any] = json.loads(spreads or "[]")
    return Issued(
        book,
        tuple(ExchangeRate(currency, Instant(since), nanos) for currency, since, nanos in rates),
        tuple(UnitCharge(*each) for each in units),
        tuple(WorkloadCharge(WorkloadRef(namespace, name), *charge) for namespace, name, *charge in workloads),
        None if spreads is None else tuple(_read_spread(*each) for each in kept if each[2]),
        tuple((currency, Moved(*each)) for currency, _, workload, *each in kept if not workload),
    )


def _read_spread(currency: str, namespace: str, name: str, unit: str, *nanos: int) -> tuple[str, Spread]:
    return currency, Spread(WorkloadRef(namespace, name), unit, *nanos)
