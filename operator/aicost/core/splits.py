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
_WORKSPACE = frozenset({"workspace"})


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
            amount, quantity = known.amount + origin.amount, known.quantity + origin.quantity
            rows[group] = replace(known, amount=amount, quantity=quantity, unit=origin.unit)
    return tuple(row for row in rows.values() if row.amount.nanos or row.quantity)


def finest(day: BillDay, known: Sequence[BillRow]) -> BillDay | None:
    """The account of a day by the split that is `known` of it where the provider refuses that now.

    What the account tells of a group is the group's true sum: rows that were told apart stay as they are, and the rest, of
    either sign, is a row that is not divided. A lesser report leaves out what another told, so it takes nothing of that: it
    tells a sum that a workspace reaches at least. None where it teaches nothing.
    """
    if day.lesser:
        rows = tuple(_with_lesser(day.rows, known))
        return None if known and set(rows) == set(known) else replace(day, rows=rows)
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


def _with_lesser(told: Sequence[BillRow], known: Sequence[BillRow]) -> Iterator[BillRow]:
    """By workspace what was told of it by another report, and else what this one tells, which names lines in its own way."""
    lines = {_of(row, "lineItem") for row in told}
    for workspace in dict.fromkeys(_of(row, "workspace") for row in (*known, *told)):
        new, old = ([row for row in rows if _of(row, "workspace") == workspace] for rows in (told, known))
        if not old or lines & {_of(row, "lineItem") for row in old}:
            yield from new
        else:
            yield from _at_least(new, old)


def _at_least(told: Sequence[BillRow], known: Sequence[BillRow]) -> Iterator[BillRow]:
    """What is known of a workspace, and what is told beyond it as a row that is not divided, anew each time."""
    currencies = {row.amount.currency for row in (*told, *known)}
    if not told or len(currencies) > 1:
        yield from known
        return
    finer = [row for row in known if _names(row) - _WORKSPACE]
    yield from finer
    more = sum(row.amount.nanos for row in told) - sum(row.amount.nanos for row in finer)
    if more > 0:
        whole = frozenset(pair for pair in told[0].dimensions if pair[0] in _WORKSPACE)
        yield BillRow(whole, Money(more, *currencies))


def _of(row: BillRow, name: str) -> str:
    return dict(row.dimensions).get(name, "")
