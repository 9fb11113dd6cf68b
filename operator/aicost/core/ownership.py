"""Who owns what at every instant: by the claims that were in force then (accounting rule 7).

A changed claim counts from its instant. What no workload owned is taken back by the first one that claims it later, and
what nobody owned by the first unit: so what anybody owned stays their own, whatever is declared or deleted afterwards.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import replace
from functools import cached_property
from typing import TypeAlias

from aicost.core.changes import ALWAYS, Change, Claimant, Kind, Name, claimants, deciding, in_order, name_of
from aicost.core.claimable import claimable
from aicost.core.claims import Claims, Ruling
from aicost.core.declarations import Declarations, Dimensions, Source, Unit, Workload
from aicost.core.dividing import Dividing
from aicost.core.identity import Labels, PodIdentity
from aicost.core.ledger import IDLE, UNCLAIMED, Owner
from aicost.core.reigns import Scope, reigning
from aicost.core.succession import Succession
from aicost.core.window import Instant

Reigns: TypeAlias = tuple[tuple[Instant, Claims], ...]
"""The claims that were in force, each with the instant from which they were."""
_NOBODY = (IDLE, UNCLAIMED)


class Ownership:
    """Answers by all changes of declarations. Of each question only those resources are looked at that may decide it."""

    def __init__(self, changes: Iterable[Change]) -> None:
        self._of: dict[Name, list[Change]] = defaultdict(list)
        self._holding: dict[str, set[Name]] = defaultdict(set)
        self._listing: dict[str, set[Name]] = defaultdict(set)
        self._claiming: dict[tuple[str, tuple[str, str] | None], set[Name]] = defaultdict(set)
        self._reserving: set[Name] = set()
        self._reigns: dict[tuple[str, frozenset[Name]], Reigns] = {}
        for change in in_order(changes):
            self._of[change.name].append(change)
            self._index(change.name, change.claimant)

    @cached_property
    def dividing(self) -> Dividing:
        """By which meters and gateways days divide, by the same changes."""
        return Dividing(change for of in self._of.values() for change in of)

    @classmethod
    def always(cls, declared: Declarations) -> Ownership:
        """As if it had never been declared otherwise."""
        return cls(Change(ALWAYS, name_of(of), deciding(of)) for of in claimants(declared))

    def pod(self, pod: PodIdentity) -> Succession:
        """Who owns what the pod costs."""
        namespace = pod.namespace
        names = self._holding[namespace] | self._listing[namespace]
        reigns = self._over(f"pods of {namespace}", names, lambda of: _in_namespace(of, namespace))
        return _succession(reigns, lambda claims: claims.pod(pod))

    def usage(self, source: str, dimensions: Dimensions, subject: str) -> Succession:
        """Who owns usage of a source: rows of a bill, calls of a model server."""
        found_by = claimable(dimensions)
        names = {name for pair in (*found_by, None) for name in self._claiming.get((source, pair), ())}
        for namespace in {name.namespace for name in names}:
            names |= self._listing[namespace]
        names.add(Name(Kind.SOURCE, "", source))
        reigns = self._over(f"usage of {source}", names, lambda of: _of_source(of, source))
        return _succession(reigns, lambda claims: claims.usage(source, found_by, subject))

    def idle(self, node: Labels) -> Succession:
        """Who owns what no pod holds of a node."""
        return _succession(self._over("nodes", self._reserving, _reserving), lambda claims: Ruling(claims.idle(node)))

    def _index(self, name: Name, of: Claimant | None) -> None:
        """Where a resource may decide anything, if it ever declared this."""
        if isinstance(of, Workload):
            if of.pods:
                self._holding[name.namespace].add(name)
            for claim in of.usage:
                self._claiming[claim.source, min(claim.match, default=None)].add(name)
        elif isinstance(of, Unit):
            for namespace in of.namespaces | of.default_for:
                self._listing[namespace].add(name)
            if of.reserved:
                self._reserving.add(name)

    def _over(self, what: str, names: Iterable[Name], scope: Scope) -> Reigns:
        """The claims of every time in which they were others, of these resources and within a scope."""
        key = what, frozenset(names)
        if key not in self._reigns:
            changes = in_order(change for name in key[1] for change in self._of.get(name, ()))
            self._reigns[key] = tuple((since, Claims(of)) for since, of in reigning(changes, scope))
        return self._reigns[key]


def _succession(reigns: Reigns, ask: Callable[[Claims], Ruling]) -> Succession:
    """From the last reign to the first: whoever owns it in a reign, else who was the first to own it later."""
    workload: Owner | None = None
    other: Owner | None = None
    owners: list[tuple[Instant, Owner]] = []
    last = ask(reigns[-1][1])
    for instant, claims in reversed(reigns):
        owner = ask(claims).owner
        if owner.workload:
            workload = owner
        elif owner not in _NOBODY:
            other = owner
        theirs = workload or other or owner
        if owners and owners[-1][1] == theirs:
            owners.pop()
        owners.append((instant, theirs))
    return Succession(tuple(reversed(owners)), frozenset(last.contests))


def _in_namespace(of: Claimant, namespace: str) -> Claimant | None:
    """What decides who owns a pod of a namespace: its workloads, and what units say of it."""
    if isinstance(of, Workload):
        return replace(of, usage=()) if of.ref.namespace == namespace and of.pods else None
    if isinstance(of, Unit):
        its = frozenset((namespace,))
        unit = Unit(of.name, namespaces=of.namespaces & its, default_for=of.default_for & its)
        return unit if unit.namespaces or unit.default_for else None
    return None


def _of_source(of: Claimant, source: str) -> Claimant | None:
    """What decides who owns usage of a source: its grants, who claims it, and which namespaces units list."""
    if isinstance(of, Workload):
        usage = tuple(claim for claim in of.usage if claim.source == source)
        return replace(of, pods=None, usage=usage) if usage else None
    if isinstance(of, Unit):
        return Unit(of.name, namespaces=of.namespaces) if of.namespaces else None
    return Source(source, "", "", of.grants)


def _reserving(of: Claimant) -> Claimant | None:
    """What decides who owns what is idle of a node: the units that reserve nodes."""
    return Unit(of.name, reserved=of.reserved) if isinstance(of, Unit) and of.reserved else None
