"""Whole small clusters, drawn: nodes with cards, whole or cut, pods that hold them, people who claim, and prices.

Lanes keep the pods of a node within its devices: each lane is so many devices wide, and one pod at a time holds it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise, permutations, product
from random import Random
from typing import TypeVar

from hypothesis import strategies as st

from aicost.core.allocation import Allocation, allocate
from aicost.core.declarations import Declarations, PodClaim, Workload
from aicost.core.distribution import Distribution, Method, Pool
from aicost.core.holdings import CardGroup, Devices, Holding
from aicost.core.identity import UNALLOCATED, PodIdentity, labels
from aicost.core.layout import Slot
from aicost.core.ledger import IDLE, PARKED, UNCLAIMED, Certainty, Component, Entry, Owner, OwnerKind, Total
from aicost.core.money import Money
from aicost.core.ownership import Ownership
from aicost.core.prices import PriceBook
from aicost.core.reasons import GapReason
from aicost.core.window import HOUR, Instant, Window
from tests.support.builders import (
    MODEL,
    a_book,
    a_group,
    a_holding,
    a_pod,
    a_price,
    a_total,
    a_unit,
    a_workload,
    at,
    between,
    owned_by,
)

SPAN = 3 * HOUR
WHOLE = between(0, SPAN)
NAMESPACES = ("support", "search")
T = TypeVar("T")
_SURROGATES = range(0xD800, 0xE000)
ANY_TEXT = st.text(st.one_of(st.integers(0, _SURROGATES.start - 1), st.integers(_SURROGATES.stop, 0x10FFFF)).map(chr))
"""Any text, without Hypothesis' table of all characters: making that takes 3 s, more than any pure test may."""


@dataclass(frozen=True)
class Cluster:
    """A drawn cluster, with everything that the allocation asks for."""

    devices: Devices
    book: PriceBook
    declared: Declarations

    def allocate(self, *over: Window) -> Allocation:
        """What the cluster costs over the windows; without any, over its whole span."""
        return allocate(self.devices, self.book, Ownership.always(self.declared), over or (WHOLE,))

    def with_workload(self, workload: Workload) -> Cluster:
        """The same cluster with one more workload, or with the workload of that name changed."""
        kept = [other for other in self.declared.workloads if other.ref != workload.ref]
        return replace(self, declared=replace(self.declared, workloads=(*kept, workload)))

    def with_holdings(self, holdings: Sequence[Holding]) -> Cluster:
        """The same nodes with other pods."""
        return replace(self, devices=replace(self.devices, holdings=tuple(holdings)))

    def shuffled(self, random: Random) -> Cluster:
        """The same facts in another order."""
        declared = Declarations(
            _shuffled(self.declared.workloads, random), _shuffled(self.declared.units, random), prices=None
        )
        devices = Devices(_shuffled(self.devices.groups, random), _shuffled(self.devices.holdings, random))
        return Cluster(devices, self.book, declared)


def _shuffled(things: tuple[T, ...], random: Random) -> tuple[T, ...]:
    return tuple(random.sample(things, len(things)))


def by_key(entries: Sequence[Entry]) -> dict[tuple[str, ...], Entry]:
    """Entries as the ledger keeps them: the latest of each key."""
    return {entry.origin.key: entry for entry in entries}


def pods(uid: str = "1") -> st.SearchStrategy[PodIdentity]:
    """A pod of few names, so that a name comes back with another UID and other labels."""
    return _PODS.map(lambda pod: replace(pod, uid=uid))


def _timeline(draw: st.DrawFn, node: str) -> list[CardGroup]:
    """One or two card groups of a node, one after the other: cards, product or labels may change in mid-hour.

    All its cards are cut alike: whole, in time slices, or into MIG instances of one or two profiles.
    """
    sharing, layout = draw(_LAYOUTS)
    shapes = ((*draw(_SHAPES), start, end) for start, end in pairwise(sorted(draw(_TWO_OR_THREE))))
    return [
        a_group(
            cards,
            between(start, end),
            node=node,
            product=model,
            sharing=sharing,
            slots=tuple(replace(slot, count=slot.count * cards) for slot in layout),
            pool=pool,
        )
        for cards, model, pool, start, end in shapes
    ]


def _lanes(draw: st.DrawFn, groups: list[CardGroup]) -> list[Holding]:
    """Holdings that never exceed the smallest of a node's groups; they may begin before it and end after it."""
    held = []
    for slots in zip(*(group.devices for group in groups), strict=True):
        resource, free = slots[0].resource, min(slot.count for slot in slots)
        while free and (width := min(draw(_WIDTHS), free)):
            free -= width
            for start, end in pairwise(sorted(draw(_FEW))):
                if pod := draw(_PODS_OR_NONE):
                    pod = replace(pod, uid=f"{groups[0].node}-{resource}-{free}-{start}")
                    of = between(start, end)
                    held.append(a_holding(pod, of, count=width, node=groups[0].node.name, resource=resource))
    return held


@st.composite
def clusters(draw: st.DrawFn) -> Cluster:
    """A cluster of one or two nodes whose pods fit its cards."""
    groups: list[CardGroup] = []
    holdings: list[Holding] = []
    for node in draw(_NODES):
        line = _timeline(draw, node)
        groups += line
        holdings += _lanes(draw, line)
    declared = {workload.ref: workload for workload in draw(_WORKLOADS)}
    return Cluster(
        Devices(tuple(groups), tuple(holdings)), draw(_BOOKS), Declarations(tuple(declared.values()), draw(UNITS))
    )


FEW_SECONDS = st.sampled_from([between(start, start + length) for start, length in product(range(61), range(1, 41))])
"""Windows that often overlap. Of few things, one draw for all is cheaper by far than one for each part."""


def _assumed(window: Window, known: int | None, of: tuple[PodIdentity, str, int]) -> Holding:
    pod, claim, count = of
    since = None if known is None else Instant(window.start + known % window.seconds)
    return replace(a_holding(pod, window, count=count, assumed_from=since), claim=claim)


_ASSUMED = st.builds(
    _assumed,
    FEW_SECONDS,
    st.none() | st.integers(0, 39),
    st.sampled_from([*product(map(a_pod, "abcdef"), ("", "", "claim-1"), (1, 2))]),
)
"""Holdings whose end may be known by a last sample only; some share a claim."""


def held_by_few() -> st.SearchStrategy[list[Holding]]:
    """At most six pods on a node, in any order."""
    return st.lists(_ASSUMED, max_size=6, unique_by=lambda holding: holding.pod.uid)


def a_book_of(cheap: int, dear: int, fast: int) -> PriceBook:
    """Prices of two models, one of which costs another amount on nodes of the pool `fast`; the third has none."""
    return a_book(
        a_price(Money(cheap, "USD"), model="cheap"),
        a_price(Money(dear, "USD"), model="dear"),
        a_price(Money(fast, "USD"), model="dear", pool="fast"),
    )


_SECONDS = st.one_of(st.integers(0, SPAN), st.sampled_from(range(0, SPAN + 1, 900)))
_TWO_OR_THREE = st.lists(_SECONDS, min_size=2, max_size=3, unique=True)
_FEW = st.lists(_SECONDS, min_size=2, max_size=5, unique=True)
_NODES = st.sampled_from([["node-a"], ["node-a", "node-b"]])
_SHAPES = st.sampled_from([*product((1, 2, 3, 4), ("cheap", "dear", "priceless"), ("fast", "slow"))])
_LAYOUTS = st.sampled_from(
    [
        ("", ()),
        ("", ()),
        ("time-slicing", (Slot("nvidia.com/gpu", 3),)),
        ("mps", (Slot("nvidia.com/gpu.shared", 4),)),
        ("mig", (Slot("nvidia.com/gpu", 7),)),
        ("mig", (Slot("nvidia.com/mig-1g.5gb", 3, 1), Slot("nvidia.com/mig-2g.10gb", 1, 2))),
        ("mig", (Slot("nvidia.com/mig-1g.5gb", 2, 3), Slot("nvidia.com/mig-3g.20gb", 1, 4))),
    ]
)
"""How a card is cut, and into what: weights as MIG gives them, and such as a profile has that is itself shared in time."""
_WIDTHS = st.integers(0, 4)
_PODS = st.sampled_from(
    [
        a_pod(name, namespace, app=app, tier=tier)
        for name, namespace, app, tier in product(("pod-0", "pod-1"), NAMESPACES, ("x", "y", "z"), ("gold", "tin"))
    ]
)
_PODS_OR_NONE = st.none() | _PODS
_SELECTORS = ({"app": "x"}, {"app": "y"}, {"tier": "gold"}, {"app": "x", "tier": "gold"})
WORKLOADS = st.sampled_from(
    [
        a_workload(name, namespace, unit, claimed_at=at(claimed), pods=PodClaim(labels(selector)))
        for name, namespace, unit, claimed, selector in product(
            ("w-0", "w-1", "w-2"), NAMESPACES, ("care", "find"), (0, 1), _SELECTORS
        )
    ]
)
"""Workloads of either namespace and unit that select by one or two labels."""
_WORKLOADS = st.lists(WORKLOADS, max_size=4)
_LISTED = (NAMESPACES, NAMESPACES[:1], NAMESPACES[1:])
UNITS = st.sampled_from(
    [
        (a_unit("care", *care, default_for=owns), a_unit("find", *find))
        for care, find, owns in product(_LISTED, _LISTED, ((), *_LISTED))
    ]
)
"""Two units, each of which lists some namespaces; one may own by default what nobody claims in a namespace."""
_BOOKS = st.builds(a_book_of, *[st.integers(0, 10**10)] * 3)


UNITS_OWN = (Owner(OwnerKind.UNIT, "care"), Owner(OwnerKind.RESERVED, "care"))


_OWNERS = (
    *(owned_by(name, unit=unit) for name, unit in (("chat", "care"), ("rank", "find"))),
    *(*UNITS_OWN, IDLE, UNCLAIMED, PARKED),
)


def owners() -> st.SearchStrategy[Owner]:
    """Workloads of two units, a unit by default and for its nodes, and the three parts of `unallocated`."""
    return st.sampled_from(_OWNERS)


_PRICED = st.builds(
    replace,
    st.sampled_from(
        [
            a_total(owner, component=component, certainty=certainty, pool=pool, currency=currency)
            for owner, component, certainty, pool, currency in product(
                _OWNERS, Component, Certainty, ("openai", MODEL), ("USD", "USD", "EUR")
            )
        ]
    ),
    nanos=st.integers(-(10**12), 10**12),
)
_UNPRICED = st.sampled_from(
    [a_total(owner, quantity=n, gap=GapReason.NO_PRICE) for owner, n in product(_OWNERS, range(1, 10))]
)


def totals() -> st.SearchStrategy[Total]:
    """Totals of anybody, of any kind, in two currencies or without an amount."""
    return st.one_of(_PRICED, _PRICED, _UNPRICED)


@st.composite
def distributions(draw: st.DrawFn) -> dict[str, tuple[Distribution, ...]]:
    """What three units and the reserved one pass on; now and then to a unit that does not exist, or to themselves."""
    return {name: tuple(draw(_RULES)) for name in (*_FAMILY, UNALLOCATED)}


def _some_of(names: Sequence[str]) -> list[tuple[str, ...]]:
    """At most three of them, in any order."""
    return [of for many in range(4) for of in permutations(names, many)]


_FAMILY = ("care", "find", "base")
_RECEIVERS = [*[()] * 20, *_some_of(_FAMILY) * 3, *_some_of((*_FAMILY, "nowhere"))]
_RULES = st.lists(
    st.sampled_from(
        [
            Distribution(pool, method, tuple((name, 333_333 if method is Method.FIXED else 0) for name in names))
            for pool, method, names in product(Pool, Method, _RECEIVERS)
        ]
    ),
    max_size=3,
    unique_by=lambda rule: rule.pool,
)
