"""Whole small clusters, drawn: nodes with cards, pods that hold them, people who claim the pods, and prices.

Lanes keep the pods of a node within its cards: each lane is so many cards wide, and one pod at a time holds it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from random import Random
from typing import TypeVar

from hypothesis import strategies as st

from aicost.core.allocation import Allocation, allocate
from aicost.core.claims import Claims
from aicost.core.declarations import Declarations, Unit, Workload
from aicost.core.holdings import CardGroup, Devices, Holding
from aicost.core.identity import PodIdentity
from aicost.core.ledger import IDLE, PARKED, UNCLAIMED, Certainty, Component, Entry, Owner, OwnerKind, Total
from aicost.core.money import Money
from aicost.core.prices import PriceBook
from aicost.core.reasons import GapReason
from aicost.core.window import HOUR, Window
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
    usd,
)

SPAN = 3 * HOUR
WHOLE = between(0, SPAN)
MODELS = ("cheap", "dear", "priceless")
NAMESPACES = ("support", "search")
UNITS = ("care", "find")
T = TypeVar("T")
_SECONDS = st.one_of(st.integers(0, SPAN), st.integers(0, 12).map(lambda quarter: quarter * 900))


@dataclass(frozen=True)
class Cluster:
    """A drawn cluster, with everything that the allocation asks for."""

    devices: Devices
    book: PriceBook
    declared: Declarations

    def allocate(self, *over: Window) -> Allocation:
        """What the cluster costs over the windows; without any, over its whole span."""
        return allocate(self.devices, self.book, Claims(self.declared), over or (WHOLE,))

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


def pods(uid: str) -> st.SearchStrategy[PodIdentity]:
    """A pod of few names, so that a name comes back with another UID and other labels."""
    return st.builds(
        lambda name, namespace, app, tier: a_pod(name, namespace, uid=uid, app=app, tier=tier),
        st.sampled_from(["pod-0", "pod-1"]),
        st.sampled_from(NAMESPACES),
        st.sampled_from(["x", "y", "z"]),
        st.sampled_from(["gold", "tin"]),
    )


@st.composite
def timelines(draw: st.DrawFn, node: str) -> list[CardGroup]:
    """One or two card groups of a node, one after the other: cards, product or labels may change in mid-hour."""
    model, cards, pool = st.sampled_from(MODELS), st.integers(1, 4), st.sampled_from(["fast", "slow"])
    cuts = sorted(draw(st.lists(_SECONDS, min_size=2, max_size=3, unique=True)))
    return [
        a_group(draw(cards), between(start, end), node=node, product=draw(model), pool=draw(pool))
        for start, end in pairwise(cuts)
    ]


@st.composite
def lanes(draw: st.DrawFn, groups: list[CardGroup]) -> list[Holding]:
    """Holdings that never exceed the smallest of a node's groups; they may begin before it and end after it."""
    free, held = min(group.cards for group in groups), []
    while free and (width := draw(st.integers(0, free))):
        free -= width
        cuts = sorted(draw(st.lists(_SECONDS, min_size=2, max_size=5, unique=True)))
        for start, end in pairwise(cuts):
            if pod := draw(st.none() | pods(f"{groups[0].node}-{free}-{start}")):
                held.append(a_holding(pod, between(start, end), count=width, node=groups[0].node.name))
    return held


def workloads() -> st.SearchStrategy[Workload]:
    """A workload of any namespace and unit that selects by one or two labels."""
    selectors = st.fixed_dictionaries({"app": st.sampled_from(["x", "y"])}, optional={"tier": st.just("gold")})
    return st.builds(
        lambda name, namespace, unit, selector, claimed: a_workload(
            name, namespace, unit, claimed_at=at(claimed), **selector
        ),
        st.sampled_from(["w-0", "w-1", "w-2"]),
        st.sampled_from(NAMESPACES),
        st.sampled_from(UNITS),
        selectors,
        st.integers(0, 2),
    )


def units() -> st.SearchStrategy[tuple[Unit, ...]]:
    """Both units, each of which lists some namespaces; one may own by default what nobody claims in a namespace."""
    some = st.lists(st.sampled_from(NAMESPACES), unique=True, min_size=1)
    default = st.lists(st.sampled_from(NAMESPACES), unique=True)
    return st.builds(
        lambda care, find, owns: (a_unit(UNITS[0], *care, default_for=tuple(owns)), a_unit(UNITS[1], *find)),
        some,
        some,
        default,
    )


@st.composite
def books(draw: st.DrawFn) -> PriceBook:
    """Prices of two models, one of which costs another amount on nodes of the pool `fast`; the third has none."""
    nanos = st.integers(0, 10**10)
    cheap, dear, fast = (Money(draw(nanos), "USD") for _ in range(3))
    return a_book(a_price(cheap, model="cheap"), a_price(dear, model="dear"), a_price(fast, model="dear", pool="fast"))


@st.composite
def clusters(draw: st.DrawFn) -> Cluster:
    """A cluster of one or two nodes whose pods fit its cards."""
    groups: list[CardGroup] = []
    holdings: list[Holding] = []
    for node in ("node-a", "node-b")[: draw(st.integers(1, 2))]:
        line = draw(timelines(node))
        groups += line
        holdings += draw(lanes(line))
    declared = draw(st.lists(workloads(), max_size=4, unique_by=lambda workload: workload.ref))
    return Cluster(Devices(tuple(groups), tuple(holdings)), draw(books()), Declarations(tuple(declared), draw(units())))


def owners() -> st.SearchStrategy[Owner]:
    """Workloads of two units, a unit by default, and the three parts of `unallocated`."""
    ours = [owned_by(name, unit=unit) for name, unit in (("chat", "care"), ("rank", "find"))]
    return st.sampled_from([*ours, Owner(OwnerKind.UNIT, "care"), IDLE, UNCLAIMED, PARKED])


def totals() -> st.SearchStrategy[Total]:
    """Totals of anybody, of any kind, in two currencies or without an amount."""
    priced = st.builds(
        lambda owner, nanos, component, certainty, pool, currency: a_total(
            owner, usd(0, nanos), component=component, certainty=certainty, pool=pool, currency=currency
        ),
        owners(),
        st.integers(-(10**12), 10**12),
        st.sampled_from(Component),
        st.sampled_from(Certainty),
        st.sampled_from(["openai", MODEL]),
        st.sampled_from(["USD", "USD", "EUR"]),
    )
    unpriced = st.builds(
        lambda owner, n: a_total(owner, quantity=n, gap=GapReason.NO_PRICE), owners(), st.integers(1, 9)
    )
    return st.one_of(priced, priced, unpriced)
