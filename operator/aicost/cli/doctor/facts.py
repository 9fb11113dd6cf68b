"""What was gathered, as values that checks judge. Each part is there or says why it is not: none hides another."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias, TypeVar

from aicost.api.declared import Translated
from aicost.cluster.nodes import SeenNode
from aicost.cluster.requests import Request
from aicost.core.declarations import Source
from aicost.core.identity import Labels as Matchers
from aicost.core.window import Instant
from aicost.ports import BillReading
from aicost.sources.matchers import Target

T = TypeVar("T")
Labels: TypeAlias = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Unknown:
    """A fact that could not be had. `why` is a message of the ports, which never holds a secret."""

    why: str


Fact: TypeAlias = T | Unknown


@dataclass(frozen=True, slots=True)
class Reader:
    """Who asks: the API server, the name that it gives us, and whether that is the operator's own ServiceAccount."""

    server: str
    name: str
    is_operator: bool


@dataclass(frozen=True, slots=True)
class Right:
    """One right, asked of the API server; `doctor` is whether doctor itself needs it too."""

    request: Request
    allowed: bool
    doctor: bool


@dataclass(frozen=True, slots=True)
class Declared:
    """The resources of our kinds: their names by kind, what they declare, and for which kinds neither is known."""

    names: Mapping[str, frozenset[str]]
    translated: Translated
    unknown: Mapping[str, Unknown]


@dataclass(frozen=True, slots=True)
class ClusterFacts:
    """What the Kubernetes API tells. `schemas` are the published ones by kind; `carried` the labels that live pods have.

    `carried` holds those label keys, of the keys that workloads select by, that at least one live pod carries.
    """

    reader: Fact[Reader]
    schemas: Fact[Mapping[str, Mapping[str, Any]]]
    rights: Fact[tuple[Right, ...]]
    declared: Declared
    nodes: Fact[tuple[SeenNode, ...]]
    carried: Fact[frozenset[str]]


@dataclass(frozen=True, slots=True)
class Trust:
    """Whose series of an exporter count: those with the labels that are set (none: all), and how many each target has."""

    matchers: Matchers
    targets: Mapping[Target, int]


@dataclass(frozen=True, slots=True)
class PrometheusFacts:
    """What Prometheus tells, at one instant.

    `series` counts kube-state-metrics' and DCGM's series by name. `pod_labels` and `node_labels` are the labels, by
    their printed keys, that kube-state-metrics exports of any pod and any node, among those that were asked for.
    `holders` are the pods that hold GPUs by kube-state-metrics; `cards` are one series for each that DCGM shows;
    `exporters` are the scrapes of dcgm-exporter. Nothing is told of series that the labels in `state_trust`,
    `dcgm_trust` and `cadvisor_trust` leave out. `place` is host and port.
    """

    place: str
    answers: Fact[None]
    series: Fact[Mapping[str, int]]
    pod_labels: Fact[frozenset[str]]
    node_labels: Fact[frozenset[str]]
    holders: Fact[int]
    cards: Fact[tuple[Labels, ...]]
    exporters: Fact[tuple[Labels, ...]]
    state_trust: Fact[Trust]
    dcgm_trust: Fact[Trust]
    cadvisor_trust: Fact[Trust]


@dataclass(frozen=True, slots=True)
class SourceFacts:
    """A UsageSource and what reading yesterday gave; None: this version has no reader for its type."""

    source: Source
    reading: Fact[BillReading] | None


@dataclass(frozen=True, slots=True)
class Facts:
    """Everything, as of `now`. `prometheus` is None where no URL is known."""

    now: Instant
    secrets_from: str
    cluster: ClusterFacts
    prometheus: PrometheusFacts | None
    sources: tuple[SourceFacts, ...]
