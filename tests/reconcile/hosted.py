"""What CPU and memory of the model's nodes cost: said once more as plainly as it can be, second by second.

As the model it shares no code with the product. A pod takes a core and a GiB for each device that it holds.
"""

from __future__ import annotations

from collections import defaultdict
from fractions import Fraction
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.reconcile.model import Costs, Model, Node, Owner, Part

HOUR, NANOS, BOUGHT = 3600, 10**9, "bought"
SIZE = 64
"""Cores, and GiB, of every node; a bought node's price includes them."""
RATES = {"CPU": Fraction("0.36"), "memory": Fraction("0.036")}
"""Of a core and of a GiB an hour."""


def tell(model: Model, until: int) -> None:
    """Series of CPU and memory are read of every hour that is over by then, of which anything is known."""
    for start, end in model.covered:
        model.hosts_told |= {*range(start // HOUR * HOUR, min(end, until), HOUR)}


def of_hosts(model: Model) -> Costs:
    """Of the hours that were told, as far as it is known who held what."""
    found: dict[Part, list[Fraction]] = defaultdict(lambda: [Fraction(0), Fraction(0)])
    for node in model.nodes:
        for start, end in model.slices(node):
            if node.pool != BOUGHT and start // HOUR * HOUR in model.hosts_told:
                _share(model, found, node, start, end)
    return {part: (nanos, seconds) for part, (nanos, seconds) in found.items()}


def _share(model: Model, found: dict[Part, list[Fraction]], node: Node, start: int, end: int) -> None:
    there = [pod for pod in model.pods if pod.node == node.name and pod.since <= start < pod.until and not pod.own]
    taken: list[tuple[Owner, str, int]] = [
        (model.owner(pod, start), f"{pod.namespace}/{pod.name}", pod.count) for pod in there
    ]
    left = SIZE - sum(pod.count for pod in there)
    for owner, who, much in (*taken, (model.idle_owner(node, start), node.name, left)):
        for resource, rate in RATES.items():
            cost = found[resource, start // HOUR * HOUR, node.name, owner, who]
            cost[0] += rate * NANOS * much * (end - start) / HOUR
            cost[1] += much * (end - start)
