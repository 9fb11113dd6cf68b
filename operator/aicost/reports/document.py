"""The report of one month as a document: what the read API serves as JSON and every table is made from.

Shape: `{"period", "cluster", "asOf", "digest", "closed": {...} or null, "known": {...} or null, "advice": {...} or null,
"rows": [...], "proofs": [...]}`; amounts are exact decimal strings, quantities integers, `closed` is as in
`reports/closing.py`, `advice` as in `reports/advice.py`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from aicost.core.closing import Closing
from aicost.core.ledger import Proof, Total
from aicost.core.money import decimal, parse_nanos
from aicost.core.window import Instant, Period, rfc3339
from aicost.reports.advice import AdviceDocument
from aicost.reports.closing import closing_to_json
from aicost.reports.known import Known


@dataclass(frozen=True, slots=True)
class Row:
    """One sum of lines: who owns how much of what, and what caused it. `nanos` is None where there is no price."""

    component: str
    pool: str
    kind: str
    unit: str
    workload: str
    subject: str
    certainty: str
    currency: str
    nanos: int | None
    quantity: int
    gap: str

    @classmethod
    def of(cls, total: Total) -> Row:
        """The row of a total."""
        owner = total.owner
        return cls(
            component=total.component.value,
            pool=total.pool,
            kind=owner.kind.value,
            unit=owner.unit,
            workload=str(owner.workload) if owner.workload else "",
            subject=total.subject,
            certainty=total.certainty.value,
            currency=total.currency,
            nanos=None if total.gap else total.nanos,
            quantity=total.quantity,
            gap=total.gap.value if total.gap else "",
        )


@dataclass(frozen=True, slots=True)
class Document:
    """The report of one month. `known` says what is missing, `advice` what to change; None for a month not evaluated any more.

    `as_of` is when the ledger held this, in RFC 3339; empty: now. `closed` says when and by whom the month was closed.
    """

    period: str
    cluster: str
    digest: str
    rows: tuple[Row, ...]
    proofs: tuple[tuple[str, str, int, int, int, int], ...]
    known: Known | None = None
    as_of: str = ""
    closed: Mapping[str, Any] | None = None
    advice: AdviceDocument | None = None

    @property
    def is_empty(self) -> bool:
        """Whether the ledger has no entry of the month: then nothing is known of it."""
        return not self.rows and not self.proofs

    def to_json(self) -> dict[str, Any]:
        """As JSON data."""
        return {
            "period": self.period,
            "cluster": self.cluster,
            "asOf": self.as_of,
            "digest": self.digest,
            "closed": self.closed,
            "known": self.known and self.known.to_json(),
            "advice": self.advice and self.advice.to_json(),
            "rows": [row_to_json(row) for row in self.rows],
            "proofs": [
                {
                    "component": component,
                    "currency": currency,
                    "entries": entries,
                    "origins": decimal(origins),
                    "lines": decimal(lines),
                    "broken": broken,
                }
                for component, currency, entries, origins, lines, broken in self.proofs
            ],
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Document:
        """From JSON data. Raises KeyError, TypeError or ValueError for anything else."""
        return cls(
            period=data["period"],
            cluster=str(data["cluster"]),
            digest=data["digest"],
            rows=tuple(row_from_json(row) for row in data["rows"]),
            proofs=tuple(
                (
                    proof["component"],
                    proof["currency"],
                    int(proof["entries"]),
                    parse_nanos(proof["origins"]),
                    parse_nanos(proof["lines"]),
                    int(proof["broken"]),
                )
                for proof in data["proofs"]
            ),
            known=None if data["known"] is None else Known.from_json(data["known"]),
            as_of=str(data["asOf"]),
            closed=None if data["closed"] is None else dict(data["closed"]),
            advice=None if data["advice"] is None else AdviceDocument.from_json(data["advice"]),
        )


def document(
    period: Period,
    totals: Iterable[Total],
    proofs: Iterable[Proof],
    digest: str,
    known: Known | None = None,
    *,
    cluster: str = "",
    as_of: Instant | None = None,
    closing: Closing | None = None,
    advice: AdviceDocument | None = None,
) -> Document:
    """The document of a month's totals by subject, of a cluster if it has a name, now or as they were at an instant."""
    return Document(
        period=period.month,
        cluster=cluster,
        digest=digest,
        rows=tuple(Row.of(total) for total in totals),
        proofs=tuple((p.component.value, p.currency, p.entries, p.origins, p.lines, p.broken) for p in proofs),
        known=known,
        as_of="" if as_of is None else rfc3339(as_of),
        closed=closing_to_json(closing) if closing else None,
        advice=advice,
    )


def row_to_json(row: Row) -> dict[str, Any]:
    """A row as JSON data."""
    fields = {name: getattr(row, name) for name in Row.__slots__ if name != "nanos"}
    return fields | {"amount": None if row.nanos is None else decimal(row.nanos)}


def row_from_json(data: Mapping[str, Any]) -> Row:
    """From JSON data. Raises KeyError, TypeError or ValueError for anything else."""
    fields = {name: data[name] for name in Row.__slots__ if name != "nanos"}
    return Row(**fields, nanos=None if data["amount"] is None else parse_nanos(data["amount"]))
