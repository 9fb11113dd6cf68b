"""Who held which GPU, and when: card groups, holdings, and how accounts of them are merged.

Devices come from Kubernetes alone; utilisation has no say here (accounting rule 1).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, replace

from aicost.core.identity import Labels, NodeRef, PodIdentity
from aicost.core.window import Instant, Window, window

FOREVER = Instant(2**53)
"""The end of what still goes on."""


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


def merged(known: Devices, told: Devices, *, closes: bool) -> Devices:
    """What is known, extended by another account of it. Sorted, so that equal facts give equal values.

    A pod's holding lasts from its earliest start to its latest end: a hole in the samples of one UID is no hole in its
    holding. Only an account that `closes`, which watched the end, may end what was going on (FOREVER). Any account
    that shows a pod beyond the instant from which its holding was merely assumed knows better. A node's card group
    lasts until an account shows other cards.
    """
    holdings = {holding.key: holding for holding in known.holdings}
    for holding in told.holdings:
        before = holdings.get(holding.key)
        holdings[holding.key] = _extended(before, holding, closes=closes) if before else holding
    groups: dict[tuple[str, str], list[CardGroup]] = defaultdict(list)
    for group in (*known.groups, *told.groups):
        groups[group.node.name, group.resource].append(group)
    return Devices(
        tuple(group for key in sorted(groups) for group in _timeline(groups[key], closes=closes)),
        tuple(sorted(holdings.values(), key=_order)),
    )


def _extended(known: Holding, told: Holding, *, closes: bool) -> Holding:
    """The identity stays as it was first seen."""
    start = min(known.window.start, told.window.start)
    if known.assumed_from is not None and told.window.end > known.assumed_from:
        return replace(known, window=Window(start, told.window.end), assumed_from=told.assumed_from)
    if told.window.end > known.window.end or _ends(known.window, told.window, closes=closes):
        return replace(known, window=Window(start, told.window.end), assumed_from=told.assumed_from)
    return replace(known, window=Window(start, known.window.end))


def _ends(known: Window, told: Window, *, closes: bool) -> bool:
    return closes and known.end == FOREVER and told.end != FOREVER


def _timeline(told: list[CardGroup], *, closes: bool) -> list[CardGroup]:
    """The groups of one node name in time, those alike joined, each cut where a later one shows other cards.

    A name exists once at a time: a node created later ends the one before it, however long that is still told of.
    """
    line: list[CardGroup] = []
    for group in sorted(told, key=lambda group: (group.node.created, group.window.start)):
        while line and group.window.start < line[-1].window.end and not _alike(line[-1], group):
            line[-1:] = _until(line[-1], group.window.start)
        if line and _alike(line[-1], group):
            line[-1] = _joined(line[-1], group, closes=closes)
        else:
            line.append(group)
    return line


def _alike(one: CardGroup, other: CardGroup) -> bool:
    return replace(one, window=other.window) == other


def _joined(before: CardGroup, group: CardGroup, *, closes: bool) -> CardGroup:
    ends = _ends(before.window, group.window, closes=closes)
    end = group.window.end if ends else max(before.window.end, group.window.end)
    return replace(before, window=Window(before.window.start, end))


def _until(group: CardGroup, end: Instant) -> list[CardGroup]:
    shorter = window(group.window.start, end)
    return [replace(group, window=shorter)] if shorter else []


def clipped(devices: Devices, to: Window) -> Devices:
    """The account as far as it lies in a window."""
    return Devices(
        tuple(replace(g, window=common) for g in devices.groups if (common := g.window.overlap(to))),
        tuple(replace(h, window=common) for h in devices.holdings if (common := h.window.overlap(to))),
    )


def cut_at_successors(holdings: Iterable[Holding], groups: Iterable[CardGroup]) -> tuple[Holding, ...]:
    """Shorten assumed ends where the node's cards were already held by another pod.

    An end that only a last sample shows may be late by one sampling interval. Where a later holding would exceed the
    node's capacity, such an earlier one gives way from the later one's start. Known times are never shortened: what
    still exceeds the capacity is for the allocation to park.
    """
    nodes: dict[tuple[str, str], list[CardGroup]] = defaultdict(list)
    for group in groups:
        nodes[group.node.name, group.resource].append(group)
    by_node: dict[tuple[str, str], list[Holding]] = defaultdict(list)
    for holding in sorted(holdings, key=_order):
        by_node[holding.node, holding.resource].append(holding)
    return tuple(holding for key, held in sorted(by_node.items()) for holding in _fit(held, nodes[key]))


def _fit(holdings: list[Holding], groups: list[CardGroup]) -> list[Holding]:
    fitted: list[Holding] = []
    for holding in holdings:
        start = holding.window.start
        cards = next((group.cards for group in groups if start in group.window), None)
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
