"""What of a day's bill stays divided while its provider refuses to divide it as it did before."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TypeAlias

from aicost.core.bills import BillDay, BillRow, dimensions_of
from aicost.core.corrections import original
from aicost.core.declarations import Dimensions
from aicost.core.ledger import Certainty, Entry
from aicost.core.money import Money
from aicost.core.window import date

_Group: TypeAlias = tuple[Dimensions, str]
"""What is told apart: dimensions and currency."""


def rows_of(day: BillDay, stored: Iterable[Entry]) -> tuple[BillRow, ...]:
    """The rows that the ledger holds of a day's bill, with all corrections of them: billed ones that are not empty."""
    rows: dict[_Group, BillRow] = {}
    for entry in stored:
        origin, key = entry.origin, original(entry.origin.key)
        if key[:3] == ("bill", day.source, date(day.day.start)) and origin.certainty is not Certainty.ESTIMATED:
            if origin.amount is None:
                continue
            group = dimensions_of(key), origin.amount.currency
            known = rows.get(group, BillRow(group[0], Money(0, group[1])))
            quantity = known.quantity + origin.quantity
            rows[group] = BillRow(group[0], known.amount + origin.amount, quantity, origin.unit)
    return tuple(row for row in rows.values() if row.amount.nanos or row.quantity)


def finest(day: BillDay, known: Sequence[BillRow]) -> BillDay | None:
    """The account of a day by the split that is `known` of it where the provider refuses that now.

    What the account tells of a group is the group's true sum: rows that were told apart stay as they are, and the rest, of
    either sign, is a row that is not divided. None where the account teaches nothing: a lesser report, of what the other told.
    """
    if day.lesser:
        return None if _is_of_the_other(day.rows, known) else day
    groups = _by_group((row for row in known if _names(row) & day.lost), day.lost)
    return replace(day, rows=tuple(each for row in day.rows for each in _divided(row, groups.get(_group(row), ()))))


def _divided(row: BillRow, finer: Sequence[BillRow]) -> Iterator[BillRow]:
    """The row in its known parts, and what they leave of it."""
    if not finer:
        yield row
        return
    yield from finer
    nanos = row.amount.nanos - sum(part.amount.nanos for part in finer)
    counted = row.quantity - sum(part.quantity for part in finer if part.unit == row.unit)
    if nanos or counted > 0:
        yield replace(row, amount=Money(nanos, row.amount.currency), quantity=max(counted, 0))


def _by_group(rows: Iterable[BillRow], lost: frozenset[str]) -> Mapping[_Group, Sequence[BillRow]]:
    groups: dict[_Group, list[BillRow]] = defaultdict(list)
    for row in rows:
        groups[_group(row, lost)].append(row)
    return groups


def _group(row: BillRow, lost: frozenset[str] = frozenset()) -> _Group:
    return frozenset(pair for pair in row.dimensions if pair[0] not in lost), row.amount.currency


def _names(row: BillRow) -> frozenset[str]:
    return frozenset(name for name, _ in row.dimensions)


def _is_of_the_other(rows: Sequence[BillRow], known: Iterable[BillRow]) -> bool:
    """Whether what is known of the same workspaces is of another report, which names no line as this one does."""
    workspaces, lines = {_of(row, "workspace") for row in rows}, {_of(row, "lineItem") for row in rows}
    named = {_of(row, "lineItem") for row in known if _of(row, "workspace") in workspaces}
    return bool(named) and not named & lines


def _of(row: BillRow, name: str) -> str:
    return dict(row.dimensions).get(name, "")
