"""CPU and memory of nodes whose price does not include them: entries of a node, a resource and an hour (rules 2, 3, 6).

A node with cards is an origin while some price of its cards leaves its host out, and none includes it. Pods take the
larger of what they requested and used; the rest is idle. Where that is more than the node has, for one pod may use what
is reserved for another, the node is divided in proportion: it costs what it costs.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from aicost.core.allocation import NOBODY_TOLD, Allocation
from aicost.core.coverage import Coverage, missing, union
from aicost.core.holdings import CardGroup
from aicost.core.hosts import NODE_SECONDS, HostHour, Resource
from aicost.core.identity import Labels, NodeRef
from aicost.core.ledger import Certainty, Component, Entry, Key, Line, Origin, Owner
from aicost.core.money import MOST_NANOS, Money, accrued, split
from aicost.core.ownership import Ownership
from aicost.core.prices import PriceBook
from aicost.core.products import model_of
from aicost.core.reasons import GapReason
from aicost.core.rulings import Rulings, by_owner, subjects
from aicost.core.succession import Succession
from aicost.core.window import HOUR, Instant, Window, floor, hour_of, rfc3339

HOST = "CPU and memory"
"""The pool of hosts of which nobody told what they have."""
Part: TypeAlias = tuple[int, int]
"""Nano-units and quantity."""


@dataclass(frozen=True, slots=True)
class Host:
    """A node over the parts of an hour in which its CPU and memory cost something, with its labels then."""

    node: NodeRef
    parts: Coverage
    labels: Labels

    @property
    def span(self) -> Window:
        """From its first part to its last."""
        return Window(self.parts[0].start, self.parts[-1].end)

    @property
    def seconds(self) -> int:
        """All its parts together."""
        return sum(part.seconds for part in self.parts)


def compute(
    groups: Iterable[CardGroup],
    told: Iterable[HostHour],
    prices: PriceBook | None,
    ownership: Ownership,
    over: Iterable[Window],
    due: Instant,
) -> Allocation:
    """Charge the hosts over the disjoint windows `over`, to whoever took of them, hour by hour.

    A pod that changes hands within an hour is divided by the seconds of the node in it, for what it took has no finer
    time. An hour that ended by `due` and of which nobody told is counted, without an amount; a younger one may still come.
    """
    if prices is None or not prices.has_hosts:
        return Allocation((), frozenset())
    hours = {(each.node, each.hour.start): each for each in told}
    rulings, entries = Rulings(ownership), list[Entry]()
    for host in hosts(groups, prices, over):
        hour = hour_of(host.span.start)
        if known := hours.get((host.node.name, hour.start)):
            entries += (_entry(host, known, resource, prices, rulings) for resource in Resource)
        elif hour.end <= due:
            entries.append(_untold(host))
    return Allocation(tuple(sorted(entries, key=lambda entry: entry.origin.key)), frozenset(rulings.contests))


def hosts(groups: Iterable[CardGroup], prices: PriceBook, over: Iterable[Window]) -> Iterator[Host]:
    """The nodes of which CPU and memory cost something, by hour; every second of a node once, however many cards it has."""
    apart: dict[tuple[NodeRef, Instant], list[tuple[Window, Labels]]] = defaultdict(list)
    included: dict[tuple[NodeRef, Instant], list[Window]] = defaultdict(list)
    known = union(over)
    for group in groups:
        model = model_of(group.product)
        fitting = prices.on(model, group.labels)
        for part in (
            part for window in known if (there := group.window.overlap(window)) for part in there.pieces(HOUR)
        ):
            at = group.node, floor(part.start, HOUR)
            price = fitting.gpu(model, group.labels, part.start) if group.product else None
            if price and price.includes_host:
                included[at].append(part)
            elif price:
                apart[at].append((part, group.labels))
    for at, pieces in sorted(apart.items()):
        paid = union(included[at])
        if parts := union(left for part, _ in pieces for left in missing(part, paid)):
            _, labels = max(pieces, key=lambda piece: (piece[0].start, sorted(piece[1])))
            yield Host(at[0], parts, labels)


def _entry(host: Host, told: HostHour, resource: Resource, prices: PriceBook, rulings: Rulings) -> Entry:
    origin = _origin(host, told, resource, prices)
    whole = origin.amount.nanos if origin.amount else 0, origin.quantity
    named, lines = subjects(taker.pod for taker in told.takers), defaultdict[tuple[Owner, str], list[Part]](list)
    takes = sorted(
        ((named[taker.pod.uid], taker) for taker in told.takers if taker.took(resource)), key=lambda each: each[0]
    )
    parts = _parts(whole, [taker.took(resource) * host.seconds for _, taker in takes])
    for (subject, taker), part in zip(takes, parts, strict=True):
        for owner, its in _among(rulings.owners(taker.pod), host, part):
            lines[owner, subject].append(its)
    rest = whole[0] - sum(nanos for nanos, _ in parts), whole[1] - sum(quantity for _, quantity in parts)
    if rest != (0, 0) or not lines:
        for owner, its in _among(rulings.idle(host.labels), host, rest):
            lines[owner, str(host.node)].append(its)
    return Entry(origin, tuple(_lines(origin, lines)))


def _parts(whole: Part, taken: Sequence[int]) -> Sequence[Part]:
    """What each pod pays and has: by its own part of the node; of a node that is overrun, by its part of what was taken."""
    nanos, quantity = whole
    if sum(taken) <= quantity:
        return [(nanos * each // quantity, each) for each in taken]
    return list(zip(split(nanos, taken), split(quantity, taken), strict=True))


def _among(owners: Succession, host: Host, part: Part) -> Iterator[tuple[Owner, Part]]:
    """A part among those who owned it one after the other, by the seconds of the node in the hour."""
    if len(owners.owners) == 1:  # as nearly all have
        yield owners.owners[0][1], part
        return
    held: dict[Owner, int] = defaultdict(int)
    for each in host.parts:
        for owner, seconds in owners.seconds(each):
            held[owner] += seconds
    weights = [seconds for _, seconds in sorted(held.items())]
    parts = zip(split(part[0], weights), split(part[1], weights), strict=True)
    yield from zip(sorted(held), parts, strict=True)


def _origin(host: Host, told: HostHour, resource: Resource, prices: PriceBook) -> Origin:
    rate = prices.host(host.span.start)
    hourly = rate.per_hour(told.capacity, resource) if rate else 0
    gap = GapReason.NO_PRICE if rate is None else GapReason.AMOUNT_TOO_LARGE if hourly > MOST_NANOS else None
    nanos = sum(accrued(hourly, part.start, part.end) for part in host.parts)
    return Origin(
        key=_key(host, resource.value, gap),
        component=Component.COMPUTE,
        pool=resource.value,
        window=host.span,
        amount=None if gap else Money(nanos, prices.currency),
        certainty=Certainty.RATED,
        quantity=told.capacity.of(resource) * host.seconds,
        unit=resource.unit,
        description=f"{resource} of {host.node}",
        gap=gap,
    )


def _untold(host: Host) -> Entry:
    """A host of which nobody told what it has or who took of it: its time is counted, nobody's and without an amount."""
    origin = Origin(
        key=_key(host, HOST, GapReason.NO_HOST_HISTORY),
        component=Component.COMPUTE,
        pool=HOST,
        window=host.span,
        amount=None,
        certainty=Certainty.RATED,
        quantity=host.seconds,
        unit=NODE_SECONDS,
        description=f"{HOST} of {host.node}, and nobody told how much it has",
        gap=GapReason.NO_HOST_HISTORY,
    )
    ((_, nobody),) = NOBODY_TOLD.owners
    return Entry(origin, (Line(nobody, str(host.node), None, host.seconds),))


def _key(host: Host, what: str, gap: GapReason | None) -> Key:
    """Without an amount it is an entry of its own, whose place the one that has an amount takes."""
    hour = rfc3339(floor(host.span.start, HOUR))
    return "compute", host.node.name, rfc3339(host.node.created), what, hour, *((gap.value,) if gap else ())


def _lines(origin: Origin, parts: Mapping[tuple[Owner, str], Sequence[Part]]) -> Iterator[Line]:
    for (owner, subject), of in sorted(parts.items(), key=by_owner):
        amount = Money(sum(nanos for nanos, _ in of), origin.amount.currency) if origin.amount else None
        yield Line(owner, subject, amount, sum(quantity for _, quantity in of))
