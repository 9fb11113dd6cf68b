"""What nodes had of CPU and memory and who took of it: the last account of a node's hour wins."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any

from sqlalchemy import Connection, RowMapping, select

from aicost.core.hosts import Amounts, HostHour, Resource, Taker
from aicost.core.identity import ObjectRef, PodIdentity
from aicost.core.rulings import subjects
from aicost.core.usage import FULLY_BUSY_PPM
from aicost.core.window import Window
from aicost.store.encoding import Values, canonical, pairs, read_pairs, read_window
from aicost.store.engine import upsert
from aicost.store.schema import host_hour, host_use


def put(connection: Connection, hours: Iterable[HostHour]) -> None:
    """Store them in the place of what was there."""
    told = tuple(hours)
    if rows := [_values(hour) for hour in told]:
        connection.execute(upsert(host_hour, connection), rows)
    if uses := [use for hour in told for use in _uses(hour)]:
        connection.execute(upsert(host_use, connection), uses)


def told_in(connection: Connection, over: Window) -> tuple[HostHour, ...]:
    """Of the hours that begin in the window, by hour and node."""
    begins_in = host_hour.c.window_start >= over.start, host_hour.c.window_start < over.end
    rows = select(host_hour).where(*begins_in).order_by(host_hour.c.window_start, host_hour.c.node)
    return tuple(map(_read, connection.execute(rows).mappings()))


def _values(of: HostHour) -> Values:
    return {
        "window_start": of.hour.start,
        "window_end": of.hour.end,
        "node": of.node,
        "microcores": of.capacity.microcores,
        "memory": of.capacity.memory,
        "takers": canonical([_taker(taker) for taker in of.takers]),
    }


def _uses(of: HostHour) -> Iterator[Values]:
    """Of pods whose use was seen, by the subject of their lines: so much of what they took."""
    named = subjects(taker.pod for taker in of.takers)
    for taker in of.takers:
        for resource in Resource:
            took = taker.took(resource)
            if taker.used and took:
                yield {
                    "window_start": of.hour.start,
                    "subject": named[taker.pod.uid],
                    "resource": resource.value,
                    "busy_ppm": taker.used.of(resource) * FULLY_BUSY_PPM // took,
                }


def _taker(of: Taker) -> list[Any]:
    pod = of.pod
    owners = [[owner.group, owner.kind, owner.name] for owner in pod.owners]
    used = [of.used.microcores, of.used.memory] if of.used else None
    requested = [of.requested.microcores, of.requested.memory]
    return [pod.uid, pod.namespace, pod.name, pairs(pod.labels), owners, requested, used]


def _read(row: RowMapping) -> HostHour:
    takers = tuple(_read_taker(*of) for of in json.loads(row["takers"]))
    return HostHour(row["node"], read_window(row), Amounts(row["microcores"], row["memory"]), takers)


def _read_taker(
    uid: str, namespace: str, name: str, labels: str, owners: list[list[str]], requested: list[int], used: list[int]
) -> Taker:
    chain = tuple(ObjectRef(*owner) for owner in owners)
    pod = PodIdentity(uid, namespace, name, read_pairs(labels), chain)
    return Taker(pod, Amounts(*requested), Amounts(*used) if used else None)
