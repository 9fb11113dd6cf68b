"""Who and what: the keys of the domain as values. No key is ever a formatted string elsewhere."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias

from aicost.core.window import Instant

Labels: TypeAlias = frozenset[tuple[str, str]]

UNALLOCATED = "unallocated"
"""The reserved unit that owns idle, unclaimed and parked."""


def labels(of: Mapping[str, str]) -> Labels:
    """Labels as a value; a selector is labels too, and matches what contains it (`selector <= labels`)."""
    return frozenset(of.items())


@dataclass(frozen=True, slots=True, order=True)
class WorkloadRef:
    """An AIWorkload: its ledger identity is namespace and name, not the UID."""

    namespace: str
    name: str

    def __str__(self) -> str:
        return f"{self.namespace}/{self.name}"


@dataclass(frozen=True, slots=True, order=True)
class NodeRef:
    """A node: the same name created again at another instant is another node."""

    name: str
    created: Instant

    def __str__(self) -> str:
        return self.name


@dataclass(frozen=True, slots=True, order=True)
class ObjectRef:
    """One ancestor in a pod's owner chain. `group` has no version: `apps`, empty for core."""

    group: str
    kind: str
    name: str


@dataclass(frozen=True, slots=True)
class PodIdentity:
    """What a pod was when it was first seen; kept after the pod is gone.

    `owners` is its chain of controllers, nearest first: ReplicaSet, Deployment.
    """

    uid: str
    namespace: str
    name: str
    labels: Labels = frozenset()
    owners: tuple[ObjectRef, ...] = ()

    def __str__(self) -> str:
        return f"{self.namespace}/{self.name}"
