"""CPU and memory of nodes whose price does not include them: entries of a node, a resource and an hour (rules 2, 3, 6).

A node with cards is an origin while some price of its cards leaves its host out, and none includes it. Pods take the
larger of what they requested and used; the rest is idle. Where that is more than the node has, for one pod may use what
is reserved for another, the node is divided in proportion: it costs what it costs.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TypeAlias

from aicost.core.allocation import NOBODY_TOLD, Allocation
from aicost.core.coverage import Coverage
from aicost.core.holdings import CardGroup
from aicost.core.host_time import Host, Piece, hosts
from aicost.core.hosts import NODE_SECONDS, HostHour, Resource, Taker
from aicost.core.ledger import Certainty, Component, Entry, Key, Line, Origin, Owner
from aicost.core.money import MOST_NANOS, Money, accrued, split
from aicost.core.ownership import Ownership
from aicost.core.prices import PriceBook
from aicost.core.reasons import GapReason
from aicost.core.rulings import Rulings, by_owner, subjects
from aicost.core.succession import Succession
from aicost.core.window import HOUR, Instant, Window, floor, hour_of, rfc3339

HOST = "CPU and memory"
"""The pool of hosts of which nobody told what they have."""
Part: TypeAlias = tuple[int, int]
"""Nano-units and quantity."""
Take: TypeAlias = tuple[Window, int]
"""So much of a resource at every instant of a window."""


def compute(
    groups: Iterable[CardGroup],
    told: Iterable[HostHour],
    prices: PriceBook | None,
    ownership: Ownership,
    over: Iterable[Window],
    due: Instant,
) -> Allocation:
    """Charge the hosts over the disjoint windows `over`, to whoever took of them, hour by hour.

    A pod takes the same at every instant that it was there in an hour, and what is left of each is idle: what changes
    hands is divided by these instants. An hour that ended by `due` and of which nobody told is counted, without an amount;
    a younger one may still come.
    """
    if prices is None or not prices.has_hosts:
        return Allocation((), frozenset())
    accounts: dict[str, list[HostHour]] = defaultdict(list)
    for each in told:
        accounts[each.node].append(each)
    rulings, entries = Rulings(ownership), list[Entry]()
    for host in hosts(groups, prices, over):
        start = host.span.start
        if known := next((each for each in accounts[host.node.name] if start in each.over), None):
            entries += (_entry(host, known, resource, prices, rulings) for resource in Resource)
        elif hour_of(start).end <= due:
            entries.append(_untold(host))
    return Allocation(tuple(sorted(entries, key=lambda entry: entry.origin.key)), frozenset(rulings.contests))


def _entry(host: Host, told: HostHour, resource: Resource, prices: PriceBook, rulings: Rulings) -> Entry:
    origin = _origin(host, told, resource, prices)
    whole = origin.amount.nanos if origin.amount else 0, origin.quantity
    takes, lines = _takes(host, told, resource), defaultdict[tuple[Owner, str], list[Part]](list)
    seconds = [sum(part.seconds for part in host.during(taker.there)) for _, taker in takes]
    taken = [taker.took(resource) * there for (_, taker), there in zip(takes, seconds, strict=True)]
    parts = _parts(whole, taken)
    for (subject, taker), part in zip(takes, parts, strict=True):
        owners = rulings.owners(taker.pod)
        for owner, its in _among(_held(owners, host.during(taker.there)), part):
            lines[owner, subject].append(its)
    rest = whole[0] - sum(nanos for nanos, _ in parts), whole[1] - sum(quantity for _, quantity in parts)
    if rest != (0, 0) or not lines:
        left = _left(host, told.capacity.of(resource), [(taker.there, taker.took(resource)) for _, taker in takes])
        for owner, its in _among(_idle(rulings, host, left), rest):
            lines[owner, str(host.node)].append(its)
    return Entry(origin, tuple(_lines(origin, lines)))


def _takes(host: Host, told: HostHour, resource: Resource) -> Sequence[tuple[str, Taker]]:
    """Who took of the resource while it cost something, by the names of their lines; of whose use nobody knows, too."""
    named = subjects(taker.pod for taker in told.takers)
    return sorted(
        (
            (named[taker.pod.uid], taker)
            for taker in told.takers
            if host.during(taker.there) and (taker.took(resource) or told.unseen(taker, resource))
        ),
        key=lambda each: each[0],
    )


def _parts(whole: Part, taken: Sequence[int]) -> Sequence[Part]:
    """What each pod pays and has: by its own part of the node; of a node that is overrun, by its part of what was taken."""
    nanos, quantity = whole
    if sum(taken) <= quantity:
        return [(nanos * each // quantity, each) for each in taken]
    return list(zip(split(nanos, taken), split(quantity, taken), strict=True))


def _held(owners: Succession, over: Coverage) -> Mapping[Owner, int]:
    """How long each of those who followed each other owned a thing."""
    held: dict[Owner, int] = defaultdict(int)
    for each in over:
        for owner, seconds in owners.seconds(each):
            held[owner] += seconds
    return held


def _left(host: Host, capacity: int, takes: Iterable[Take]) -> Iterator[tuple[Piece, int]]:
    """What nobody took of the node: so much at every instant of pieces that tile its time."""
    changes: dict[Instant, int] = defaultdict(int)
    for there, much in takes:
        changes[there.start] += much
        changes[there.end] -= much
    for part, labels in host.pieces:
        level = sum(change for at, change in changes.items() if at <= part.start)
        start = part.start
        for at in sorted(at for at in changes if part.start < at < part.end):
            yield (Window(start, at), labels), max(capacity - level, 0)
            start, level = at, level + changes[at]
        yield (Window(start, part.end), labels), max(capacity - level, 0)


def _idle(rulings: Rulings, host: Host, left: Iterable[tuple[Piece, int]]) -> Mapping[Owner, int]:
    """What each owned of what was left; of a node that was taken whole, where only a fraction of a nano-unit is, its time."""
    owned: dict[Owner, int] = defaultdict(int)
    for (part, labels), much in left:
        for owner, seconds in rulings.idle(labels).seconds(part):
            owned[owner] += much * seconds
    if any(owned.values()):
        return owned
    ((part, labels), *_) = host.pieces
    return _held(rulings.idle(labels), (part,))


def _among(weights: Mapping[Owner, int], part: Part) -> Iterator[tuple[Owner, Part]]:
    """A part among its owners by what each had of it."""
    owners = sorted(weights)
    of = [weights[owner] for owner in owners]
    yield from zip(owners, zip(split(part[0], of), split(part[1], of), strict=True), strict=True)


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
