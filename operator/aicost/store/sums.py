"""What the latest entries add up to: totals by owner, the proof that lines sum to their origins, and the digest.

Sums are made by the database, and are exact however large they become.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cache
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    RowMapping,
    Select,
    Subquery,
    and_,
    case,
    exists,
    func,
    or_,
    select,
)

from aicost.core.ledger import Certainty, Component, Owner, Proof, Total
from aicost.core.window import Instant, Period, Window
from aicost.store import exact, rollups
from aicost.store.encoding import Values, read_gap, read_owner
from aicost.store.entries import Standing, bounds, standing
from aicost.store.schema import entry, line

_OWNER = (line.c.owner_kind, line.c.unit_name, line.c.workload_namespace, line.c.workload_name)
_SORT = (entry.c.component, entry.c.pool, entry.c.certainty, entry.c.currency, entry.c.gap, rollups.UNIT)
_NO_CURRENCY = ""
_MOVES = exists().where(line.c.entry_id == entry.c.id, or_(line.c.quantity != 0, func.coalesce(line.c.nanos, 0) != 0))
_THERE = or_(entry.c.quantity != 0, func.coalesce(entry.c.amount, 0) != 0, _MOVES)
"""Whether an entry is not empty; one of nothing in all may still move cost from one owner to another."""


@dataclass(frozen=True, slots=True)
class Lines:
    """Some of the rows of `line`, and the parameters that say which."""

    wanted: ColumnElement[bool]
    asked: Values


def totals(
    connection: Connection,
    over: Window,
    as_of: Instant | None,
    *,
    by_subject: bool,
    among: Lines | None = None,
) -> tuple[Total, ...]:
    """Sums of the latest lines whose origins begin in the window, by all that a Total has beside its sums.

    Here and below `as_of` asks for what counted at an instant. `among` names the lines that count,
    all of them where it is None.
    """
    asked = bounds(over, as_of)
    if not by_subject and as_of is None and among is None and rollups.of_whole_days(over):
        summed = rollups.summed()
    else:
        summed = _summed(by_subject=by_subject, then=as_of is not None)
    if among is not None:
        summed, asked = summed.where(among.wanted), asked | among.asked
    found = [_total(row) for row in connection.execute(summed, asked).mappings()]
    return tuple(sorted(found, key=_order))


def proofs(connection: Connection, period: Period, as_of: Instant | None) -> tuple[Proof, ...]:
    """What the stored origins and their stored lines of the month sum to, by component and currency."""
    proven = connection.execute(_proven(then=as_of is not None), bounds(period.window, as_of))
    found = [_proof(period, row) for row in proven.mappings()]
    return tuple(sorted(found, key=lambda proof: (proof.component, proof.currency)))


def digest(connection: Connection, period: Period, as_of: Instant | None = None) -> str:
    """A SHA-256 over key and content of the month's latest entries, by key: the order of commits leaves no trace.

    What was withdrawn leaves none either: a ledger that never had it says the same.
    """
    total = hashlib.sha256()
    said = connection.execute(_says(then=as_of is not None), bounds(period.window, as_of))
    for key, content in sorted((key, content) for key, content in said):
        total.update(f"{key}\n{content}\n".encode())
    return total.hexdigest()


@cache
def _says(*, then: bool) -> Select[Any]:
    among = standing(then=then)
    return select(entry.c.key, entry.c.content).select_from(among.rows).where(among.wanted, _THERE)


@cache
def _summed(*, by_subject: bool, then: bool) -> Select[Any]:
    among = standing(then=then)
    groups = (*_OWNER, *_SORT, *((line.c.subject,) if by_subject else ()))
    sums = (*exact.sums("nanos", line.c.nanos), *exact.sums("quantity", line.c.quantity))
    lines = among.rows.join(line, line.c.entry_id == entry.c.id)
    return select(*groups, *sums).select_from(lines).where(among.wanted).group_by(*groups)


@cache
def _proven(*, then: bool) -> Select[Any]:
    each = _each_entry(standing(then=then))
    groups = (each.c.component, func.coalesce(each.c.currency, _NO_CURRENCY).label("currency"))
    return select(
        *groups,
        func.count().label("entries"),
        *exact.sums("origins", each.c.amount),
        func.sum(each.c.nanos_whole).label("lines_whole"),
        func.sum(each.c.nanos_left).label("lines_left"),
        func.sum(case((_breaks(each), 1), else_=0)).label("broken"),
    ).group_by(*groups)


def _each_entry(among: Standing) -> Subquery:
    columns = (entry.c.component, entry.c.currency, entry.c.amount, entry.c.quantity)
    return (
        select(
            *columns,
            func.count(line.c.nanos).label("priced_lines"),
            *exact.sums("nanos", line.c.nanos),
            *exact.sums("quantity", line.c.quantity),
        )
        .select_from(among.rows.outerjoin(line, line.c.entry_id == entry.c.id))
        .where(among.wanted)
        .group_by(entry.c.id, *columns)
        .subquery()
    )


def _breaks(each: Subquery) -> ColumnElement[bool]:
    """Whether an entry's lines do not sum to it, in money or in quantity, or one has an amount where it has none."""
    money = exact.differs(func.coalesce(each.c.amount, 0), each.c.nanos_whole, each.c.nanos_left)
    quantity = exact.differs(each.c.quantity, each.c.quantity_whole, each.c.quantity_left)
    return or_(money, quantity, and_(each.c.amount.is_(None), each.c.priced_lines > 0))


def _total(row: RowMapping) -> Total:
    return Total(
        owner=read_owner(row),
        component=Component(row["component"]),
        pool=row["pool"],
        certainty=Certainty(row["certainty"]),
        currency=row["currency"] or _NO_CURRENCY,
        nanos=exact.total(row, "nanos"),
        quantity=exact.total(row, "quantity"),
        gap=read_gap(row),
        subject=row.get("subject", ""),
        unit=row["unit"],
    )


def _order(total: Total) -> tuple[Owner, str, str, str, str, str, str, str]:
    sort = total.component, total.pool, total.certainty, total.currency, total.gap or "", total.unit
    return total.owner, *sort, total.subject


def _proof(period: Period, row: RowMapping) -> Proof:
    return Proof(
        period=period,
        component=Component(row["component"]),
        currency=row["currency"],
        entries=row["entries"],
        origins=exact.total(row, "origins"),
        lines=exact.total(row, "lines"),
        broken=int(row["broken"]),
    )
