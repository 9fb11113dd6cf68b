"""Integers that the database may add and share beyond 64 bits without ever making a float of them.

A sum is two sums, of whole units of a thousand million and of what is left, and is put together outside the database:
each stays within 64 bits for more rows than a ledger can hold. Where one does not, SQLite refuses. PostgreSQL sums in
its decimal type, which has no such bound; there `//` cuts nothing off, so a sum is only divided where that leaves nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from operator import index

from sqlalchemy import ColumnElement, Label, RowMapping, func, or_

from aicost.core.usage import FULLY_BUSY_PPM

UNIT = 1_000_000_000
WHOLE, LEFT = "whole", "left"


def whole(of: ColumnElement[int]) -> ColumnElement[int]:
    """The units in a number; both parts have its sign, for the database cuts towards zero."""
    return of // UNIT


def left(of: ColumnElement[int]) -> ColumnElement[int]:
    """What the units leave of it."""
    return of % UNIT


def sums(name: str, of: ColumnElement[int]) -> Iterator[Label[int]]:
    """The two columns of a sum, 0 over no rows; `total` reads them by the same name."""
    for part, suffix in ((whole(of), WHOLE), (left(of), LEFT)):
        yield func.coalesce(func.sum(part), 0).label(f"{name}_{suffix}")


def total(row: RowMapping, name: str) -> int:
    """The sum of that name. A float, which would have lost units, raises TypeError."""
    return integer(row[f"{name}_{WHOLE}"]) * UNIT + integer(row[f"{name}_{LEFT}"])


def differs(of: ColumnElement[int], whole_sum: ColumnElement[int], left_sum: ColumnElement[int]) -> ColumnElement[bool]:
    """Whether a number is something else than the sum of those parts; never multiplied out, which might overflow."""
    units, rest = whole(of) - whole_sum, left(of) - left_sum
    return or_(rest % UNIT != 0, units + rest // UNIT != 0)


def busy(of: ColumnElement[int], ppm: ColumnElement[int]) -> ColumnElement[int]:
    """So many parts per million of a number, cut to whole ones as one multiplication of any width would cut them."""
    return of // FULLY_BUSY_PPM * ppm + of % FULLY_BUSY_PPM * ppm // FULLY_BUSY_PPM


def integer(number: int | Decimal) -> int:
    """A database's whole number; one that is none raises TypeError."""
    if not isinstance(number, Decimal):
        return index(number)
    cut = int(number)
    if cut != number:
        raise TypeError(f"{number} is no integer")
    return cut
