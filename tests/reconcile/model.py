"""What a cluster's ledger must hold, said once more as plainly as it can be: exact fractions, second by second.

It shares no code with the product: whatever it is told by the test it keeps as lists of things with their times, and
adds up from the start each time it is asked. Instants are seconds after T0, prices what a card costs an hour.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction
from itertools import pairwise
from typing import TypeAlias

from tests.reconcile.hosted import of_hosts
from tests.reconcile.uncounted import is_uncounted, least

HOUR, DAY, NEVER = 3600, 86_400, 10**9
OCTOBER_ENDS = 0
NANOS = 10**9
WHOLE = "nvidia.com/gpu"
IDLE, UNCLAIMED, GAP = ("idle", "unallocated", ""), ("unclaimed", "unallocated", ""), "LayoutUnknown"
BILLED, SERVER = ("workload", "care", "support/billed"), "platform/llm"
OWNERS = {"p": BILLED, "e": ("workload", "find", "search/euros")}
POOL, BOUGHT, COUNT = "reserved", "bought", 24
"""The pool of nodes that units reserve, that of nodes whose cards were bought, and how many of these there are."""
HOURS_OF_OCTOBER, HOURS_OF_NOVEMBER = 744, 720
CLAIMED, CLAIMS_TOLD = "claimed", DAY
"""The cut of cards that claims hand out, and since when the operator watches claims: of the time before nobody tells."""
SHARED, SEEN, TOKENS = "k", 5, 8
"""The project of a key that several share, and how many of a day's tokens of it a gateway saw."""
Owner: TypeAlias = tuple[str, str, str]
"""Its kind, its unit, and namespace/name of a workload."""
Part: TypeAlias = tuple[str, int, str, Owner, str]
"""What costs: a kind, the hour or day, the node or project, its owner, and who held it."""
Costs: TypeAlias = dict[Part, tuple[Fraction, Fraction]]
"""Nano-units of each part, with card-seconds, the caller's seconds, or tokens."""


@dataclass(frozen=True)
class Node:
    """So many cards from `since` on; of each resource how many devices a card has, and which share of it each is.

    Those of the pool `BOUGHT` belong to the asset register.
    """

    name: str
    cards: int
    since: int
    until: int = NEVER
    cut: str = "whole"
    pool: str = ""
    devices: Mapping[str, tuple[int, Fraction]] = field(default_factory=lambda: {WHOLE: (1, Fraction(1))})


@dataclass(frozen=True)
class Pod:
    """Holds `count` devices of a node; `labels` are what workloads select it by. A name may be used again.

    Those of a `claim` it shares with the claim's other pods; the claim's `own` stands for it while there is none.
    """

    name: str
    namespace: str
    labels: frozenset[tuple[str, str]]
    node: str
    count: int
    since: int
    until: int = NEVER
    resource: str = WHOLE
    uid: str = ""
    claim: str = ""
    own: bool = False


@dataclass(frozen=True)
class Claim:
    """What a workload declares from an instant on, and whether it names the training; without a unit it is gone."""

    since: int
    namespace: str
    name: str
    selector: frozenset[tuple[str, str]]
    unit: str = ""
    trained: bool = False


@dataclass(frozen=True)
class Reserving:
    """Whether a unit reserves the nodes of `POOL` from an instant on."""

    since: int
    unit: str
    reserves: bool


@dataclass
class Model:
    """Everything that happened, and what the operator may know of it by now."""

    nodes: list[Node] = field(default_factory=list)
    pods: list[Pod] = field(default_factory=list)
    claims: list[Claim] = field(default_factory=list)
    reserving: list[Reserving] = field(default_factory=list)
    price: Fraction = Fraction(0)
    upkeep: Fraction = Fraction(0)
    months: int = 1
    bills: dict[tuple[int, str], int] = field(default_factory=dict)
    covered: list[tuple[int, int]] = field(default_factory=list)
    called_until: int = -NEVER
    hosts_told: set[int] = field(default_factory=set)
    counted: dict[tuple[str, int], int] = field(default_factory=dict)
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

    def end(self, at: int, *, node: str = "", pod: str = "", claim: str = "-") -> None:
        """Let a node, a pod or a claim end; a node and a claim take their pods with them."""
        self.nodes = [replace(n, until=at) if n.name == node and n.until == NEVER else n for n in self.nodes]
        gone = [p for p in self.pods if p.until == NEVER and (p.node == node or p.name == pod or p.claim == claim)]
        self.pods = [replace(p, until=at) if p in gone else p for p in self.pods]

    def free(self, node: str) -> dict[str, int]:
        """How many devices of each kind nobody holds now, of the kinds that a node has left."""
        (alive,) = (n for n in self.nodes if n.name == node and n.until == NEVER)
        held = Counter[str]()
        for pod in self.pods:
            if pod.node == node and pod.until == NEVER and (pod.own or not pod.claim):
                held[pod.resource] += pod.count
        left = {of: each * alive.cards - held[of] for of, (each, _) in alive.devices.items()}
        return {of: count for of, count in left.items() if count}

    def costs(self) -> Costs:
        """What each part costs by what is known; a closed October stays what it was."""
        nodes = self._of_cards() | of_hosts(self)
        found = nodes | self._of_absent() | self._of_bills() | self._of_calls(nodes)
        if self.closed is None:
            return found
        late = self._late(found)
        return self.closed | {part: cost for part, cost in found.items() if not in_october(part)} | late

    def close(self) -> None:
        """From now on October is what it is now."""
        self.closed = {part: cost for part, cost in self.costs().items() if in_october(part)}

    def _of_cards(self) -> Costs:
        found: dict[Part, list[Fraction]] = defaultdict(lambda: [Fraction(0), Fraction(0)])
        for node in self.nodes:
            for start, end in self.slices(node):
                if is_uncounted(self, node, start):
                    found["gpu", start // HOUR * HOUR, node.name, UNCLAIMED, GAP][1] += least(node) * (end - start)
                    continue
                left = Fraction(node.cards)
                for pod in self.pods:
                    if pod.node == node.name and pod.since <= start < pod.until:
                        cards = pod.count * node.devices[pod.resource][1] * self._part(pod, start)
                        left -= cards
                        name = f"{pod.namespace}/{pod.name}"
                        self._add(found, start, end, node, self.owner(pod, start), name, cards)
                rest = UNCLAIMED if _untold(node, start) else self.idle_owner(node, start)
                self._add(found, start, end, node, rest, node.name, left)
        return {part: (nanos, seconds) for part, (nanos, seconds) in found.items()}

    def _part(self, pod: Pod, at: int) -> Fraction:
        """Which part of what it holds is its own at an instant."""
        if not pod.claim:
            return Fraction(1)
        sharers = sum(of.claim == pod.claim and not of.own and of.since <= at < of.until for of in self.pods)
        return Fraction(not sharers) if pod.own else Fraction(1, sharers)

    def _add(
        self, to: dict[Part, list[Fraction]], start: int, end: int, node: Node, owner: Owner, who: str, cards: Fraction
    ) -> None:
        if cards:
            cost = to["gpu", start // HOUR * HOUR, node.name, owner, who]
            price = self._bought(start) if node.pool == BOUGHT else self.price
            cost[0] += (not _untold(node, start)) * price * NANOS * cards * (end - start) / HOUR
            cost[1] += cards * (end - start)

    def _bought(self, at: int) -> Fraction:
        """What a bought card costs an hour: a month's upkeep of all, over the hours of the month."""
        return self.upkeep / COUNT / (HOURS_OF_OCTOBER if at < OCTOBER_ENDS else HOURS_OF_NOVEMBER)

    def _of_absent(self) -> Costs:
        """What the register accrues beyond its cards on nodes is idle."""
        paid, seconds = defaultdict[int, Fraction](Fraction), defaultdict[int, Fraction](Fraction)
        on_nodes = ((-1, node) for node in self.nodes if node.pool == BOUGHT)
        for sign, node in ((1, Node("", COUNT, -NEVER)), *on_nodes):
            for start, end in self.slices(node):
                gap, hour = is_uncounted(self, node, start), start // HOUR * HOUR
                seconds[hour] += sign * (least(node) if gap else node.cards) * (end - start)
                paid[hour] += 0 if gap else sign * node.cards * (end - start)
        return {
            ("owned", hour, BOUGHT, IDLE, BOUGHT): (self._bought(hour) * NANOS * paid[hour] / HOUR, absent)
            for hour, absent in seconds.items()
        }

    def slices(self, node: Node) -> Iterable[tuple[int, int]]:
        """The known time of a node, cut wherever anything changes."""
        for known_from, known_to in self.covered:
            first, last = max(known_from, node.since), min(known_to, node.until)
            edges = {first, last, *range(-(-first // HOUR) * HOUR, last, HOUR)}
            edges |= {edge for pod in self.pods for edge in (pod.since, pod.until)}
            edges |= self.changes()
            cuts = sorted(edge for edge in edges if first <= edge <= last)
            yield from pairwise(cuts)

    def changes(self) -> set[int]:
        """When anything was declared otherwise that decides owners."""
        return {claim.since for claim in self.claims} | {of.since for of in self.reserving}

    def owner(self, pod: Pod, at: int) -> Owner:
        """Who owns what the pod costs at an instant: who claims it then, else who is the first to claim it later."""
        asked = [at, *sorted({claim.since for claim in self.claims if claim.since > at})]
        return next((owner for when in asked if (owner := self._claimed(pod, when))), UNCLAIMED)

    def idle_owner(self, node: Node, at: int) -> Owner:
        """Who owns what nobody holds of a node: who reserves it then, else the first to reserve it later."""
        asked = [at, *sorted({of.since for of in self.reserving if of.since > at})]
        reserving = (self._reserving(when) for when in asked) if node.pool == POOL else ()
        return next((("reserved", unit, "") for unit in reserving if unit), IDLE)

    def _reserving(self, at: int) -> str:
        """The first by name of all units that reserve the pool at an instant."""
        standing = {of.unit: of for of in self.reserving if of.since <= at}
        return min((unit for unit, of in standing.items() if of.reserves), default="")

    def _claimed(self, pod: Pod, at: int) -> Owner | None:
        """The workload of its namespace that selects it by most labels."""
        standing = {(c.namespace, c.name): c for c in self.claims if c.since <= at}
        fitting = [c for c in standing.values() if c.unit and c.namespace == pod.namespace and c.selector <= pod.labels]
        best = max(fitting, key=lambda claim: len(claim.selector), default=None)
        return ("workload", best.unit, f"{best.namespace}/{best.name}") if best else None

    def _of_bills(self) -> Costs:
        """Projects p and e are claimed; of the tokens of project k a gateway saw some, of a caller who is claimed."""
        found: Costs = {}
        for (day, project), nanos in self.bills.items():
            if project == SHARED:
                seen, rest = Fraction(SEEN, TOKENS), 1 - Fraction(SEEN, TOKENS)
                found["tokens", day * DAY, project, BILLED, "apiKey rank, seen by gw"] = nanos * seen, Fraction(SEEN)
                unseen = nanos * rest, Fraction(TOKENS - SEEN)
                found["tokens", day * DAY, project, UNCLAIMED, f"project {project}"] = unseen
            else:
                owner = OWNERS.get(project, UNCLAIMED)
                found["tokens", day * DAY, project, owner, f"project {project}"] = Fraction(nanos), Fraction(0)
        return found

    def _of_calls(self, nodes: Costs) -> Costs:
        """What the server's cards, CPU and memory cost on a day, by the time that callers had; what nobody claims comes back to it."""
        served: dict[tuple[int, Owner], Fraction] = defaultdict(Fraction)
        for (_, hour, _, owner, _), (nanos, _) in nodes.items():
            if owner[2] == SERVER:
                served[hour // DAY * DAY, owner] += nanos
        moved: dict[Part, list[Fraction]] = defaultdict(lambda: [Fraction(0), Fraction(0)])
        for (day, server), nanos in served.items():
            hours, calls = (min(day + DAY, self.called_until) - day) // HOUR, calls_on(day // DAY)
            if hours > 0 and nanos:
                moved["recharge", day, "calls", server, "passed on by calls"][0] -= nanos
                for caller, seconds in calls.items():
                    line = moved["recharge", day, "calls", BILLED if caller == "a" else server, f"customer {caller}"]
                    line[0] += nanos * seconds / sum(calls.values())
                    line[1] += seconds * hours
        return {part: (nanos, seconds) for part, (nanos, seconds) in moved.items()}

    def _late(self, found: Costs) -> Costs:
        """What October's bills turned out to be, less what was closed."""
        late: Costs = {}
        for part, (nanos, tokens) in found.items():
            was, then = (self.closed or {}).get(part, (Fraction(0), Fraction(0)))
            if part[0] == "tokens" and in_october(part):
                late["correction", part[1], *part[2:]] = nanos - was, tokens - then
        return late


def calls_on(day: int) -> dict[str, int]:
    """For how many seconds each caller of the server had it in each hour of a day."""
    return ({"a": 5, "b": 3}, {"a": 8}, {"a": 1, "b": 7})[day % 3]


def _untold(node: Node, at: int) -> bool:
    """Whether nobody tells who held the cards: they have no price then, and nobody calls them idle."""
    return node.cut == CLAIMED and at < CLAIMS_TOLD


def in_october(part: Part) -> bool:
    """Whether it belongs to the month that is closed."""
    return part[1] < OCTOBER_ENDS
