"""How much of what workloads held was used: GPU lines joined with card use by pod and hour.

The arithmetic is the database's, on integers: a mean of parts per million and a share of nano-units are cut to whole
ones, so a sum over many hours is less than one unit an hour below the exact one.
"""

from __future__ import annotations

from functools import cache
from typing import Any

from sqlalchemy import Connection, RowMapping, Select, Subquery, and_, case, cast, func, select

from aicost.core.identity import WorkloadRef
from aicost.core.ledger import Component, OwnerKind, Use
from aicost.core.usage import SIGNALS
from aicost.core.window import HOUR, Window
from aicost.store import exact
from aicost.store.entries import BEGINS_IN, LATEST, bounds
from aicost.store.schema import WHOLE, card_use, entry, line

_RANKED = case({signal: str(rank) for rank, signal in enumerate(SIGNALS)}, value=card_use.c.signal, else_="9")


def uses(connection: Connection, over: Window) -> tuple[Use, ...]:
    """What of the latest GPU lines of workloads was used, by workload and signal; hours without a sample are left out.

    Where a pod's cards differ in their signal in an hour, the least honest of them names their mean.
    """
    found = [_use(row) for row in connection.execute(_joined(), bounds(over)).mappings()]
    return tuple(sorted(found, key=lambda use: (use.workload, use.signal)))


@cache
def _joined() -> Select[Any]:
    each = _observed_lines()
    groups = (each.c.workload_namespace, each.c.workload_name, each.c.ranked_signal)
    summed = (
        *exact.sums("seconds", each.c.quantity),
        func.sum(exact.whole(each.c.quantity) * each.c.ppm).label("busy_whole"),
        func.sum(exact.left(each.c.quantity) * each.c.ppm).label("busy_left"),
        *exact.sums("nanos", each.c.nanos),
        *exact.sums("used", exact.busy(each.c.nanos, each.c.ppm)),
    )
    return select(*groups, *summed).group_by(*groups)


def _use(row: RowMapping) -> Use:
    return Use(
        workload=WorkloadRef(row["workload_namespace"], row["workload_name"]),
        signal=row["ranked_signal"][1:],
        card_microseconds=exact.total(row, "seconds"),
        busy_ppm_microseconds=exact.total(row, "busy"),
        observed_nanos=exact.total(row, "nanos"),
        used_nanos=exact.total(row, "used"),
    )


def _observed_lines() -> Subquery:
    """Workloads' latest GPU lines that have samples, each with the mean of its pod's cards in its hour."""
    of_its_hour = and_(
        card_use.c.window_start == entry.c.window_start - entry.c.window_start % HOUR,
        card_use.c.subject == line.c.subject,
    )
    lines = LATEST.join(line, line.c.entry_id == entry.c.id)
    ppm = cast(func.sum(card_use.c.busy_ppm), WHOLE) // func.count()
    return (
        select(line, func.max(_RANKED + card_use.c.signal).label("ranked_signal"), ppm.label("ppm"))
        .select_from(lines.join(card_use, of_its_hour))
        .where(BEGINS_IN, entry.c.component == Component.GPU.value, line.c.owner_kind == OwnerKind.WORKLOAD.value)
        .group_by(line.c.entry_id, line.c.position)
        .subquery()
    )
