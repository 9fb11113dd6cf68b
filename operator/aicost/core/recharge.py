"""Re-charge: what a model server cost on a UTC day moves to its callers, in entries that sum to zero (rule 5).

A line takes the day's cost from the server, one line for each caller gives a part of it to whoever claims that caller.
What nobody claims is given back to the server: nothing is lost, and nobody is charged who was not granted.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias

from aicost.core.caller_names import named
from aicost.core.claims import Contest
from aicost.core.declarations import Dimensions, Meter, Source, TransferPrice
from aicost.core.identity import WorkloadRef
from aicost.core.ledger import Certainty, Component, Entry, Line, Origin, Owner, Total
from aicost.core.money import MOST_NANOS, Money, split
from aicost.core.ownership import Ownership
from aicost.core.reasons import GapReason
from aicost.core.usage import Served
from aicost.core.window import Instant, Window, date

PASSED_ON = frozenset({Component.GPU, Component.COMPUTE})
"""What a server's pods cost. What it received itself, or bought from a provider, stays with it: one pass, no chains."""
OTHERS = "other callers"
MOST_UNCLAIMED = 100
"""Callers whom nobody claims that have a line of their own."""
_MILLION = 1_000_000


class Basis(StrEnum):
    """What a day's use is counted in."""

    TIME = "microseconds"
    TOKENS = "tokens"


@dataclass(frozen=True, slots=True)
class MeteredDay:
    """What callers had of a model server on a UTC day, as far as its meter was read.

    Without any caller the meter's series are not there; a caller that the series do not name has no dimensions.
    """

    source: str
    day: Window
    callers: tuple[tuple[Dimensions, Served], ...] = ()

    @property
    def basis(self) -> Basis:
        """Time, where the series have it for every caller that had tokens."""
        timed = all(served.time or not served.tokens for _, served in self.callers)
        return Basis.TIME if timed else Basis.TOKENS

    def use(self) -> tuple[tuple[Dimensions, int], ...]:
        """How much each caller had, by the day's basis, in an order that does not depend on how it was read."""
        by_time = self.basis is Basis.TIME
        used = ((dimensions, served.time if by_time else served.tokens) for dimensions, served in self.callers)
        return tuple(sorted(((caller, amount) for caller, amount in used if amount), key=lambda of: sorted(of[0])))


Parts: TypeAlias = Mapping[tuple[Owner, Certainty, str], int]
"""Nano-units by owner (a server may have changed units), certainty and currency."""
Incurred: TypeAlias = Mapping[tuple[Instant, WorkloadRef], Parts]
"""What workloads' pods cost, by the begin of the day."""


@dataclass(frozen=True, slots=True, order=True)
class Lack:
    """What a day's re-charge of a source goes without, and so divides otherwise or not at all."""

    day: Window
    source: str
    reason: GapReason


@dataclass(frozen=True, slots=True)
class Recharge:
    """The entries of some days, whose callers' claims contradict each other, and what was lacking."""

    entries: tuple[Entry, ...] = ()
    contests: frozenset[Contest] = frozenset()
    lacks: frozenset[Lack] = frozenset()


def incurred(days: Iterable[tuple[Instant, Total]], entries: Iterable[tuple[Instant, Entry]]) -> Incurred:
    """What workloads' pods cost by day, from totals and entries that lie in the day beginning at their instant."""
    found: dict[tuple[Instant, WorkloadRef], dict[tuple[Owner, Certainty, str], int]] = defaultdict(
        lambda: defaultdict(int)
    )
    for day, total in days:
        if total.owner.workload and total.component in PASSED_ON and total.gap is None:
            found[day, total.owner.workload][total.owner, total.certainty, total.currency] += total.nanos
    for day, entry in entries:
        if entry.origin.component in PASSED_ON:
            for line in entry.lines:
                if line.owner.workload and line.amount:
                    part = line.owner, entry.origin.certainty, line.amount.currency
                    found[day, line.owner.workload][part] += line.amount.nanos
    return found


def recharge(
    days: Iterable[MeteredDay],
    meters: Iterable[Source],
    cost: Incurred,
    ownership: Ownership,
    book: str | None = None,
) -> Recharge:
    """Divide what the servers of `meters` cost on these days among their callers.

    `book` is the currency of transfer prices, which need not be that of the cost: each is converted where it is told, at
    the rate of the day. Without it they are in that of the cost.

    A caller that changed hands on a day is divided by the seconds of the day, which has no finer time. A day on which the
    server cost nothing has nothing to divide.
    """
    of = {source.name: source.meter for source in meters if source.meter}
    entries: list[Entry] = []
    contests: set[Contest] = set()
    lacks: set[Lack] = set()
    for day in sorted(days, key=lambda each: (each.day, each.source)):
        meter = of.get(day.source)
        parts = _parts(cost, day, meter.server) if meter else {}
        if meter is None or not parts:
            continue
        payers = _Payers(meter.server, day, ownership, contests)
        moved = list(_priced(day, meter.price, parts, payers, book) if meter.price else _shared(day, parts, payers))
        entries += filter(_fits, moved)
        lacks.update(Lack(day.day, day.source, reason) for reason in _lacking(day, meter, moved))
    return Recharge(tuple(entries), frozenset(contests), frozenset(lacks))


def _parts(cost: Incurred, day: MeteredDay, server: WorkloadRef) -> Parts:
    return {part: nanos for part, nanos in cost.get((day.day.start, server), {}).items() if nanos}


def _lacking(day: MeteredDay, meter: Meter, moved: Iterable[Entry]) -> Iterator[GapReason]:
    if not day.callers:
        yield GapReason.METER_UNAVAILABLE
    if day.basis is Basis.TOKENS and not meter.price:
        yield GapReason.NO_SERVING_TIME
    if not all(map(_fits, moved)):
        yield GapReason.AMOUNT_TOO_LARGE


def _fits(entry: Entry) -> bool:
    """Whether the ledger can hold it: each line is at most as large as what is taken, and all use together."""
    taken = entry.lines[0].amount
    return taken is not None and -taken.nanos <= MOST_NANOS and entry.origin.quantity <= MOST_NANOS


def server_in(entry: Entry) -> WorkloadRef | None:
    """The server that a re-charge takes from; None of any other entry, and of one that moves nothing."""
    if entry.origin.component is not Component.RECHARGE:
        return None
    return next((line.owner.workload for line in entry.lines if line.subject == _taken(entry.origin)), None)


class _Payers:
    """Who carries what each caller had, and the lines that say so."""

    def __init__(self, server: WorkloadRef, day: MeteredDay, ownership: Ownership, contests: set[Contest]) -> None:
        self._server = server
        self._day = day
        self._ownership = ownership
        self._contests = contests

    def lines(self, server: Owner, caller: Dimensions, amount: Money, use: int) -> Iterator[Line]:
        """The lines of a caller: its claimants', or the server's own where nobody claims it."""
        subject = named(caller)
        owners = self._ownership.usage(self._day.source, caller, f"{self._day.source} {subject}")
        self._contests.update(owners.contests)
        seconds: dict[Owner, int] = defaultdict(int)
        for owner, held in owners.seconds(self._day.day):
            carries = owner.workload is not None and owner.workload != self._server
            seconds[owner if carries else server] += held
        payers, weights = sorted(seconds), [held for _, held in sorted(seconds.items())]
        for payer, nanos, part in zip(payers, split(amount.nanos, weights), split(use, weights), strict=True):
            yield Line(payer, subject, Money(nanos, amount.currency), part)


def _shared(day: MeteredDay, parts: Parts, payers: _Payers) -> Iterator[Entry]:
    """All of the server's cost, in proportion to use; one entry for each certainty, so that it moves with the cost."""
    use = day.use()
    if not use:
        return
    for (owner, certainty, currency), nanos in sorted(parts.items()):
        shares = split(nanos, [amount for _, amount in use])
        amounts = [(caller, share, amount) for (caller, amount), share in zip(use, shares, strict=True)]
        yield _entry(day, owner, certainty, currency, amounts, payers, "by " + day.basis.name.lower())


def _priced(day: MeteredDay, price: TransferPrice, parts: Parts, payers: _Payers, book: str | None) -> Iterator[Entry]:
    """The price of each caller's tokens, a day's fraction of a nano-unit left out; the rest stays with the server.

    Where the price brings in more than the server cost, the server is charged less than nothing: a surplus that shows.
    """
    (owner, _, of_cost), _ = max(sorted(parts.items()), key=lambda part: part[1])
    used = sorted(((caller, served) for caller, served in day.callers if served.tokens), key=lambda of: sorted(of[0]))
    amounts = [(caller, _price(price, served), served.tokens) for caller, served in used]
    if amounts:
        yield _entry(day, owner, Certainty.RATED, book or of_cost, amounts, payers, "at a price")


def _price(price: TransferPrice, served: Served) -> int:
    return (price.input_nanos * served.input + price.output_nanos * served.output) // _MILLION


def _entry(
    day: MeteredDay,
    server: Owner,
    certainty: Certainty,
    currency: str,
    amounts: list[tuple[Dimensions, int, int]],
    payers: _Payers,
    how: str,
) -> Entry:
    key = ("recharge", day.source, date(day.day.start), server.unit, certainty.value, currency)
    origin = Origin(
        key=key,
        component=Component.RECHARGE,
        pool=day.source,
        window=day.day,
        amount=Money(0, currency),
        certainty=certainty,
        quantity=sum(use for _, _, use in amounts),
        unit=Basis.TOKENS.value if how == "at a price" else day.basis.value,
        description=f"cost of {server.workload} {how}",
    )
    taken = Money(-sum(nanos for _, nanos, _ in amounts), currency)
    lines = [
        line for caller, nanos, use in amounts for line in payers.lines(server, caller, Money(nanos, currency), use)
    ]
    return Entry(origin, (Line(server, _taken(origin), taken, 0), *_folded(lines, server, currency)))


def _folded(lines: list[Line], server: Owner, currency: str) -> Iterator[Line]:
    """All that others carry, and the largest of what stays: whoever calls may make up names without end."""
    yield from (line for line in lines if line.owner != server)
    stays = sorted((line for line in lines if line.owner == server), key=lambda line: (-line.quantity, line.subject))
    yield from stays[:MOST_UNCLAIMED]
    if rest := stays[MOST_UNCLAIMED:]:
        nanos = sum(line.amount.nanos for line in rest if line.amount)
        yield Line(server, OTHERS, Money(nanos, currency), sum(line.quantity for line in rest))


def _taken(origin: Origin) -> str:
    """The subject of the line that takes from the server: no caller's dimensions look like it."""
    return f"passed on by {origin.pool}"
