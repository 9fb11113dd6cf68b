"""Loads of cards and of model servers: the last account of an hour counts, and what is older than `KEPT` is forgotten."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import fields
from typing import Any, TypeVar

from sqlalchemy import Connection, RowMapping, Table, delete, select

from aicost.core.loads import KEPT, CardLoad, Loads, ServerLoad
from aicost.core.window import Instant, Window
from aicost.store.encoding import Values, read_window
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
    begins_in = of.c.window_start >= over.start, of.c.window_start < over.end
    rows = select(of).where(*begins_in).order_by(*of.primary_key)
    return tuple(_read(row, kind) for row in connection.execute(rows).mappings())


def _values(load: CardLoad | ServerLoad) -> Values:
    place = {"window_start": load.hour.start, "window_end": load.hour.end, "subject": f"{load.namespace}/{load.pod}"}
    return place | {each.name: getattr(load, each.name) for each in fields(load) if each.name not in _OTHERWISE}


def _read(row: RowMapping, kind: type[_Load]) -> _Load:
    namespace, _, pod = row["subject"].partition("/")
    own: dict[str, Any] = {each.name: row[each.name] for each in fields(kind) if each.name not in _OTHERWISE}
    return kind(namespace=namespace, pod=pod, hour=read_window(row), **own)
