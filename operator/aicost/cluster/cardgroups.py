"""What the node watch has shown so far: which nodes had which cards, and when. Keeps time by what it is told."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

from aicost.cluster.nodes import SeenNode, seen_node
from aicost.cluster.slices import Published
from aicost.cluster.watches import Change
from aicost.core.cards import Cards, lasting
from aicost.core.dra import Device
from aicost.core.holdings import CardGroup
from aicost.core.window import Instant, Window, window

_Named: TypeAlias = tuple[str, str]
"""A node's UID and what its cards are called as a group."""


@dataclass(slots=True)
class _Stretch:
    """A node with the same cards from `start` to `end`; None: still."""

    node: SeenNode
    cards: Cards
    start: Instant
    claimable: bool
    end: Instant | None = None


class CardGroups:
    """Follows nodes; a node whose cards are partly whole and partly cut has two groups. The first cards of a node count from its creation: it costs while its device plugin still starts.

    What ResourceSlices publish of a node comes by `publish`; before that was told once, nobody knows any node's cards.
    A driver that withdraws its slices leaves the cards, unless a device plugin offers them instead.

    Another number, product or slicing of cards begins a new group, and so do other labels, for they choose prices: a
    change counts from when it is seen and never for the past. Only while the product is unknown, and the cards have no
    price, the labels that come later count from the start. A node that is gone ends when that is seen: a list that
    lacks it is the first to know.
    """

    def __init__(self) -> None:
        self._nodes: dict[str, SeenNode] = {}
        self._current: dict[_Named, _Stretch] = {}
        self._ended: list[_Stretch] = []
        self._published: dict[str, tuple[Device, ...]] | None = None
        self._told: Published = {}

    def project(self, item: Mapping[str, Any]) -> SeenNode:
        node = seen_node(item)
        return replace(node, labels=lasting(node.labels))

    def on_list(self, items: Sequence[SeenNode], at: Instant, since: Instant | None) -> None:
        del since  # nothing tells when a node went that no watch saw going
        for uid in self._nodes.keys() - {node.uid for node in items}:
            self._leave(uid, at)
        for node in items:
            self._see(node, at)

    def on_event(self, change: Change, item: SeenNode, at: Instant, since: Instant) -> None:
        del since  # cards cost until their node is seen to be gone
        if change == "DELETED":
            self._leave(item.uid, at)
        else:
            self._see(item, at)

    def publish(self, told: Published, at: Instant) -> None:
        """All that slices publish now."""
        before = self._published
        without_plugin = {node.ref.name for node in self._nodes.values() if not node.offered}
        withdrawn = {name: devices for name, devices in (before or {}).items() if name in without_plugin}
        self._published, self._told = {**withdrawn, **told}, told
        for node in [*self._nodes.values()]:
            name = node.ref.name
            if before is None or before.get(name) != self._published.get(name):
                self._see(node, at)

    def groups(self, until: Instant) -> Iterator[CardGroup]:
        """Of every node seen and not forgotten; what is still there, or ends later, ends at `until`."""
        for stretch in (*self._ended, *self._current.values()):
            end = until if stretch.end is None else min(stretch.end, until)
            if span := window(stretch.start, end):
                yield _group(stretch, span)

    def forget(self, before: Instant) -> None:
        """Drop groups that ended before."""
        self._ended = [stretch for stretch in self._ended if stretch.end is None or stretch.end >= before]

    def _see(self, node: SeenNode, at: Instant) -> None:
        self._nodes[node.uid] = node
        if self._published is None:
            return
        devices = self._published.get(node.ref.name, ())
        has = node.cards_with(devices)
        start = at if self._known(node.uid) else node.ref.created
        self._end_all_but(node.uid, {cards.resource for cards in has}, at)
        for cards in has:
            named = node.uid, cards.resource
            current = self._current.get(named)
            claimable = bool(devices)
            if current and current.claimable is claimable and _same(current, node, cards):
                current.node, current.cards = node, cards
            else:
                self._end(named, at)
                self._current[named] = _Stretch(node, cards, start, claimable)

    def _leave(self, uid: str, at: Instant) -> None:
        node = self._nodes.pop(uid, None)
        if node and self._published and node.ref.name not in self._told:
            self._published.pop(node.ref.name, None)
        self._end_all_but(uid, set(), at)

    def _known(self, uid: str) -> bool:
        return any(stretch.node.uid == uid for stretch in (*self._current.values(), *self._ended))

    def _end_all_but(self, uid: str, resources: set[str], at: Instant) -> None:
        for named in [named for named in self._current if named[0] == uid and named[1] not in resources]:
            self._end(named, at)

    def _end(self, named: _Named, at: Instant) -> None:
        if stretch := self._current.pop(named, None):
            stretch.end = at
            self._ended.append(stretch)


def _group(stretch: _Stretch, span: Window) -> CardGroup:
    node, of = stretch.node, stretch.cards
    return CardGroup(
        node.ref, of.resource, of.product, of.count, span, node.labels, of.sharing, of.slots, stretch.claimable
    )


def _same(current: _Stretch, node: SeenNode, cards: Cards) -> bool:
    """Whether it is the same group: a product that is still unknown may become known, with any labels."""
    before = current.cards
    named_alike = before.product == "" or (before.product == cards.product and current.node.labels == node.labels)
    cut_alike = (before.count, before.sharing, before.slots) == (cards.count, cards.sharing, cards.slots)
    return named_alike and cut_alike
