"""Who held which GPU, and when: card groups, holdings and how two accounts of them are joined.

Devices come from Kubernetes alone; utilisation has no say here (accounting rule 1).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, replace

from aicost.core.identity import Labels, NodeRef, PodIdentity
from aicost.core.window import Instant, Window


@dataclass(frozen=True, slots=True)
class CardGroup:
    """Cards of one product on one node that Kubernetes does not tell apart, while the node had them.

    `product` is the node's `nvidia.com/gpu.product` label, empty when the node has none; `cards` whole cards.
    `labels` are the node's. `sharing` names how the node slices its cards (`mig`, `time-slicing`, `mps`) or is
    empty for whole cards.
    """

    node: NodeRef
    resource: str
    product: str
    cards: int
    window: Window
    labels: Labels = frozenset()
    sharing: str = ""

    def __post_init__(self) -> None:
        if self.cards < 1:
            raise ValueError(f"{self.node} has {self.cards} cards: a group has at least one")


@dataclass(frozen=True, slots=True)
class Holding:
    """A pod that held `count` devices named `resource` on a node over a half-open window.

    `assumed_from` is where knowledge ends when only a last sample shows the end: from there to the window's end the
    card is assumed to be held still. None: the end is known.
    """

    pod: PodIdentity
    node: str
    resource: str
    count: int
    window: Window
    assumed_from: Instant | None = None

    def __post_init__(self) -> None:
        if self.count < 1:
            raise ValueError(f"{self.pod} holds {self.count} of {self.resource}: a holding has at least one")

    @property
    def key(self) -> tuple[str, str]:
        """Pod UID and resource: a pod holds a resource once."""
        return self.pod.uid, self.resource


@dataclass(frozen=True, slots=True)
class Devices:
    """An account of who held which cards: nodes' card groups and pods' holdings."""

    groups: tuple[CardGroup, ...] = ()
    holdings: tuple[Holding, ...] = ()


def join(watched: Iterable[Holding], recorded: Iterable[Holding]) -> tuple[Holding, ...]:
    """One holding per pod and resource: the watch's account where there is one, else the record's.

    A watch that saw the pod knows its start and end to the second; the record (kube-state-metrics) is used for
    pods that the watch never saw. Sorted by node, start and UID, so that equal inputs give equal outputs.
    """
    joined = {holding.key: holding for holding in recorded}
    for holding in watched:
        joined[holding.key] = holding
    return tuple(sorted(joined.values(), key=_order))


def cut_at_successors(holdings: Iterable[Holding], groups: Iterable[CardGroup]) -> tuple[Holding, ...]:
    """Shorten assumed ends where the node's cards were already held by another pod.

    An end that only a last sample shows may be late by one sampling interval. Where a later holding would exceed the
    node's capacity, such an earlier one gives way from the later one's start. Known times are never shortened: what
    still exceeds the capacity is for the allocation to park.
    """
    capacity = {(group.node.name, group.resource): group.cards for group in groups}
    by_node: dict[tuple[str, str], list[Holding]] = defaultdict(list)
    for holding in sorted(holdings, key=_order):
        by_node[holding.node, holding.resource].append(holding)
    return tuple(holding for key, held in sorted(by_node.items()) for holding in _fit(held, capacity.get(key)))


def _fit(holdings: list[Holding], cards: int | None) -> list[Holding]:
    fitted: list[Holding] = []
    for holding in holdings:
        start = holding.window.start
        excess = sum(h.count for h in fitted if start in h.window) + holding.count - (cards or 0)
        for earlier in sorted((h for h in fitted if _may_end_at(h, start)), key=lambda h: (h.window.end, h.pod.uid)):
            if cards is None or excess <= 0:
                break
            excess -= earlier.count
            fitted[fitted.index(earlier)] = replace(earlier, window=Window(earlier.window.start, start))
        fitted.append(holding)
    return fitted


def _may_end_at(holding: Holding, at: Instant) -> bool:
    return (
        holding.assumed_from is not None
        and holding.assumed_from <= at
        and holding.window.start < at < holding.window.end
    )


def _order(holding: Holding) -> tuple[str, int, str, str]:
    return holding.node, holding.window.start, holding.pod.uid, holding.resource
