"""What files of bills told of each UTC day, as the ledger keeps it: the last account of a day, for as long as bills are read again."""

from __future__ import annotations

import json
from collections.abc import Iterable
from decimal import Decimal

from sqlalchemy import Connection, Table, delete, select

from aicost.core.billed_files import EXACT, Charge, Told, ToldDay
from aicost.core.window import Instant
from aicost.store.columns import WHOLE, key, metadata, text
from aicost.store.encoding import Values, canonical, pairs, read_pairs
from aicost.store.engine import upsert

# `files` are canonical pairs of name and stamp; `charges` is the canonical text of what was told: of each charge its names,
# and pairs of a file's place in the order of their names and its share, so that no name is written twice.
billed_files = Table(
    "billed_files",
    metadata,
    key("account"),
    key("day", WHOLE),
    text("files"),
    text("charges"),
    sqlite_strict=True,
    sqlite_with_rowid=False,
)


def put(connection: Connection, account: str, days: Iterable[ToldDay], before: Instant) -> None:
    """Store them in the place of what was told of each; what is older than `before` goes, whoever told it."""
    if rows := [_values(account, day) for day in days]:
        connection.execute(upsert(billed_files, connection), rows)
    connection.execute(delete(billed_files).where(billed_files.c.day < before))


def told(connection: Connection, account: str) -> tuple[ToldDay, ...]:
    """All that is known of an account, by day."""
    of = billed_files.c
    asked = select(of.day, of.files, of.charges).where(of.account == account).order_by(of.day)
    return tuple(_read(Instant(day), files, charges) for day, files, charges in connection.execute(asked))


def _values(account: str, day: ToldDay) -> Values:
    names = sorted(day.files)
    places = {file: place for place, file in enumerate(names)}
    charges = [
        [*told.charge, sorted([places[file], _written(amount)] for file, amount in told.shares.items())]
        for told in sorted(day.charges, key=lambda of: of.charge)
    ]
    return {"account": account, "day": day.day, "files": pairs(day.files.items()), "charges": canonical(charges)}


def _read(day: Instant, files: str, charges: str) -> ToldDay:
    known = dict(read_pairs(files))
    names = sorted(known)
    of = (
        Told(Charge(*named), {names[place]: Decimal(amount) for place, amount in shares})
        for *named, shares in json.loads(charges)
    )
    return ToldDay(day, known, tuple(of))


def _written(amount: Decimal) -> str:
    return f"{amount.normalize(EXACT):f}"
