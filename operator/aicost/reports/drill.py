"""What lies beneath a unit, a workload or an origin, as a document: what the read API serves and tables are made from.

Shape: `{"period", "cluster", "asOf", "asked": "unit care", "sums": {currency: amount}, "unpriced": [...],
"units": [{"unit", "currency", "own", "total", "unpriced"}], "rows": [...], "rowCount",
"parts": [{"origin": {...}, "line": {...}, "why"}], "partCount", "names": [[source, dimension, id, name]]}`. Rows are sums by owner and subject as in
`reports/document.py`, parts are lines with their origins; of both the largest, and how many there are. `unpriced` says
why what is in no sum has no amount. `units` are those right beneath the one that was asked for, with all beneath them;
`names` are those of the ids of bills that rows and parts show.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from aicost.core.drill import Drilled, Part, UnitSum, origin_id
from aicost.core.ledger import Entry
from aicost.core.money import Money, decimal, parse_nanos
from aicost.core.names import Names, among
from aicost.core.window import Instant, Period, rfc3339
from aicost.reports.document import Row, row_from_json, row_to_json

LARGEST, MOST = 20, 5000
"""How many rows and parts are told unless more are asked for, and how many ever are."""


@dataclass(frozen=True, slots=True)
class Source:
    """An origin as told: its id, its key, from when to when, what it is; `nanos` is None where there is no price."""

    id: str
    key: tuple[str, ...]
    since: str
    until: str
    description: str
    component: str
    pool: str
    certainty: str
    currency: str
    nanos: int | None
    quantity: int
    measure: str
    gap: str


@dataclass(frozen=True, slots=True)
class Piece:
    """A line as told, with its origin, and why it is what it is."""

    origin: Source
    kind: str
    unit: str
    workload: str
    subject: str
    nanos: int | None
    quantity: int
    why: str


@dataclass(frozen=True, slots=True)
class Drill:
    """What lies beneath what was asked for. `sums` are those of all of it, in nano-units by currency."""

    period: str
    cluster: str
    as_of: str
    asked: str
    sums: tuple[tuple[str, int], ...]
    unpriced: tuple[str, ...]
    rows: tuple[Row, ...]
    row_count: int
    parts: tuple[Piece, ...]
    part_count: int
    names: tuple[tuple[str, str, str, str], ...] = ()
    units: tuple[UnitSum, ...] = ()

    def named(self, names: Names) -> Drill:
        """The same with the names of what is shown by its id."""
        return replace(self, names=among(names, self._shown()))

    def _shown(self) -> Iterator[tuple[str, str, str]]:
        """What rows and parts name of bills: by source, dimension and id."""
        for row in self.rows:
            dimension, _, value = row.subject.partition(" ")
            yield row.pool, dimension, value
        for piece in self.parts:
            for part in piece.origin.key:
                dimension, _, value = part.partition("=")
                yield piece.origin.pool, dimension, value

    def to_json(self) -> dict[str, Any]:
        """As JSON data."""
        return {
            "period": self.period,
            "cluster": self.cluster,
            "asOf": self.as_of,
            "asked": self.asked,
            "sums": {currency: decimal(nanos) for currency, nanos in self.sums},
            "unpriced": list(self.unpriced),
            "units": [_unit_to_json(each) for each in self.units],
            "rows": [row_to_json(row) for row in self.rows],
            "rowCount": self.row_count,
            "parts": [_piece_to_json(piece) for piece in self.parts],
            "partCount": self.part_count,
            "names": [list(name) for name in self.names],
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Drill:
        """From JSON data. Raises KeyError, TypeError, AttributeError or ValueError for anything else."""
        return cls(
            period=data["period"],
            cluster=data["cluster"],
            as_of=data["asOf"],
            asked=data["asked"],
            sums=tuple((currency, parse_nanos(amount)) for currency, amount in data["sums"].items()),
            unpriced=tuple(map(str, data["unpriced"])),
            rows=tuple(row_from_json(row) for row in data["rows"]),
            row_count=int(data["rowCount"]),
            parts=tuple(_piece_from_json(piece) for piece in data["parts"]),
            part_count=int(data["partCount"]),
            names=tuple((source, dimension, of, name) for source, dimension, of, name in data["names"]),
            units=tuple(_unit_from_json(each) for each in data["units"]),
        )


@dataclass(frozen=True, slots=True)
class Asked:
    """What was asked for, in words (`unit care`), of which month and cluster, as of when (None: now)."""

    what: str
    period: Period
    cluster: str = ""
    as_of: Instant | None = None


def drill(asked: Asked, found: Drilled, most: int) -> Drill:
    """The document of a unit or a workload: the largest rows and parts, at most so many of each."""
    rows = sorted((Row.of(total) for total in found.totals if total.nanos or total.quantity), key=_size)
    sums: dict[str, int] = defaultdict(int)
    for row in rows:
        if row.nanos is not None:
            sums[row.currency] += row.nanos
    told = _Sums(sums, {row.gap for row in rows if row.gap})
    pieces = [_piece(part) for part in found.parts]
    of_unit = _document(asked, told, (rows[:most], len(rows)), (pieces[:most], found.count))
    return replace(of_unit, units=found.beneath)


def drill_origin(asked: Asked, entry: Entry, most: int) -> Drill:
    """The document of an origin: its lines, the largest first."""
    pieces = sorted((_piece(Part(entry.origin, line)) for line in entry.lines), key=_size)
    amount, gap = entry.origin.amount, entry.origin.gap
    sums = _Sums({amount.currency: amount.nanos} if amount else {}, {gap.value} if gap else set())
    return _document(asked, sums, ([], 0), (pieces[:most], len(pieces)))


@dataclass(frozen=True, slots=True)
class _Sums:
    by_currency: Mapping[str, int]
    unpriced: set[str]


def _document(asked: Asked, sums: _Sums, rows: tuple[list[Row], int], pieces: tuple[list[Piece], int]) -> Drill:
    as_of = "" if asked.as_of is None else rfc3339(asked.as_of)
    (told_rows, row_count), (told_pieces, part_count) = rows, pieces
    return Drill(
        asked.period.month,
        asked.cluster,
        as_of,
        asked.what,
        tuple(sorted(sums.by_currency.items())),
        tuple(sorted(sums.unpriced)),
        tuple(told_rows),
        row_count,
        tuple(told_pieces),
        part_count,
    )


def _size(told: Row | Piece) -> tuple[int, int, str, str, str]:
    return -abs(told.nanos or 0), -abs(told.quantity), told.unit, told.workload, told.subject


def _piece(part: Part) -> Piece:
    owner, line = part.line.owner, part.line
    return Piece(
        origin=_source(part),
        kind=owner.kind.value,
        unit=owner.unit,
        workload=str(owner.workload) if owner.workload else "",
        subject=line.subject,
        nanos=_nanos(line.amount),
        quantity=line.quantity,
        why=part.why,
    )


def _source(part: Part) -> Source:
    of = part.origin
    return Source(
        id=origin_id(of.key),
        key=of.key,
        since=rfc3339(of.window.start),
        until=rfc3339(of.window.end),
        description=of.description,
        component=of.component.value,
        pool=of.pool,
        certainty=of.certainty.value,
        currency=of.amount.currency if of.amount else "",
        nanos=_nanos(of.amount),
        quantity=of.quantity,
        measure=of.unit,
        gap=of.gap.value if of.gap else "",
    )


def _nanos(of: Money | None) -> int | None:
    return None if of is None else of.nanos


_ORIGIN = tuple(name for name in Source.__slots__ if name not in ("nanos", "key"))
_LINE = tuple(name for name in Piece.__slots__ if name not in ("nanos", "origin", "why"))


def _piece_to_json(piece: Piece) -> dict[str, Any]:
    origin = _fields(piece.origin, _ORIGIN) | {"key": list(piece.origin.key), "amount": _amount(piece.origin.nanos)}
    return {"origin": origin, "line": _fields(piece, _LINE) | {"amount": _amount(piece.nanos)}, "why": piece.why}


def _piece_from_json(data: Mapping[str, Any]) -> Piece:
    of, line = data["origin"], data["line"]
    origin = Source(**{name: of[name] for name in _ORIGIN}, key=tuple(of["key"]), nanos=_parsed(of["amount"]))
    return Piece(origin=origin, **{name: line[name] for name in _LINE}, nanos=_parsed(line["amount"]), why=data["why"])


def _fields(of: object, names: Iterable[str]) -> dict[str, Any]:
    return {name: getattr(of, name) for name in names}


def _unit_to_json(of: UnitSum) -> dict[str, Any]:
    return {
        "unit": of.unit,
        "currency": of.currency,
        "own": decimal(of.own),
        "total": decimal(of.total),
        "unpriced": list(of.unpriced),
    }


def _unit_from_json(data: Mapping[str, Any]) -> UnitSum:
    own, total = parse_nanos(data["own"]), parse_nanos(data["total"])
    return UnitSum(data["unit"], data["currency"], own, total, tuple(map(str, data["unpriced"])))


def _amount(nanos: int | None) -> str | None:
    return None if nanos is None else decimal(nanos)


def _parsed(amount: str | None) -> int | None:
    return None if amount is None else parse_nanos(amount)
