"""How much of what workloads held was used: GPU lines joined with card use by pod and hour.

The arithmetic is the database's, on integers: a mean of parts per million and a share of nano-units are cut to whole
ones, so a sum over many hours is less than one unit an hour below the exact one.
"""

from __future__ import annotations

from functools import cache
from typing import Any

from sqlalchemy import Connection, RowMapping, Select, Subquery, and_, case, cast, func, select

from aicost.core.identity import WorkloadRef
from aicost.core.ledger import Component, OwnerKind, Unseen, Use
from aicost.core.usage import SIGNALS
from aicost.core.window import HOUR, Instant, Window
from aicost.store import exact
from aicost.store.columns import WHOLE
from aicost.store.encoding import read_owner
from aicost.store.entries import BEGINS_IN, LATEST, bounds
from aicost.store.schema import card_use, entry, host_use, line

_RANKED = case({signal: str(rank) for rank, signal in enumerate(SIGNALS)}, value=card_use.c.signal, else_="9")


def uses(connection: Connection, over: Window) -> tuple[Use, ...]:
    """What of the latest GPU lines of workloads was used, by workload and signal; hours without a sample are left out.

    What was used of CPU and memory is a use of no card by no signal.

    Where a pod's cards differ in their signal in an hour, the least honest of them names their mean.
    """
    found = [_use(row) for row in connection.execute(_joined(), bounds(over)).mappings()]
    hosts = [_of_hosts(row) for row in connection.execute(_joined_hosts(), bounds(over)).mappings()]
    return tuple(sorted((*found, *hosts), key=lambda use: (use.workload, use.signal)))


def unseen(connection: Connection, over: Window) -> tuple[Unseen, ...]:
    """The latest lines of CPU and memory of which nobody saw what pods used, by owner and resource."""
    found = (
        Unseen(read_owner(row), row["pool"], Instant(row["since"]), exact.total(row, "quantity"))
        for row in connection.execute(_unseen_hosts(), bounds(over)).mappings()
    )
    return tuple(sorted(found, key=lambda each: (each.owner, each.pool)))


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


_OF_ITS_HOUR = and_(
    host_use.c.window_start == entry.c.window_start - entry.c.window_start % HOUR,
    host_use.c.subject == line.c.subject,
    host_use.c.resource == entry.c.pool,
)
_HOSTS = LATEST.join(line, line.c.entry_id == entry.c.id).join(host_use, _OF_ITS_HOUR)


@cache
def _joined_hosts() -> Select[Any]:
    """Workloads' latest lines of CPU and memory whose use was seen."""
    groups = (line.c.workload_namespace, line.c.workload_name)
    summed = (*exact.sums("nanos", line.c.nanos), *exact.sums("used", exact.busy(line.c.nanos, host_use.c.busy_ppm)))
    of_workloads = line.c.owner_kind == OwnerKind.WORKLOAD.value, host_use.c.busy_ppm.is_not(None)
    return (
        select(*groups, *summed)
        .select_from(_HOSTS)
        .where(BEGINS_IN, entry.c.component == Component.COMPUTE.value, *of_workloads)
        .group_by(*groups)
    )


@cache
def _unseen_hosts() -> Select[Any]:
    """What was withdrawn has no quantity."""
    groups = (line.c.owner_kind, line.c.unit_name, line.c.workload_namespace, line.c.workload_name, entry.c.pool)
    summed = func.min(entry.c.window_start).label("since"), *exact.sums("quantity", line.c.quantity)
    nobody_saw = host_use.c.busy_ppm.is_(None), entry.c.quantity != 0
    return (
        select(*groups, *summed)
        .select_from(_HOSTS)
        .where(BEGINS_IN, entry.c.component == Component.COMPUTE.value, *nobody_saw)
        .group_by(*groups)
    )


def _of_hosts(row: RowMapping) -> Use:
    workload = WorkloadRef(row["workload_namespace"], row["workload_name"])
    nanos, used = exact.total(row, "nanos"), exact.total(row, "used")
    return Use(workload, "", 0, 0, 0, 0, host_observed_nanos=nanos, host_used_nanos=used)


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
