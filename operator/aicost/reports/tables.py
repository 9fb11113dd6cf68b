"""Reports as text tables: for the terminal and as Markdown. From a document only; pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from typing import TypeVar

from aicost.core.gaps import NOTICES
from aicost.core.ledger import Component
from aicost.core.measures import card_hours, measured, unit_of
from aicost.core.money import NANOS_PER_UNIT, decimal
from aicost.core.names import Names, called
from aicost.core.texts import seen
from aicost.reports.advice_tables import PAST, TITLE, advice_table, past_table
from aicost.reports.closing import closed
from aicost.reports.document import Document, Row
from aicost.reports.known import Known, Missing
from aicost.reports.layout import Style, Table, section

Key = TypeVar("Key", bound=str | tuple[str, ...])
_POOLS = ("idle", "unclaimed", "parked")
"""The parts that nobody owns, in the order in which tables show them, after every owner."""


def render(document: Document, style: Style) -> str:
    """The whole report: where the bill went, units, workloads, what has no price, what is missing, and the proof."""
    where = _where(document)
    if document.is_empty:
        nothing = nothing_known(document)
        return f"{nothing}\n\n{reach(document)}" if document.known else nothing
    names = document.known.labels if document.known else {}
    sections = [
        (f"Where the money of {document.period} went{where}", _origins(document.rows, names)),
        (_units_of(document), _units(document.rows)),
        ("Charged when it was closed, after distribution", _charged(document)),
        ("Workloads", _workloads(document.rows)),
        ("Without a price, in no total", _unpriced(document.rows, names)),
        (TITLE, advice_table(document.advice.workloads if document.advice else ())),
        (PAST, past_table(document.advice.history if document.advice else ())),
    ]
    parts = [section(title, *table, style=style) for title, table in sections if table[1]]
    return "\n\n".join([*parts, reach(document), proof(document, style)])


def _units_of(document: Document) -> str:
    """The ledger holds what units cause; whether that is what they carry is known of the evaluated month only."""
    if document.known and not document.known.distributed:
        return "Business units"
    after = "; after it: aicost report --basis charged" if document.known else ""
    return f"Business units, before distribution{after}"


def _charged(document: Document) -> Table:
    """What units were charged by the closing: no later edit of distribution or exchange rates is in it."""
    charged = document.closed.get("charged", ()) if document.closed else ()
    rows = [(of["unit"], of["own"], of["total"], of["currency"]) for of in charged]
    return ("UNIT", "OWN", "WITH CHILDREN", "CURRENCY"), rows


def nothing_known(document: Document) -> str:
    """What is said of a month of which the ledger has no entry: that is not zero."""
    return f"nothing is known of {document.period}{_where(document)}: the ledger has no entry of that month"


def _where(document: Document) -> str:
    where = f" in cluster {document.cluster}" if document.cluster else ""
    return where + (f", as it was known at {document.as_of}" if document.as_of else "")


def reach(document: Document) -> str:
    """How far data reaches, and everything that is missing, one line each."""
    if document.closed:
        left = [f"- {seen(point)}" for point in document.closed["left"]]
        return "\n".join([f"closed {closed(document.closed)}", *(["open when it was closed:", *left] if left else [])])
    if document.known is None:
        return (
            f"missing: told here of the evaluated month; of an earlier one by aicost close {document.period} --dry-run"
        )
    return reached(document.known)


def reached(known: Known) -> str:
    """Of the evaluated month: since when it is known, through when by feed and bill, what is missing or estimated."""
    ends = [*known.through, *((f"bill {source}", end) for source, end in known.bills)]
    told = [f"known from {known.covered_from}, through", *(f"- {what}: {end}" for what, end in ends)]
    gaps = [gap for gap in known.gaps if gap.reason not in NOTICES]
    notices = [gap for gap in known.gaps if gap.reason in NOTICES]
    missing, estimated = (
        [f"- {gap.reason} ({_whom(gap)}): {seen(gap.message)}" for gap in of] for of in (gaps, notices)
    )
    beside = ["", "estimated:", *estimated] if estimated else []
    return "\n".join([*told, "", "missing:" if missing else "missing: none", *missing, *beside])


def _whom(gap: Missing) -> str:
    return ", ".join(part for part in (gap.feed, gap.concerns, f"since {gap.since}", gap.quantity) if part)


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
    table = section("Proof", headers, rows, style=style)
    difference = sum(abs(origins - lines) for _, origins, lines, _ in sums.values())
    return f"{table}\n\ndifference {_nine(difference)}\ndigest {document.digest}"


def _origins(rows: Sequence[Row], names: Names) -> Table:
    """Each pool with its total, and beneath it who owns how much of it."""
    table: list[tuple[str, ...]] = []
    priced = [row for row in rows if row.nanos is not None]
    pools = _grouped(priced, lambda row: (row.component, row.pool, row.currency))
    for pool, mine in sorted(pools, key=lambda group: group[0][0]):
        table.append((pool[1], "", _owned(mine), _hours(mine), pool[2], _certainties(mine)))
        for owner, of in _grouped(mine, lambda row: _owner(row, names)):
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
    hosts = ("compute",) if any(row.component == Component.COMPUTE for row in mine) else ()
    parts = "gpu", *hosts, "tokens", "recharge"
    table = [
        (name, unit, *(_component(of, part) for part in parts), _owned(of), currency)
        for (name, unit, currency), of in _grouped(mine, lambda row: (row.workload, row.unit, row.currency))
    ]
    return ("WORKLOAD", "UNIT", "GPU", *map(str.upper, hosts), "TOKENS", "RE-CHARGE", "AMOUNT", "CURRENCY"), table


def _unpriced(rows: Sequence[Row], names: Names) -> Table:
    missing = [row for row in rows if row.nanos is None and row.quantity]
    table = [
        (pool, owner, _hours(of) or _of_hosts(of), gap)
        for (pool, owner, gap), of in _grouped(missing, lambda row: (row.pool, _owner(row, names), row.gap))
    ]
    return ("ORIGIN", "OWNER", "CARD HOURS", "REASON"), table


def _owner(row: Row, names: Names) -> str:
    """A workload by its name, a unit by its; what nobody claims by what caused it, since that is what to claim.

    What a bill names by its id has the name behind it that its source calls it.

    Idle capacity of nodes that a unit reserves is told apart from what it owns by default.
    """
    if row.kind == "unclaimed":
        return f"unclaimed: {called(names, row.pool, row.subject)}"
    if row.kind == "reserved":
        return f"idle of unit {row.unit}"
    return row.workload or (row.kind if row.kind in _POOLS else f"unit {row.unit}")


def _grouped(rows: Iterable[Row], key: Callable[[Row], Key]) -> list[tuple[Key, list[Row]]]:
    """By key: owners before the parts that nobody owns, and the largest first."""
    groups: dict[Key, list[Row]] = defaultdict(list)
    for row in rows:
        groups[key(row)].append(row)
    return sorted(groups.items(), key=_rank)


def _rank(group: tuple[Key, list[Row]]) -> tuple[int, int, int, str]:
    key, rows = group
    part = min(_POOLS.index(row.kind) + 1 if row.kind in _POOLS else 0 for row in rows)
    return part, -sum(row.nanos or 0 for row in rows), -sum(row.quantity for row in rows), str(key)


def _owned(rows: Iterable[Row]) -> str:
    return decimal(sum(row.nanos or 0 for row in rows))


def _component(rows: Iterable[Row], component: str) -> str:
    return _owned(row for row in rows if row.component == component)


def _hours(rows: Sequence[Row]) -> str:
    micros = sum(row.quantity for row in rows if row.component == "gpu")
    return card_hours(micros) if micros else ""


def _of_hosts(rows: Sequence[Row]) -> str:
    """Of one pool: not in card hours, and so with its own."""
    if rows[0].component != Component.COMPUTE:
        return ""
    unit = unit_of(Component(rows[0].component), rows[0].pool)
    return measured(sum(row.quantity for row in rows), unit)


def _certainties(rows: Iterable[Row]) -> str:
    return ", ".join(sorted({row.certainty for row in rows}))


def _nine(nanos: int) -> str:
    sign = "-" if nanos < 0 else ""
    return f"{sign}{abs(nanos) // NANOS_PER_UNIT}.{abs(nanos) % NANOS_PER_UNIT:09d}"
