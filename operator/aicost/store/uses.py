"""How much of what workloads held was used: GPU lines joined with card use by pod and hour.

The arithmetic is the database's, on 64-bit integers: a mean of parts per million and a share of nano-units are cut to
whole ones, so a sum over many hours is less than one unit an hour below the exact one.
"""

from __future__ import annotations

from sqlalchemy import Connection, Subquery, and_, case, cast, func, literal, select

from aicost.core.identity import WorkloadRef
from aicost.core.ledger import Component, OwnerKind, Use
from aicost.core.usage import FULLY_BUSY_PPM, SIGNALS
from aicost.core.window import HOUR, Window, floor
from aicost.store.entries import begins_in
from aicost.store.schema import WHOLE, card_use, entry, head, line

_WORKLOAD = (line.c.workload_namespace, line.c.workload_name)


def uses(connection: Connection, over: Window) -> tuple[Use, ...]:
    """What of the latest GPU lines of workloads was used, by workload and signal; hours without a sample are left out."""
    pods = _busy_pods(over)
    weighed = line.c.quantity * pods.c.ppm
    hour = entry.c.window_start - entry.c.window_start % HOUR
    worth = func.coalesce(line.c.nanos, 0) * pods.c.ppm // FULLY_BUSY_PPM
    sums = (func.sum(line.c.quantity), func.sum(weighed), func.sum(worth))
    lines = head.join(entry, entry.c.id == head.c.entry_id).join(line, line.c.entry_id == entry.c.id)
    observed = lines.join(pods, and_(pods.c.subject == line.c.subject, pods.c.window_start == hour))
    grouped = (
        select(*_WORKLOAD, pods.c.signal, *sums)
        .select_from(observed)
        .where(begins_in(over), entry.c.component == Component.GPU.value, line.c.owner_kind == OwnerKind.WORKLOAD.value)
        .group_by(*_WORKLOAD, pods.c.signal)
    )
    found = [
        Use(WorkloadRef(namespace, name), signal, int(seconds), int(busy), int(used))
        for namespace, name, signal, seconds, busy, used in connection.execute(grouped)
    ]
    return tuple(sorted(found, key=lambda use: (use.workload, use.signal)))


def _busy_pods(over: Window) -> Subquery:
    """The mean over a pod's observed cards, by hour; of several signals in an hour, the most honest."""
    honesty = case({signal: rank for rank, signal in enumerate(SIGNALS)}, value=card_use.c.signal, else_=len(SIGNALS))
    pod_hour = (card_use.c.window_start, card_use.c.namespace, card_use.c.pod)
    by_signal = (
        select(
            card_use.c.window_start,
            (card_use.c.namespace + literal("/") + card_use.c.pod).label("subject"),
            card_use.c.signal,
            (cast(func.sum(card_use.c.busy_ppm), WHOLE) // func.count()).label("ppm"),
            func.row_number().over(partition_by=pod_hour, order_by=(honesty, card_use.c.signal)).label("rank"),
        )
        .where(card_use.c.window_start >= floor(over.start, HOUR), card_use.c.window_start < over.end)
        .group_by(*pod_hour, card_use.c.signal)
        .subquery()
    )
    return select(by_signal).where(by_signal.c.rank == 1).subquery()
