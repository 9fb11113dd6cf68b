"""Who and what: the keys of the domain as values. No key is ever a formatted string elsewhere."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias

from aicost.core.window import Instant

Labels: TypeAlias = frozenset[tuple[str, str]]

_NOT_PRINTED = re.compile("[^a-zA-Z0-9_]")
UNALLOCATED = "unallocated"
"""The reserved unit that owns idle, unclaimed and parked."""


def labels(of: Mapping[str, str]) -> Labels:
    """Labels as a value; a selector is labels too, see `selects`."""
    return frozenset(of.items())


def selects(selector: Labels, carried: Labels) -> bool:
    """Whether an object that carries these labels has all those of the selector.

    Objects of the past carry keys as kube-state-metrics prints them, every character outside [a-zA-Z0-9_] an
    underscore (its docs/metrics: label conversion), so those match too.
    """
    return selector <= carried or frozenset((_NOT_PRINTED.sub("_", key), value) for key, value in selector) <= carried


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
