"""Reports as text tables: for the terminal and as Markdown. From a document only; pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from typing import Literal, TypeAlias, TypeVar

from tabulate import tabulate

from aicost.core.money import NANOS_PER_UNIT, decimal, rounded
from aicost.core.window import HOUR
from aicost.reports.document import Document, Row

Key = TypeVar("Key", bound=str | tuple[str, ...])
Table: TypeAlias = tuple[Sequence[str], Sequence[Sequence[str]]]
Style: TypeAlias = Literal["table", "markdown"]
_FORMATS: dict[Style, str] = {"table": "plain", "markdown": "pipe"}
_POOLS = {"idle": "idle", "unclaimed": "unclaimed", "parked": "parked"}


def render(document: Document, style: Style) -> str:
    """The whole report: where the bill went, units, workloads, what has no price, and the proof."""
    sections = [
        (f"Where the money of {document.period} went", _origins(document.rows)),
        ("Business units", _units(document.rows)),
        ("Workloads", _workloads(document.rows)),
        ("Without a price, in no total", _unpriced(document.rows)),
    ]
    parts = [_section(title, *table, style=style) for title, table in sections if table[1]]
    return "\n\n".join([*parts, proof(document, style)])


def proof(document: Document, style: Style) -> str:
    """Origins, lines and their difference by currency, and the digest of the month's entries."""
    sums: dict[str, list[int]] = defaultdict(lambda: [0, 0, 0, 0])
    for _, currency, entries, origins, lines, broken in document.proofs:
        sums[currency] = [old + new for old, new in zip(sums[currency], (entries, origins, lines, broken), strict=True)]
    rows = [
        (currency, str(entries), decimal(origins), decimal(lines), _nine(origins - lines), str(broken))
        for currency, (entries, origins, lines, broken) in sorted(sums.items())
        if currency
    ]
    headers = ("CURRENCY", "ENTRIES", "ORIGINS", "LINES", "DIFFERENCE", "BROKEN")
    table = _section("Proof", headers, rows, style=style)
    difference = sum(abs(origins - lines) for _, origins, lines, _ in sums.values())
    return f"{table}\n\ndifference {_nine(difference)}\ndigest {document.digest}"


def _section(title: str, headers: Sequence[str], rows: Sequence[Sequence[str]], *, style: Style) -> str:
    body = tabulate(
        rows, headers=headers, tablefmt=_FORMATS[style], disable_numparse=True, colalign=[_side(h) for h in headers]
    )
    return f"{'## ' if style == 'markdown' else ''}{title}\n\n{body}"


def _side(header: str) -> str:
    return (
        "right" if header in {"AMOUNT", "CARD HOURS", "ENTRIES", "ORIGINS", "LINES", "DIFFERENCE", "BROKEN"} else "left"
    )


def _origins(rows: Sequence[Row]) -> Table:
    """Each pool with its total, and beneath it who owns how much of it."""
    table: list[tuple[str, ...]] = []
    for pool in sorted({(row.component, row.pool, row.currency) for row in rows if row.nanos is not None}):
        mine = [row for row in rows if (row.component, row.pool, row.currency) == pool and row.nanos is not None]
        table.append((pool[1], "", _owned(mine), _hours(mine), pool[2], _certainties(mine)))
        for owner, of in _grouped(mine, _owner):
            table.append(("", owner, _owned(of), _hours(of), "", ""))  # two kinds of rows interleave
    return ("ORIGIN", "OWNER", "AMOUNT", "CARD HOURS", "CURRENCY", "CERTAINTY"), table


def _units(rows: Sequence[Row]) -> Table:
    table: list[tuple[str, ...]] = []
    for currency, priced in _grouped([row for row in rows if row.nanos is not None], lambda row: row.currency):
        for unit, of in _grouped(priced, lambda row: row.unit):
            table.append((unit, "", _owned(of), currency))
            parts = [row for row in of if row.kind in _POOLS]
            table.extend(("", part, _owned(its), "") for part, its in _grouped(parts, lambda row: row.kind))
        table.append(("sum", "", _owned(priced), currency))
    return ("UNIT", "PART", "AMOUNT", "CURRENCY"), table


def _workloads(rows: Sequence[Row]) -> Table:
    mine = [row for row in rows if row.workload and row.nanos is not None]
    table = [
        (name, of[0].unit, _component(of, "gpu"), _component(of, "tokens"), _owned(of), of[0].currency)
        for name, of in _grouped(mine, lambda row: row.workload)
    ]
    return ("WORKLOAD", "UNIT", "GPU", "TOKENS", "AMOUNT", "CURRENCY"), table


def _unpriced(rows: Sequence[Row]) -> Table:
    missing = [row for row in rows if row.nanos is None and row.quantity]
    table = [
        (of[0].pool, owner, _hours(of), of[0].gap)
        for (_, owner), of in _grouped(missing, lambda row: (row.pool, _owner(row)))
    ]
    return ("ORIGIN", "OWNER", "CARD HOURS", "REASON"), table


def _owner(row: Row) -> str:
    """A workload by its name, a unit by its; what nobody claims by what caused it, since that is what to claim."""
    if row.kind == "unclaimed":
        return f"unclaimed: {row.subject}"
    return row.workload or (row.kind if row.kind in _POOLS else f"unit {row.unit}")


def _grouped(rows: Iterable[Row], key: Callable[[Row], Key]) -> list[tuple[Key, list[Row]]]:
    groups: dict[Key, list[Row]] = defaultdict(list)
    for row in rows:
        groups[key(row)].append(row)
    return sorted(groups.items(), key=lambda item: str(item[0]))


def _owned(rows: Iterable[Row]) -> str:
    return decimal(sum(row.nanos or 0 for row in rows))


def _component(rows: Iterable[Row], component: str) -> str:
    return _owned(row for row in rows if row.component == component)


def _hours(rows: Sequence[Row]) -> str:
    seconds = sum(row.quantity for row in rows if row.component == "gpu")
    return rounded(seconds * NANOS_PER_UNIT // HOUR) if seconds else ""


def _certainties(rows: Iterable[Row]) -> str:
    return ", ".join(sorted({row.certainty for row in rows}))


def _nine(nanos: int) -> str:
    sign = "-" if nanos < 0 else ""
    return f"{sign}{abs(nanos) // NANOS_PER_UNIT}.{abs(nanos) % NANOS_PER_UNIT:09d}"
