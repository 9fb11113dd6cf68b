"""What nodes had of CPU and memory and who took of it: all that was told of a node's hour, whenever it was."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Any, TypeAlias

from sqlalchemy import Connection, RowMapping, select

from aicost.core.hosts import Amounts, HostHour, Measured, Resource, Taker, together
from aicost.core.identity import ObjectRef, PodIdentity
from aicost.core.rulings import subjects
from aicost.core.usage import FULLY_BUSY_PPM
from aicost.core.window import HOUR, Instant, Window
from aicost.store.encoding import Values, canonical, pairs, read_pairs, read_window
from aicost.store.engine import upsert
from aicost.store.schema import host_hour, host_use

_Of: TypeAlias = tuple[Instant, str, str]
"""An hour, the subject of a line and the resource."""


def put(connection: Connection, hours: Iterable[HostHour]) -> None:
    """Store them together with what is known of these nodes and hours."""
    told = tuple(hours)
    if not told:
        return
    begins = {hour.hour for hour in told}
    over = Window(min(begins), Instant(max(begins) + HOUR))
    known = together((*told_in(connection, over), *told))
    keys = {(hour.over.start, hour.node) for hour in told}
    rows = [_values(hour) for hour in known if (hour.over.start, hour.node) in keys]
    connection.execute(upsert(host_hour, connection), rows)
    if uses := list(_uses(hour for hour in known if hour.hour in begins)):
        connection.execute(upsert(host_use, connection), uses)


def told_in(connection: Connection, over: Window) -> tuple[HostHour, ...]:
    """Of the hours, or parts of hours, that begin in the window, by time and node."""
    begins_in = host_hour.c.window_start >= over.start, host_hour.c.window_start < over.end
    rows = select(host_hour).where(*begins_in).order_by(host_hour.c.window_start, host_hour.c.node)
    return tuple(map(_read, connection.execute(rows).mappings()))


def _values(of: HostHour) -> Values:
    return {
        "window_start": of.over.start,
        "window_end": of.over.end,
        "node": of.node,
        "microcores": of.capacity.microcores,
        "memory": of.capacity.memory,
        "takers": canonical([_taker(taker) for taker in of.takers]),
    }


def _uses(hours: Iterable[HostHour]) -> Iterator[Values]:
    """How much pods used of what they took, by the subject of their lines; where any of it was not seen, nobody knows."""
    took: dict[_Of, int] = defaultdict(int)
    used: dict[_Of, int] = defaultdict(int)
    unseen = set[_Of]()
    for of in hours:
        named = subjects(taker.pod for taker in of.takers)
        for taker in of.takers:
            for resource in Resource:
                key, seen = (of.hour, named[taker.pod.uid], resource.value), taker.used.of(resource)
                if of.unseen(taker, resource):
                    unseen.add(key)
                elif seen is not None:
                    took[key] += taker.took(resource) * of.seconds(taker)
                    used[key] += seen * of.seconds(taker)
    for key in sorted({*took} | unseen):
        busy = None if key in unseen else used[key] * FULLY_BUSY_PPM // took[key] if took[key] else 0
        yield dict(zip(("window_start", "subject", "resource", "busy_ppm"), (*key, busy), strict=True))


def _taker(of: Taker) -> list[Any]:
    pod = of.pod
    owners = [[owner.group, owner.kind, owner.name] for owner in pod.owners]
    there = [of.there.start, of.there.end]
    requested, used = [of.requested.microcores, of.requested.memory], [of.used.microcores, of.used.memory]
    return [pod.uid, pod.namespace, pod.name, pairs(pod.labels), owners, there, requested, used]


def _read(row: RowMapping) -> HostHour:
    takers = tuple(_read_taker(*of) for of in json.loads(row["takers"]))
    return HostHour(row["node"], read_window(row), Amounts(row["microcores"], row["memory"]), takers)


def _read_taker(
    uid: str,
    namespace: str,
    name: str,
    labels: str,
    owners: list[list[str]],
    there: list[Instant],
    requested: list[int],
    used: list[int | None],
) -> Taker:
    chain = tuple(ObjectRef(*owner) for owner in owners)
    pod = PodIdentity(uid, namespace, name, read_pairs(labels), chain)
    return Taker(pod, Window(*there), Amounts(*requested), Measured(*used))
