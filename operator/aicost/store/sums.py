"""What the latest entries add up to: totals by owner, the proof that lines sum to their origins, and the digest.

Sums are made by the database over 64-bit integers: exact, and an overflow is an error, never a float.
"""

from __future__ import annotations

import hashlib

from sqlalchemy import Connection, RowMapping, Subquery, case, func, or_, select

from aicost.core.ledger import Certainty, Component, Owner, Proof, Total
from aicost.core.window import Period, Window
from aicost.store.encoding import read_gap, read_owner
from aicost.store.entries import LATEST, begins_in
from aicost.store.schema import entry, line

_OWNER = (line.c.owner_kind, line.c.unit_name, line.c.workload_namespace, line.c.workload_name)
_SORT = (entry.c.component, entry.c.pool, entry.c.certainty, entry.c.currency, entry.c.gap)
_NO_CURRENCY = ""


def totals(connection: Connection, over: Window, *, by_subject: bool) -> tuple[Total, ...]:
    """Sums of the latest lines whose origins begin in the window, by all that a Total has beside its sums."""
    groups = (*_OWNER, *_SORT, *((line.c.subject,) if by_subject else ()))
    sums = (func.coalesce(func.sum(line.c.nanos), 0).label("nanos"), func.sum(line.c.quantity).label("quantity"))
    lines = LATEST.join(line, line.c.entry_id == entry.c.id)
    grouped = select(*groups, *sums).select_from(lines).where(begins_in(over)).group_by(*groups)
    found = [_total(row) for row in connection.execute(grouped).mappings()]
    return tuple(sorted(found, key=_order))


def proofs(connection: Connection, period: Period) -> tuple[Proof, ...]:
    """What the stored origins and their stored lines of the month sum to, by component and currency."""
    each = _each_entry(period)
    differs = or_(each.c.amount.is_distinct_from(each.c.line_nanos), each.c.quantity != each.c.line_quantity)
    groups = (each.c.component, func.coalesce(each.c.currency, _NO_CURRENCY).label("currency"))
    summed = select(
        *groups,
        func.count().label("entries"),
        func.coalesce(func.sum(each.c.amount), 0).label("origins"),
        func.coalesce(func.sum(each.c.line_nanos), 0).label("lines"),
        func.sum(case((differs, 1), else_=0)).label("broken"),
    ).group_by(*groups)
    found = [_proof(period, row) for row in connection.execute(summed).mappings()]
    return tuple(sorted(found, key=lambda proof: (proof.component, proof.currency)))


def digest(connection: Connection, period: Period) -> str:
    """A SHA-256 over key and content of the month's latest entries, by key: the order of commits leaves no trace."""
    says = select(entry.c.key, entry.c.content).select_from(LATEST).where(begins_in(period.window))
    total = hashlib.sha256()
    for key, content in sorted((key, content) for key, content in connection.execute(says)):
        total.update(f"{key}\n{content}\n".encode())
    return total.hexdigest()


def _each_entry(period: Period) -> Subquery:
    columns = (entry.c.component, entry.c.currency, entry.c.amount, entry.c.quantity)
    priced = case((entry.c.amount.is_not(None), func.coalesce(func.sum(line.c.nanos), 0)), else_=func.sum(line.c.nanos))
    return (
        select(
            *columns,
            priced.label("line_nanos"),
            func.coalesce(func.sum(line.c.quantity), 0).label("line_quantity"),
        )
        .select_from(LATEST.outerjoin(line, line.c.entry_id == entry.c.id))
        .where(begins_in(period.window))
        .group_by(entry.c.id, *columns)
        .subquery()
    )


def _total(row: RowMapping) -> Total:
    return Total(
        owner=read_owner(row),
        component=Component(row["component"]),
        pool=row["pool"],
        certainty=Certainty(row["certainty"]),
        currency=row["currency"] or _NO_CURRENCY,
        nanos=int(row["nanos"]),
        quantity=int(row["quantity"]),
        gap=read_gap(row),
        subject=row.get("subject", ""),
    )


def _order(total: Total) -> tuple[Owner, str, str, str, str, str, str]:
    sort = total.component, total.pool, total.certainty, total.currency, total.gap or ""
    return total.owner, *sort, total.subject


def _proof(period: Period, row: RowMapping) -> Proof:
    return Proof(
        period=period,
        component=Component(row["component"]),
        currency=row["currency"],
        entries=row["entries"],
        origins=int(row["origins"]),
        lines=int(row["lines"]),
        broken=int(row["broken"]),
    )
