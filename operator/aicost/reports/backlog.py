"""What nobody claims in a month, the dearest first. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TypeAlias

from tabulate import tabulate

from aicost.core.corrections import billed_by
from aicost.core.ledger import OwnerKind
from aicost.core.money import decimal
from aicost.core.names import Names, called
from aicost.core.texts import seen
from aicost.reports.document import Document, Row

_Group: TypeAlias = tuple[str, str, str, str]


@dataclass(frozen=True, slots=True, order=True)
class Unclaimed:
    """Cost that nobody claims, by what could claim it: the pods of a namespace, or a subject of a source's bill.

    `source` is empty for pods, `namespace` for bills and for what nobody is known to have held; `subject` is the dearest pod,
    or what the bill names, which is `called` so by its source. With a `gap` it has no amount, for that reason.
    """

    currency: str
    source: str
    namespace: str
    subject: str
    nanos: int
    pods: int = 0
    called: str = ""
    gap: str = ""

    @property
    def amount(self) -> str:
        """Exact, or why there is none."""
        return self.gap or decimal(self.nanos)

    @property
    def what(self) -> str:
        """For people."""
        if self.source:
            return f"{self.source}: {self.called or self.subject}"
        more = f" and {self.pods - 1} more" if self.pods > 1 else ""
        return f"pods of {self.namespace}: {self.subject}{more}" if self.namespace else f"{self.subject}{more}"


def backlog(document: Document) -> tuple[Unclaimed, ...]:
    """Everything that no workload and no unit owns, the largest first; credits, then what has no amount, stand last."""
    groups: dict[_Group, list[Row]] = defaultdict(list)
    known = document.known
    for row in document.rows:
        if row.kind == OwnerKind.UNCLAIMED and (row.nanos if row.nanos is not None else row.quantity):
            groups[_group(row)].append(row)
    names = known.labels if known else {}
    found = [_unclaimed(of, rows, names) for of, rows in groups.items()]
    return tuple(sorted(found, key=lambda each: (bool(each.gap), -each.nanos, each)))


def table(items: Iterable[Unclaimed]) -> str:
    """For people: amount, currency, what; then the sum of each currency."""
    rows, sums = [], defaultdict[str, int](int)
    for each in items:
        rows.append((each.amount, each.currency, seen(each.what)))
        if not each.gap:
            sums[each.currency] += each.nanos
    if not rows:
        return "nothing is unclaimed"
    rows += [(decimal(nanos), currency, "sum") for currency, nanos in sorted(sums.items())]
    headers = ("AMOUNT", "CURRENCY", "WHAT NOBODY CLAIMS")
    return tabulate(rows, headers=headers, tablefmt="plain", disable_numparse=True, colalign=("right", "left", "left"))


def _group(row: Row) -> _Group:
    """Currency, why there is no amount, then source and subject of a bill, or the namespace of a pod."""
    gap = row.gap if row.nanos is None else ""
    if source := billed_by(row.component, row.pool, row.certainty):
        return row.currency, gap, source, row.subject
    namespace, slash, _ = row.subject.partition("/")
    return row.currency, gap, "", namespace if slash else ""


def _unclaimed(group: _Group, rows: list[Row], names: Names) -> Unclaimed:
    currency, gap, source, of = group
    nanos = sum(row.nanos or 0 for row in rows)
    if source:
        return Unclaimed(currency, source, "", of, nanos, called=called(names, source, of), gap=gap)
    by_pod: dict[str, int] = defaultdict(int)
    for row in rows:
        by_pod[row.subject] += row.nanos or 0
    dearest = min(by_pod, key=lambda pod: (-by_pod[pod], pod))
    return Unclaimed(currency, "", of, dearest, nanos, len(by_pod), gap=gap)
