"""What lies beneath a unit, a workload or an origin, as text tables. From a document only; pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from aicost.core.drill import UnitSum
from aicost.core.measures import card_hours, measured
from aicost.core.money import NANOS_PER_UNIT, decimal, rounded
from aicost.core.texts import seen
from aicost.reports.document import Row
from aicost.reports.drill import MOST, Drill, Piece
from aicost.reports.layout import Style, Table, section

ROWS = ("OWNER", "SUBJECT", "ORIGIN", "AMOUNT", "CARD HOURS", "CURRENCY", "CERTAINTY")
UNITS = ("UNIT", "OWN", "WITH UNITS BENEATH", "CURRENCY", "IN NO SUM")
PARTS = ("ID", "SINCE", "WHAT", "OWNER", "SUBJECT", "AMOUNT", "OF", "SHARE", "CURRENCY")
LINES = ("OWNER", "SUBJECT", "AMOUNT", "SHARE", "QUANTITY", "WHY")


def render_drill(drill: Drill, style: Style) -> str:
    """The whole answer: of a unit or workload what it is made of and the largest parts, of an origin its lines."""
    if drill.asked.startswith("origin "):
        return _origin(drill, style)
    if drill.units:
        own = render_drill(replace(drill, units=()), style)
        return f"{section(f'Beneath {drill.asked}, as units are declared now', *_units(drill.units), style=style)}\n\n{own}"
    if not drill.row_count:
        return f"{_title(drill)}: nothing"
    rows, rest = _rows(drill.rows), drill.row_count - len(drill.rows)
    made = [section("What it is made of", *rows, style=style), *_rest(drill, drill.rows, rest)]
    rest = drill.part_count - len(drill.parts)
    parts = [section("Of which origins, the largest parts", *_parts(drill.parts), style=style)]
    whys = sorted({piece.why for piece in drill.parts})
    why = "\n".join(["why:", *(f"- {each}" for each in whys)])
    told = [_title(drill), *made, _sum(drill), *parts, *_rest(drill, drill.parts, rest), *_names(drill), why]
    return "\n\n".join(told)


def _title(drill: Drill) -> str:
    where = f" in cluster {drill.cluster}" if drill.cluster else ""
    where += f", as it was known at {drill.as_of}" if drill.as_of else ""
    before = ", before distribution" if drill.asked.startswith("unit ") else ""
    return f"{drill.asked} in {drill.period}{where}{before}"


def _sum(drill: Drill) -> str:
    sums = [f"sum {decimal(nanos)} {currency}" for currency, nanos in drill.sums]
    return "\n".join([*sums, *([f"without a price, in no sum: {', '.join(drill.unpriced)}"] if drill.unpriced else [])])


def _rest(drill: Drill, shown: Sequence[Row | Piece], more: int) -> list[str]:
    """How many are not shown, and what they come to; nothing where all are."""
    if not more:
        return []
    rest = {currency: nanos - _shown(shown, currency) for currency, nanos in drill.sums}
    amounts = ", ".join(f"{decimal(nanos)} {currency}" for currency, nanos in rest.items() if nanos)
    told = f"and {more} more{', together ' if amounts else ''}{amounts}"
    return [told if len(shown) >= MOST else f"{told}: --all shows up to {MOST}"]


def _shown(among: Iterable[Row | Piece], currency: str) -> int:
    return sum(each.nanos or 0 for each in among if _currency(each) == currency)


def _currency(of: Row | Piece) -> str:
    return of.currency if isinstance(of, Row) else of.origin.currency


def _units(units: Iterable[UnitSum]) -> Table:
    table = [
        (
            of.unit,
            *((decimal(of.own), decimal(of.total)) if of.currency or not of.unpriced else ("", "")),
            of.currency,
            ", ".join(of.unpriced),
        )
        for of in units
    ]
    return UNITS, table


def _rows(rows: Iterable[Row]) -> Table:
    table = [
        (
            _owner(row),
            row.subject,
            row.pool,
            row.gap if row.nanos is None else decimal(row.nanos),
            card_hours(row.quantity) if row.component == "gpu" else "",
            row.currency,
            row.certainty,
        )
        for row in rows
    ]
    return ROWS, table


def _parts(parts: Iterable[Piece]) -> Table:
    table = [
        (
            piece.origin.id,
            piece.origin.since,
            piece.origin.description,
            _owner(piece),
            piece.subject,
            piece.origin.gap if piece.nanos is None else decimal(piece.nanos),
            "" if piece.origin.nanos is None else decimal(piece.origin.nanos),
            _share(piece),
            piece.origin.currency,
        )
        for piece in parts
    ]
    return PARTS, table


def _origin(drill: Drill, style: Style) -> str:
    of = drill.parts[0].origin
    amount = f"no amount: {of.gap}" if of.nanos is None else f"{decimal(of.nanos)} {of.currency}"
    quantity = _measured(of.quantity, of.measure)
    head = [
        f"{_title(drill)}: {seen(of.description)}",
        f"- key: {seen(' / '.join(of.key))}",
        f"- from {of.since} to {of.until}",
        f"- {', '.join(part for part in (amount, of.certainty, quantity) if part)}",
    ]
    lines = [
        (
            _owner(piece),
            piece.subject,
            "" if piece.nanos is None else decimal(piece.nanos),
            _share(piece),
            _measured(piece.quantity, of.measure),
            piece.why,
        )
        for piece in drill.parts
    ]
    table = section("Its lines", LINES, lines, style=style)
    rest = _rest(drill, drill.parts, drill.part_count - len(lines))
    return "\n\n".join(["\n".join(head), table, *rest, *_names(drill)])


def _names(drill: Drill) -> list[str]:
    """What sources call what stands above by its id; nothing where it has no names."""
    named = [f"- {seen(source)}, {dimension} {seen(of)}: {seen(name)}" for source, dimension, of, name in drill.names]
    return ["\n".join(["names:", *named])] if named else []


def _owner(of: Row | Piece) -> str:
    """A workload by its name; a unit, or a part of `unallocated`, by what it is."""
    if of.kind == "reserved":
        return f"idle of unit {of.unit}"
    return of.workload or (f"unit {of.unit}" if of.kind == "unit" else of.kind)


def _share(piece: Piece) -> str:
    """Of its origin, by amount, else by quantity; nothing of an origin that sums to nothing."""
    part, whole = piece.nanos, piece.origin.nanos
    if part is None or whole is None:
        part, whole = piece.quantity, piece.origin.quantity
    return f"{rounded(part * 100 * NANOS_PER_UNIT // whole)} %" if whole else ""


def _measured(quantity: int, measure: str) -> str:
    return measured(quantity, measure) if measure and quantity else ""
