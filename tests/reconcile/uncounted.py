"""Nodes of the model with MIG strategy `single` whose cards no label counts: how many they are only DCGM's series tell.

As the model it shares no code with the product; what it shows is what dcgm-exporter tells of each instance.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from aicost.core.placements import Placement
from tests.support.builders import between

if TYPE_CHECKING:
    from tests.reconcile.model import Model, Node

HOUR, NEVER = 3600, 10**9
BY_HAND, PROFILE, FIT = "mig single, by hand", "3g.40gb", 2
"""Each card was cut into one instance of a profile of which two fit on a card."""


def least(node: Node) -> int:
    """How many cards its instances need."""
    return -(-node.cards // FIT)


def is_uncounted(model: Model, node: Node, at: int) -> bool:
    """Whether nobody knows how many cards it has: a single instance lies on one, and what was told once stands."""
    return node.cut == BY_HAND and node.cards > 1 and at < model.counted.get((node.name, node.since), NEVER)


def tell(model: Model, since: int, until: int) -> None:
    """Series of instances are read of every hour that is over by then; not of one in which two nodes had the name."""
    for node in (node for node in model.nodes if node.cut == BY_HAND):
        others = [other for other in model.nodes if other.name == node.name and other is not node]
        for hour in _hours(node, since, until):
            alone = not any(hour in _hours(other, hour, hour + HOUR) for other in others if other.cut == BY_HAND)
            key = node.name, node.since
            if alone and hour < model.counted.get(key, NEVER):
                model.counted[key] = hour


def instances(nodes: Iterable[Node], since: int, until: int) -> Iterator[Placement]:
    """What dcgm-exporter tells of them in whole hours: an instance of each card."""
    for node in (node for node in nodes if node.cut == BY_HAND):
        for hour in _hours(node, since, until):
            over = between(hour, hour + HOUR)
            for card in range(node.cards):
                yield Placement(node.name, f"GPU-{node.name}-{node.since}-{card}", "1", PROFILE, over)


def _hours(node: Node, since: int, until: int) -> range:
    """The hours in which it was there, of whole hours."""
    first, last = max(since, node.since // HOUR * HOUR), min(until, -(-node.until // HOUR) * HOUR)
    return range(first, last, HOUR)
