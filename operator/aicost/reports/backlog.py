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

    `source` is empty for pods, `namespace` for bills; `subject` is the dearest pod, or what the bill names, which
    is `called` so by its source.
    """

    currency: str
    source: str
    namespace: str
    subject: str
    nanos: int
    pods: int = 0
    called: str = ""

    @property
    def what(self) -> str:
        """For people."""
        if self.source:
            return f"{self.source}: {self.called or self.subject}"
        more = f" and {self.pods - 1} more" if self.pods > 1 else ""
        return f"pods of {self.namespace or 'no namespace'}: {self.subject}{more}"


def backlog(document: Document) -> tuple[Unclaimed, ...]:
    """Everything that no workload and no unit owns, with an amount, the largest first. Credits stand last."""
    groups: dict[tuple[str, str, str], list[Row]] = defaultdict(list)
    known = document.known
    for row in document.rows:
        if row.kind == OwnerKind.UNCLAIMED and row.nanos:
            groups[_group(row)].append(row)
    names = known.labels if known else {}
    found = [_unclaimed(*of, rows, names) for of, rows in groups.items()]
    return tuple(sorted(found, key=lambda each: (-each.nanos, each)))


def table(items: Iterable[Unclaimed]) -> str:
    """For people: amount, currency, what."""
    rows = [(decimal(each.nanos), each.currency, seen(each.what)) for each in items]
    if not rows:
        return "nothing is unclaimed"
    headers = ("AMOUNT", "CURRENCY", "WHAT NOBODY CLAIMS")
    return tabulate(rows, headers=headers, tablefmt="plain", disable_numparse=True, colalign=("right", "left", "left"))


def manifests(items: Iterable[Unclaimed], by: Claimant) -> str:
    """YAML documents that claim what can be claimed, each under a comment with its amount."""
    told = []
    for each in items:
        resources = list(_claiming(each, by))
        comment = f"# {decimal(each.nanos)} {each.currency}: {seen(each.what)}\n"
        if not resources:
            comment += f"# Nothing can claim it: {_why_not(each)}.\n"
        told.append(comment + "---\n".join(yaml.safe_dump(of, sort_keys=False, width=120) for of in resources))
    return "---\n".join(told)


def _group(row: Row) -> tuple[str, str, str]:
    """Currency, then source and subject of a bill, or the namespace of a pod."""
    if row.component == Component.TOKENS:
        return row.currency, row.pool, row.subject
    namespace, slash, _ = row.subject.partition("/")
    return row.currency, "", namespace if slash else ""


def _unclaimed(currency: str, source: str, of: str, rows: list[Row], names: Names) -> Unclaimed:
    nanos = sum(row.nanos or 0 for row in rows)
    if source:
        return Unclaimed(currency, source, "", of, nanos, called=called(names, source, of))
    by_pod: dict[str, int] = defaultdict(int)
    for row in rows:
        by_pod[row.subject] += row.nanos or 0
    dearest = min(by_pod, key=lambda pod: (-by_pod[pod], pod))
    return Unclaimed(currency, "", of, dearest, nanos, len(by_pod))


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
    return "the provider names no project" if is_seen(item.subject) else "its name has characters that are not seen"


def _resource(kind: str, metadata: Mapping[str, str], spec: Mapping[str, Any]) -> Resource:
    return {"apiVersion": _API, "kind": kind, "metadata": dict(metadata), "spec": dict(spec)}
