"""What nobody claims in a month, the dearest first, and the resources that would claim it. Pure.

The resources name only what they add, for `kubectl apply --server-side`: lists of the API merge by their keys.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

import yaml
from tabulate import tabulate

from aicost.core.bills import SUBJECTS
from aicost.core.ledger import Component, OwnerKind
from aicost.core.money import decimal
from aicost.core.names import Names, called
from aicost.core.texts import is_seen, seen
from aicost.reports.document import Document, Row

Resource: TypeAlias = dict[str, Any]
_Group: TypeAlias = tuple[str, str, str, str]
_API = "aicost.dev/v1alpha1"
_NOT_A_NAME = re.compile("[^a-z0-9]+")


@dataclass(frozen=True, slots=True)
class Claimant:
    """Who should claim: the unit that pays, and the namespace of the workload that a bill's rows would belong to."""

    unit: str
    namespace: str


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


def manifests(items: Iterable[Unclaimed], by: Claimant) -> str:
    """YAML documents that claim what can be claimed, each once, under a comment with its amount."""
    told, printed = [], list[Resource]()
    for each in items:
        claiming = list(_claiming(each, by))
        resources = [of for of in claiming if of not in printed]
        printed += resources
        comment = f"# {' '.join(part for part in (each.amount, each.currency) if part)}: {seen(each.what)}\n"
        if not resources:
            comment += "# Claimed by what is above.\n" if claiming else f"# Nothing can claim it: {_why_not(each)}.\n"
        told.append(comment + "---\n".join(yaml.safe_dump(of, sort_keys=False, width=120) for of in resources))
    return "---\n".join(told)


def _group(row: Row) -> _Group:
    """Currency, why there is no amount, then source and subject of a bill, or the namespace of a pod."""
    gap = row.gap if row.nanos is None else ""
    if row.component == Component.TOKENS:
        return row.currency, gap, row.pool, row.subject
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


def _claiming(item: Unclaimed, by: Claimant) -> Iterator[Resource]:
    dimension, _, value = item.subject.partition(" ")
    if item.namespace:
        yield _resource("BusinessUnit", {"name": by.unit}, {"namespaces": [{"name": item.namespace, "default": True}]})
    elif item.source and dimension in SUBJECTS and value and is_seen(value):
        grant = {"dimension": dimension, "value": value, "namespaces": [by.namespace]}
        yield _resource("UsageSource", {"name": item.source}, {"grants": [grant]})
        usage = [{"name": item.source, "source": item.source, "match": {dimension: value}}]
        name = _NOT_A_NAME.sub("-", value.lower()).strip("-")[:63].strip("-") or dimension
        spec = {"businessUnit": by.unit, "usage": usage}
        yield _resource("AIWorkload", {"name": name, "namespace": by.namespace}, spec)


def _why_not(item: Unclaimed) -> str:
    if not is_seen(item.subject):
        return "its name has characters that are not seen"
    return "the provider names no project" if item.source else "nobody is known to have held it"


def _resource(kind: str, metadata: Mapping[str, str], spec: Mapping[str, Any]) -> Resource:
    return {"apiVersion": _API, "kind": kind, "metadata": dict(metadata), "spec": dict(spec)}
