"""A scenario as values. Instants are whole seconds since 1970, UTC; names of metrics and labels are as exposed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any


@dataclass(frozen=True, slots=True)
class Card:
    """What dcgm-exporter prints series for: a card, or with labels `GPU_I_PROFILE` and `GPU_I_ID` an instance of it."""

    index: int
    uuid: str
    model: str
    labels: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Node:
    """A node; `idle` are the readings of a card that no pod holds, by metric."""

    name: str
    uid: str
    created: int
    gone: int | None = None
    labels: Mapping[str, str] = field(default_factory=dict)
    capacity: Mapping[str, int] = field(default_factory=dict)
    cards: tuple[Card, ...] = ()
    idle: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Owner:
    """One controller in a pod's chain, nearest first."""

    kind: str
    name: str


@dataclass(frozen=True, slots=True)
class Pod:
    """A pod from its binding on. `key` names it in the scenario; name, UID and owners may be those of a live object.

    `cards` are indexes into the node's cards. `ended` is when its last container ended, with the phase that this gave;
    `gone` when the object was deleted. `readings` are those of each of its cards, by metric.
    """

    key: str
    namespace: str
    name: str
    uid: str
    node: str
    scheduled: int
    ended: int | None = None
    phase: str = "Succeeded"
    gone: int | None = None
    container: str = "main"
    labels: Mapping[str, str] = field(default_factory=dict)
    owners: tuple[Owner, ...] = ()
    requests: Mapping[str, int] = field(default_factory=dict)
    cards: tuple[int, ...] = ()
    readings: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Server:
    """A model server in a pod: its counters start at 0 with the pod and grow by so much an hour.

    Counters are named as exposed, with labels of their own where they have some: `name{finished_reason="stop"}`.
    """

    pod: str
    model: str
    per_hour: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Sampling:
    """How the history is sampled: every `step` seconds, and every `fine_step` from `fine_since` on."""

    start: int
    end: int
    step: int = 300
    fine_step: int = 60
    fine_since: int = 0

    def instants(self) -> list[int]:
        """The instants of scrapes: from the start, before the end."""
        turn = max(self.start, self.fine_since)
        return [*range(self.start, turn, self.step), *range(turn, self.end, self.fine_step)]


@dataclass(frozen=True, slots=True)
class Scenario:
    """Everything. `providers` are plain data for the providers' emulators, by their names.

    `prices` are of models that may take another's place: of a million tokens, by model and type, as decimal text.
    """

    sampling: Sampling
    namespaces: tuple[str, ...] = ()
    nodes: tuple[Node, ...] = ()
    pods: tuple[Pod, ...] = ()
    servers: tuple[Server, ...] = ()
    honor_labels: bool = False
    providers: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    prices: Mapping[str, Mapping[str, str]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Identity:
    """What a live object is called; `owners` for a pod whose controllers the cluster named."""

    uid: str
    name: str = ""
    owners: tuple[Owner, ...] = ()


def bound(scenario: Scenario, pods: Mapping[str, Identity], nodes: Mapping[str, Identity]) -> Scenario:
    """The scenario with live objects' identities: pods by their keys, nodes by their names; others stay as they are."""
    return replace(
        scenario,
        nodes=tuple(replace(node, uid=nodes[node.name].uid) if node.name in nodes else node for node in scenario.nodes),
        pods=tuple(named(pod, pods[pod.key]) if pod.key in pods else pod for pod in scenario.pods),
    )


def named(pod: Pod, live: Identity) -> Pod:
    """The pod as a live object is called."""
    return replace(pod, uid=live.uid, name=live.name or pod.name, owners=live.owners or pod.owners)
