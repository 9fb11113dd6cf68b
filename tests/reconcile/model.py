"""What a cluster's ledger must hold, said once more as plainly as it can be: exact fractions, second by second.

It shares no code with the product: whatever it is told by the test it keeps as lists of things with their times, and
adds up from the start each time it is asked. Instants are seconds after T0, prices what a card costs an hour.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from fractions import Fraction
from itertools import pairwise
from typing import TypeAlias

HOUR, DAY, NEVER = 3600, 86_400, 10**9
OCTOBER_ENDS = 0
NANOS = 10**9
IDLE, UNCLAIMED = ("idle", "unallocated", ""), ("unclaimed", "unallocated", "")
Owner: TypeAlias = tuple[str, str, str]
"""Its kind, its unit, and namespace/name of a workload."""
Part: TypeAlias = tuple[str, int, str, Owner, str]
"""What costs: a kind, the hour or day, the node or project, its owner, and who held it."""
Costs: TypeAlias = dict[Part, tuple[Fraction, Fraction]]
"""Nano-units and card-seconds of each part."""


@dataclass(frozen=True)
class Node:
    """So many whole cards from `since` on."""

    name: str
    cards: int
    since: int
    until: int = NEVER


@dataclass(frozen=True)
class Pod:
    """Holds `count` cards of a node; `labels` are what workloads select it by."""

    name: str
    namespace: str
    labels: frozenset[tuple[str, str]]
    node: str
    count: int
    since: int
    until: int = NEVER


@dataclass(frozen=True)
class Claim:
    """What a workload declares from an instant on; without a unit it is gone."""

    since: int
    namespace: str
    name: str
    selector: frozenset[tuple[str, str]]
    unit: str = ""


@dataclass
class Model:
    """Everything that happened, and what the operator may know of it by now."""

    nodes: list[Node] = field(default_factory=list)
    pods: list[Pod] = field(default_factory=list)
    claims: list[Claim] = field(default_factory=list)
    price: Fraction = Fraction(0)
    bills: dict[tuple[int, str], int] = field(default_factory=dict)
    covered: list[tuple[int, int]] = field(default_factory=list)
    closed: Costs | None = None

    def learn(self, *windows: tuple[int, int]) -> None:
        """Who held what in these times is known from now on."""
        joined: list[tuple[int, int]] = []
        for start, end in sorted(window for window in (*self.covered, *windows) if window[0] < window[1]):
            if joined and start <= joined[-1][1]:
                joined[-1] = joined[-1][0], max(joined[-1][1], end)
            else:
                joined.append((start, end))
        self.covered = joined

    def end(self, at: int, *, node: str = "", pod: str = "") -> None:
        """Let a node or a pod end; a node takes its pods with it."""
        self.nodes = [replace(n, until=at) if n.name == node and n.until == NEVER else n for n in self.nodes]
        gone = [p for p in self.pods if p.until == NEVER and (p.node == node or p.name == pod)]
        self.pods = [replace(p, until=at) if p in gone else p for p in self.pods]

    def free(self, node: str) -> int:
        """How many cards of a node nobody holds now."""
        there = sum(n.cards for n in self.nodes if n.name == node and n.until == NEVER)
        return there - sum(p.count for p in self.pods if p.node == node and p.until == NEVER)

    def costs(self) -> Costs:
        """What each part costs by what is known; a closed October stays what it was."""
        found = self._of_cards() | self._of_bills()
        if self.closed is None:
            return found
        late = self._late(found)
        return self.closed | {part: cost for part, cost in found.items() if not _in_october(part)} | late

    def close(self) -> None:
        """From now on October is what it is now."""
        self.closed = {part: cost for part, cost in self.costs().items() if _in_october(part)}

    def _of_cards(self) -> Costs:
        found: dict[Part, list[Fraction]] = defaultdict(lambda: [Fraction(0), Fraction(0)])
        for node in self.nodes:
            for start, end in self._slices(node):
                left = node.cards
                for pod in self.pods:
                    if pod.node == node.name and pod.since <= start < pod.until:
                        left -= pod.count
                        name = f"{pod.namespace}/{pod.name}"
                        self._add(found, start, end, node.name, self.owner(pod, start), name, pod.count)
                self._add(found, start, end, node.name, IDLE, node.name, left)
        return {part: (nanos, seconds) for part, (nanos, seconds) in found.items()}

    def _add(
        self, to: dict[Part, list[Fraction]], start: int, end: int, node: str, owner: Owner, who: str, cards: int
    ) -> None:
        if cards:
            cost = to["gpu", start // HOUR * HOUR, node, owner, who]
            cost[0] += self.price * NANOS * cards * (end - start) / HOUR
            cost[1] += cards * (end - start)

    def _slices(self, node: Node) -> Iterable[tuple[int, int]]:
        """The known time of a node, cut wherever anything changes."""
        for known_from, known_to in self.covered:
            first, last = max(known_from, node.since), min(known_to, node.until)
            edges = {first, last, *range(-(-first // HOUR) * HOUR, last, HOUR)}
            edges |= {edge for pod in self.pods for edge in (pod.since, pod.until)}
            edges |= {claim.since for claim in self.claims}
            cuts = sorted(edge for edge in edges if first <= edge <= last)
            yield from pairwise(cuts)

    def owner(self, pod: Pod, at: int) -> Owner:
        """Who owns what the pod costs at an instant: who claims it then, else who is the first to claim it later."""
        asked = [at, *sorted({claim.since for claim in self.claims if claim.since > at})]
        return next((owner for when in asked if (owner := self._claimed(pod, when))), UNCLAIMED)

    def _claimed(self, pod: Pod, at: int) -> Owner | None:
        """The workload of its namespace that selects it by most labels."""
        standing = {(c.namespace, c.name): c for c in self.claims if c.since <= at}
        fitting = [c for c in standing.values() if c.unit and c.namespace == pod.namespace and c.selector <= pod.labels]
        best = max(fitting, key=lambda claim: len(claim.selector), default=None)
        return ("workload", best.unit, f"{best.namespace}/{best.name}") if best else None

    def _of_bills(self) -> Costs:
        owners = {"p": ("workload", "care", "support/billed"), "q": UNCLAIMED}
        return {
            ("tokens", day * DAY, project, owners[project], f"project {project}"): (Fraction(nanos), Fraction(0))
            for (day, project), nanos in self.bills.items()
        }

    def _late(self, found: Costs) -> Costs:
        """What October's bills turned out to be, less what was closed."""
        late: Costs = {}
        for part, (nanos, _) in found.items():
            was = (self.closed or {}).get(part, (Fraction(0),))[0]
            if part[0] == "tokens" and _in_october(part) and nanos != was:
                late["correction", part[1], *part[2:]] = nanos - was, Fraction(0)
        return late


def _in_october(part: Part) -> bool:
    return part[1] < OCTOBER_ENDS
