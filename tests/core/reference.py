"""The allocation's rule once more, as plainly as it can be said: exact fractions, no rounding, no haste.

Time is cut at every edge of anything, so that nothing changes within a slice; then every slice is charged by itself.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from fractions import Fraction
from itertools import pairwise
from typing import TypeAlias

from aicost.core.declarations import Workload
from aicost.core.holdings import CardGroup
from aicost.core.identity import PodIdentity
from aicost.core.ledger import IDLE, PARKED, UNCLAIMED, Owner, OwnerKind
from aicost.core.window import HOUR, Instant
from tests.support.strategies import Cluster

Slot: TypeAlias = tuple[str, str, int, bool]
"""Node, product, hour, and whether there is a price."""
MILLION = 1_000_000
Charges: TypeAlias = dict[tuple[Owner, str], tuple[Fraction | None, int]]
"""Exact nano-units (None: nobody knows) and card-microseconds, by owner and subject.

A device counts whole millionths of a card; what they leave of the cards is idle.
"""


def charges(cluster: Cluster) -> dict[Slot, Charges]:
    """What every hour of every node's product costs whom."""
    money: dict[Slot, dict[tuple[Owner, str], Fraction]] = defaultdict(lambda: defaultdict(Fraction))
    micros: dict[Slot, dict[tuple[Owner, str], int]] = defaultdict(lambda: defaultdict(int))
    overloaded: set[Slot] = set()
    for group, start, end in _slices(cluster):
        rate = _rate(cluster, group)
        slot = group.node.name, group.product, start // HOUR, rate is not None
        held = [h for h in cluster.devices.holdings if h.node == group.node.name and start in h.window]
        for device in group.devices:
            overloaded |= (
                {slot} if sum(h.count for h in held if h.resource == device.resource) > device.count else set()
            )
        free, left = Fraction(group.cards), MILLION * group.cards
        for holding in held:
            cards = holding.count * share(group, holding.resource)
            counted = holding.count * int(MILLION * share(group, holding.resource))
            who = _owner(cluster, holding.pod), str(holding.pod)
            money[slot][who] += (rate or 0) * cards * (end - start) / HOUR
            micros[slot][who] += counted * (end - start)
            free, left = free - cards, left - counted
        money[slot][IDLE, group.node.name] += (rate or 0) * free * (end - start) / HOUR
        micros[slot][IDLE, group.node.name] += left * (end - start)
    result: dict[Slot, Charges] = {}
    for slot, counts in micros.items():
        exact = {who: money[slot][who] if slot[3] else None for who in counts}
        result[slot] = {who: (exact[who], count) for who, count in counts.items() if count}
        if slot in overloaded:
            total = sum(money[slot].values(), Fraction()) if slot[3] else None
            result[slot] = {(PARKED, slot[0]): (total, sum(counts.values()))}
    return result


def share(group: CardGroup, resource: str) -> Fraction:
    """What one device of that name is of a card, its weight over those of all devices on the cards."""
    weights = sum(slot.count * slot.weight for slot in group.devices)
    return sum(
        (Fraction(group.cards * slot.weight, weights) for slot in group.devices if slot.resource == resource),
        Fraction(),
    )


def _slices(cluster: Cluster) -> Iterator[tuple[CardGroup, Instant, Instant]]:
    for group in cluster.devices.groups:
        windows = [group.window, *(holding.window for holding in cluster.devices.holdings)]
        edges = {edge for each in windows for edge in (each.start, each.end)}
        edges |= {Instant(mark) for mark in range(group.window.start, group.window.end) if mark % HOUR == 0}
        for start, end in pairwise(sorted(edge for edge in edges if group.window.start <= edge <= group.window.end)):
            yield group, start, end


def _rate(cluster: Cluster, group: CardGroup) -> int | None:
    fitting = [price for price in cluster.book.gpus if price.model == group.product and price.nodes <= group.labels]
    return max(fitting, key=lambda price: len(price.nodes)).rates[0].nanos_per_hour if fitting else None


def _owner(cluster: Cluster, pod: PodIdentity) -> Owner:
    listed = {unit.name: unit.namespaces for unit in cluster.declared.units}
    claiming = [w for w in cluster.declared.workloads if _claims(w, pod) and pod.namespace in listed[w.unit]]
    if claiming:
        best = min(claiming, key=lambda w: (-len(_selector(w)), w.claimed_at, w.ref))
        return Owner(OwnerKind.WORKLOAD, best.unit, best.ref)
    owning = [unit.name for unit in cluster.declared.units if pod.namespace in unit.default_for]
    return Owner(OwnerKind.UNIT, owning[0]) if owning else UNCLAIMED


def _claims(workload: Workload, pod: PodIdentity) -> bool:
    return workload.ref.namespace == pod.namespace and _selector(workload) <= pod.labels


def _selector(workload: Workload) -> frozenset[tuple[str, str]]:
    return (workload.pods and workload.pods.selector) or frozenset({("nothing", "selected")})
