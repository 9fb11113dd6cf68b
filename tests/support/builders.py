"""Readable values for tests: every builder makes a plain valid thing, and takes what a test wants to be different.

Time is told in seconds since `T0`, prices in whole units of currency, so that tests read like the cases they are about.
"""

from __future__ import annotations

from aicost.core.bills import BillDay, BillRow
from aicost.core.changes import Change, changed
from aicost.core.claims import Claims
from aicost.core.declarations import Declarations, Dimensions, Grant, PodClaim, Source, Unit, UsageClaim, Workload
from aicost.core.gaps import Gap
from aicost.core.holdings import CardGroup, Holding
from aicost.core.identity import NodeRef, ObjectRef, PodIdentity, WorkloadRef, labels
from aicost.core.layout import WHOLE, Slot
from aicost.core.ledger import Certainty, Component, Entry, Line, Origin, Owner, OwnerKind, Total
from aicost.core.money import NANOS_PER_UNIT, Money
from aicost.core.ownership import Ownership
from aicost.core.prices import DatedRate, GpuPrice, PriceBook
from aicost.core.reasons import GapReason
from aicost.core.statement import Facts, LastDay
from aicost.core.window import DAY, HOUR, Instant, Period, Window, instant

T0 = instant("2026-11-01T00:00:00Z")
"""The first second of the month that tests are about."""
BEFORE_ANYTHING = Instant(0)

PRODUCT = "NVIDIA-H100-80GB-HBM3"
MODEL = "H100-80GB"
GPU = "nvidia.com/gpu"
CARD_HOUR = WHOLE * HOUR
"""A whole card for an hour, in the unit of quantities."""


def at(seconds: int) -> Instant:
    """The instant so many seconds after `T0`."""
    return Instant(T0 + seconds)


def between(start: int, end: int) -> Window:
    """A window in seconds after `T0`."""
    return Window(at(start), at(end))


def usd(units: int, nanos: int = 0) -> Money:
    """US dollars and nano-dollars."""
    return Money(units * NANOS_PER_UNIT + nanos, "USD")


def dims(**values: str) -> Dimensions:
    """Dimensions of a bill row or a claim: `dims(project="p")`."""
    return frozenset(values.items())


def a_pod(
    name: str = "chat-0", namespace: str = "support", *, uid: str = "", owners: tuple[ObjectRef, ...] = (), **label: str
) -> PodIdentity:
    """A pod; keyword arguments are its labels, and its UID is made of its name unless given."""
    return PodIdentity(uid or f"uid-{namespace}-{name}", namespace, name, labels(label), owners)


def a_group(
    cards: int = 8,
    window: Window | None = None,
    *,
    node: str = "node-a",
    created: Instant = BEFORE_ANYTHING,
    product: str = PRODUCT,
    sharing: str = "",
    slots: tuple[Slot, ...] = (),
    **label: str,
) -> CardGroup:
    """A node's cards over a day, whole ones unless cut into slots; keyword arguments are the node's labels."""
    there = window or between(0, DAY)
    return CardGroup(NodeRef(node, created), GPU, product, cards, there, labels(label), sharing, slots)


def a_holding(
    pod: PodIdentity | None = None,
    window: Window | None = None,
    *,
    count: int = 1,
    node: str = "node-a",
    resource: str = GPU,
    assumed_from: Instant | None = None,
) -> Holding:
    """A pod that held cards, or what they are cut into, for an hour."""
    return Holding(pod or a_pod(), node, resource, count, window or between(0, 3600), assumed_from)


def a_price(
    per_hour: Money | None = None, *, model: str = MODEL, since: Instant = BEFORE_ANYTHING, **node: str
) -> GpuPrice:
    """One rate for a model, four dollars an hour; keyword arguments are the node labels that it needs."""
    return GpuPrice(model, (DatedRate(since, (per_hour or usd(4)).nanos),), labels(node))


def a_book(*prices: GpuPrice) -> PriceBook:
    """A price book in US dollars; with nothing given, it prices the model of the other builders."""
    return PriceBook("USD", prices or (a_price(),))


def a_workload(
    name: str = "chat",
    namespace: str = "support",
    unit: str = "care",
    *,
    pods: PodClaim | None = None,
    usage: tuple[UsageClaim, ...] = (),
    claimed_at: Instant = T0,
    **label: str,
) -> Workload:
    """A workload; keyword arguments are the labels that it selects its pods by."""
    claim = pods or (PodClaim(selector=labels(label)) if label else None)
    return Workload(WorkloadRef(namespace, name), unit, claimed_at, claim, usage)


def a_unit(name: str = "care", *namespaces: str, default_for: tuple[str, ...] = (), parent: str | None = None) -> Unit:
    """A unit that the namespaces may name, `support` unless given."""
    return Unit(name, parent, frozenset(namespaces or ("support",)), frozenset(default_for))


def a_grant(value: str, *namespaces: str, dimension: str = "project") -> Grant:
    """A grant of a project to namespaces, `support` unless given."""
    return Grant(dimension, value, frozenset(namespaces or ("support",)))


def a_source(*grants: Grant, name: str = "openai") -> Source:
    """A provider's bill with its grants."""
    return Source(name, "OpenAI", "Bill", grants)


def a_claim(source: str = "openai", **match: str) -> UsageClaim:
    """A claim of usage: `a_claim(project="p")`."""
    return UsageClaim(source, dims(**match))


def declarations(*things: Workload | Unit | Source) -> Declarations:
    """A set of declarations, each kind in the order given."""
    return Declarations(
        tuple(thing for thing in things if isinstance(thing, Workload)),
        tuple(thing for thing in things if isinstance(thing, Unit)),
        tuple(thing for thing in things if isinstance(thing, Source)),
    )


def claims(*things: Workload | Unit | Source) -> Claims:
    """The claims of a set of declarations, in the order given."""
    return Claims(declarations(*things))


def ownership(*things: Workload | Unit | Source) -> Ownership:
    """Who owns what where these were never declared otherwise."""
    return Ownership.always(declarations(*things))


def successive(*stages: tuple[int, tuple[Workload | Unit | Source, ...]]) -> Ownership:
    """Who owns what where, from so many seconds after `T0` on, these and no others were declared."""
    known: tuple[Change, ...] = ()
    for since, things in stages:
        known += changed(known, declarations(*things), at(since - 1), at(since))
    return Ownership(known)


def owned_by(name: str = "chat", namespace: str = "support", unit: str = "care") -> Owner:
    """A workload as an owner."""
    return Owner(OwnerKind.WORKLOAD, unit, WorkloadRef(namespace, name))


def an_origin(*key: str, amount: Money | None = None, quantity: int = 0, gap: GapReason | None = None) -> Origin:
    """An hour of something; it costs nothing unless an amount or a gap is given."""
    known = None if gap else amount or usd(0)
    hour = between(0, 3600)
    return Origin(
        key or ("gpu",), Component.GPU, MODEL, hour, known, Certainty.RATED, quantity, "card-microseconds", "", gap
    )


def an_entry(*key: str, lines: tuple[Line, ...] = (), gap: GapReason | None = None) -> Entry:
    """An entry whose origin is what its lines sum to."""
    amount = usd(0, sum(line.amount.nanos for line in lines if line.amount))
    return Entry(an_origin(*key, amount=amount, quantity=sum(line.quantity for line in lines), gap=gap), lines)


def a_line(owner: Owner, amount: Money | None = None, quantity: int = 0, subject: str = "pod") -> Line:
    """A part of an origin."""
    return Line(owner, subject, amount, quantity)


def a_row(amount: Money, quantity: int = 0, **dimensions: str) -> BillRow:
    """What a provider charged for some dimensions on a day."""
    return BillRow(dims(**dimensions), amount, quantity)


def a_bill(*rows: BillRow, source: str = "openai", day: int = 0) -> BillDay:
    """A provider's account of the first day, or of the one so many days after it."""
    return BillDay(source, "openai", between(day * DAY, (day + 1) * DAY), rows)


def a_total(
    owner: Owner,
    amount: Money | None = None,
    *,
    quantity: int = 0,
    component: Component = Component.GPU,
    certainty: Certainty = Certainty.RATED,
    pool: str = MODEL,
    currency: str = "USD",
    gap: GapReason | None = None,
    unit: str = "",
) -> Total:
    """A sum of lines; with a gap it has no currency, but what it counts."""
    nanos = amount.nanos if amount else 0
    return Total(owner, component, pool, certainty, "" if gap else currency, nanos, quantity, gap, unit=unit)


def facts(*totals: Total, declared: Declarations | None = None, gaps: tuple[Gap, ...] = ()) -> Facts:
    """A month in which these totals came about; last day and month before are empty until a test replaces them."""
    return Facts(
        period=Period.of(T0),
        currency="USD",
        covered_from=T0,
        through={},
        declared=declared or Declarations(),
        totals=totals,
        last_day=LastDay("2026-11-01", (), settled=False),
        gaps=gaps,
    )
