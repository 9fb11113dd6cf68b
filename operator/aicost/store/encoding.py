"""Values of the core as rows and back, and the hashes that name them. Pure: no database here.

Text that stands for a value is canonical JSON, so that equal values have equal text.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from typing import Any

from sqlalchemy import RowMapping

from aicost.core.identity import WorkloadRef
from aicost.core.ledger import Certainty, Component, Entry, Line, Origin, Owner, OwnerKind
from aicost.core.money import Money
from aicost.core.reasons import GapReason
from aicost.core.window import Instant, Period, Window

Values = dict[str, Any]


def canonical(value: object) -> str:
    """The one JSON text of a value made of lists, strings, integers and None."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def pairs(of: Iterable[tuple[str, str]]) -> str:
    """The canonical text of labels or dimensions: their pairs, sorted."""
    return canonical(sorted(of))


def read_pairs(text: str) -> frozenset[tuple[str, str]]:
    """The pairs again."""
    return frozenset((name, value) for name, value in json.loads(text))


def chain(previous: str, content: str) -> str:
    """The name of a step: what it says and, through `previous` (empty: none), all that was before it.

    Unique for every step, also where it returns to what was (A, B, A).
    """
    return _sha256(previous + content)


def content(of: Values, lines: Iterable[Values]) -> str:
    """The SHA-256 of what an entry says: of its row's and lines' values, in the order of their columns."""
    return _sha256(canonical([list(of.values()), [list(line.values()) for line in lines]]))


def origin_values(origin: Origin) -> Values:
    """The columns of table `entry` that say what the origin is."""
    return {
        "key": canonical(origin.key),
        "window_start": origin.window.start,
        "window_end": origin.window.end,
        "period": str(Period.of(origin.window.start)),
        "component": origin.component.value,
        "pool": origin.pool,
        "certainty": origin.certainty.value,
        "amount": None if origin.amount is None else origin.amount.nanos,
        "currency": None if origin.amount is None else origin.amount.currency,
        "quantity": origin.quantity,
        "unit": origin.unit,
        "description": origin.description,
        "gap": None if origin.gap is None else origin.gap.value,
    }


def line_values(position: int, line: Line) -> Values:
    """The columns of table `line`, but for the entry it belongs to."""
    workload = line.owner.workload
    return {
        "position": position,
        "owner_kind": line.owner.kind.value,
        "unit_name": line.owner.unit,
        "workload_namespace": None if workload is None else workload.namespace,
        "workload_name": None if workload is None else workload.name,
        "subject": line.subject,
        "nanos": None if line.amount is None else line.amount.nanos,
        "quantity": line.quantity,
    }


def read_entry(row: RowMapping, lines: Iterable[RowMapping]) -> Entry:
    """The entry again; raises ValueError where its rows do not add up."""
    return Entry(read_origin(row), tuple(read_line(line, row["currency"]) for line in lines))


def read_origin(row: RowMapping) -> Origin:
    """The origin of a row of table `entry`."""
    return Origin(
        key=tuple(json.loads(row["key"])),
        component=Component(row["component"]),
        pool=row["pool"],
        window=read_window(row),
        amount=_money(row["amount"], row["currency"]),
        certainty=Certainty(row["certainty"]),
        quantity=row["quantity"],
        unit=row["unit"],
        description=row["description"],
        gap=read_gap(row),
    )


def read_line(row: RowMapping, currency: str | None, prefix: str = "") -> Line:
    """The line of a row of table `line`, whose columns are named with a prefix where others stand beside them."""
    amount = _money(row[f"{prefix}nanos"], currency)
    return Line(read_owner(row, prefix), row[f"{prefix}subject"], amount, row[f"{prefix}quantity"])


def read_owner(row: RowMapping, prefix: str = "") -> Owner:
    """The owner of a row of table `line`, likewise."""
    name = row[f"{prefix}workload_name"]
    workload = None if name is None else WorkloadRef(row[f"{prefix}workload_namespace"], name)
    return Owner(OwnerKind(row[f"{prefix}owner_kind"]), row[f"{prefix}unit_name"], workload)


def read_gap(row: RowMapping) -> GapReason | None:
    """Why a row of table `entry` has no amount; None where it has one."""
    return None if row["gap"] is None else GapReason(row["gap"])


def read_window(row: RowMapping) -> Window:
    """The window of a row of any table that has one."""
    return Window(Instant(row["window_start"]), Instant(row["window_end"]))


def _money(nanos: int | None, currency: str | None) -> Money | None:
    return None if nanos is None or currency is None else Money(nanos, currency)


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
