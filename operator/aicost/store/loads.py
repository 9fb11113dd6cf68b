"""Loads of cards and of model servers: the last account of an hour counts, and what is older than `KEPT` is forgotten."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import fields
from typing import Any, TypeVar

from sqlalchemy import Connection, Table, delete, select

from aicost.core.loads import KEPT, CardLoad, Loads, ServerLoad
from aicost.core.window import Instant, Window
from aicost.store.encoding import Values
from aicost.store.engine import upsert
from aicost.store.load_tables import card_load, server_load

_Load = TypeVar("_Load", CardLoad, ServerLoad)
_OTHERWISE = ("namespace", "pod", "hour")


def put(connection: Connection, told: Iterable[Loads], at: Instant) -> None:
    """Store them in the place of what was there; what is too old at that instant goes with the same transaction."""
    for batch in told:
        _put(connection, card_load, batch.cards)
        _put(connection, server_load, batch.servers)
    for table in (card_load, server_load):
        connection.execute(delete(table).where(table.c.window_start < at - KEPT))


def told_in(connection: Connection, over: Window) -> Loads:
    """Of the hours that begin in the window, by hour and pod."""
    return Loads(_rows(connection, card_load, over, CardLoad), _rows(connection, server_load, over, ServerLoad))


def _put(connection: Connection, into: Table, told: Iterable[CardLoad | ServerLoad]) -> None:
    if rows := [_values(load) for load in told]:
        connection.execute(upsert(into, connection), rows)


def _rows(connection: Connection, of: Table, over: Window, kind: type[_Load]) -> tuple[_Load, ...]:
    """Columns by their place: a week of a thousand cards is 168,000 rows."""
    own = [each.name for each in fields(kind) if each.name not in _OTHERWISE]
    begins_in = of.c.window_start >= over.start, of.c.window_start < over.end
    asked = select(of.c.subject, of.c.window_start, of.c.window_end, *(of.c[name] for name in own))
    rows = connection.execute(asked.where(*begins_in).order_by(*of.primary_key))
    return tuple(
        _load(kind, subject, Window(start, end), zip(own, values, strict=True)) for subject, start, end, *values in rows
    )


def _load(kind: type[_Load], subject: str, hour: Window, own: Iterable[tuple[str, Any]]) -> _Load:
    namespace, _, pod = subject.partition("/")
    return kind(namespace=namespace, pod=pod, hour=hour, **dict(own))


def _values(load: CardLoad | ServerLoad) -> Values:
    place = {"window_start": load.hour.start, "window_end": load.hour.end, "subject": f"{load.namespace}/{load.pod}"}
    return place | {each.name: getattr(load, each.name) for each in fields(load) if each.name not in _OTHERWISE}
