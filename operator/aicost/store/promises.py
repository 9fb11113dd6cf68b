"""What advice promised, as the ledger keeps it: a row for each time that it was told, changed while it goes on."""

from __future__ import annotations

import json
from collections.abc import Iterable
from functools import cache

from pydantic import TypeAdapter
from sqlalchemy import Connection, Table, select

from aicost.core.recommendations.promises import Promise
from aicost.store.columns import WHOLE, key, metadata, text
from aicost.store.encoding import Values, canonical
from aicost.store.engine import upsert

# `told` is the canonical text of the whole promise, the advice in it as it was told last.
promise = Table(
    "promise",
    metadata,
    key("namespace"),
    key("name"),
    key("advice"),
    key("since", WHOLE),
    text("told"),
    sqlite_strict=True,
    sqlite_with_rowid=False,
)


def put(connection: Connection, promises: Iterable[Promise]) -> None:
    """Store them in the place of what was told of each before."""
    if rows := [_values(each) for each in promises]:
        connection.execute(upsert(promise, connection), rows)


def all_promises(connection: Connection) -> tuple[Promise, ...]:
    """All of them, by workload, advice and time."""
    rows = connection.execute(select(promise.c.told).order_by(*promise.primary_key)).scalars()
    return tuple(_adapter().validate_python(json.loads(told)) for told in rows)


@cache
def _adapter() -> TypeAdapter[Promise]:
    return TypeAdapter(Promise)


def _values(of: Promise) -> Values:
    told = _adapter().dump_python(of, mode="json")
    named = {"namespace": of.workload.namespace, "name": of.workload.name, "advice": of.advice.id, "since": of.since}
    return {**named, "told": canonical(told)}
