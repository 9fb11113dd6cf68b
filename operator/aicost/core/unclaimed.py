"""What nobody claims, the largest first: so that a reader sees what to claim."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from aicost.core.corrections import billed_by
from aicost.core.ledger import Component, OwnerKind, Total

MOST = 10


@dataclass(frozen=True, slots=True)
class Unclaimed:
    """Cost that nobody claims, in nano-units: of the pods of a namespace, or of one subject of a usage source's bill.

    `subject` is the dearest pod, or what the bill names; `source` is empty for pods, `namespace` for bills.
    """

    component: Component
    source: str
    namespace: str
    subject: str
    nanos: int


def largest(totals: Iterable[Total], currency: str) -> tuple[Unclaimed, ...]:
    """The ten largest of a month's totals by subject; in one currency, credits left out."""
    groups: dict[tuple[Component, str, str], dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for total in totals:
        if total.owner.kind is OwnerKind.UNCLAIMED and total.gap is None and total.currency == currency:
            groups[_group(total)][total.subject] += total.nanos
    rows = [
        Unclaimed(component, source, namespace, min(of, key=lambda name: (-of[name], name)), sum(of.values()))
        for (component, source, namespace), of in _split(groups)
    ]
    ranked = sorted(rows, key=lambda row: (-row.nanos, row.component, row.source, row.namespace, row.subject))
    return tuple(row for row in ranked if row.nanos > 0)[:MOST]


def _group(total: Total) -> tuple[Component, str, str]:
    """Pods are claimed by namespace and labels, so a namespace's pods are one group."""
    if source := billed_by(total.component, total.pool, total.certainty):
        return Component.TOKENS, source, ""
    namespace, slash, _ = total.subject.partition("/")
    return total.component, "", namespace if slash else ""


def _split(
    groups: dict[tuple[Component, str, str], dict[str, int]],
) -> Iterable[tuple[tuple[Component, str, str], dict[str, int]]]:
    """Pods of a namespace stay together; what names no namespace is told subject by subject."""
    for group, of in groups.items():
        if group[2]:
            yield group, of
        else:
            yield from ((group, {subject: nanos}) for subject, nanos in of.items())
