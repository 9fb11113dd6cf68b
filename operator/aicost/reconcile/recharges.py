"""Decide re-charges: which days' costs move anew, from what the ledger holds of them and what was just decided. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from aicost.core.declarations import Source
from aicost.core.gaps import Gap, coalesced
from aicost.core.ledger import Entry, Total
from aicost.core.ownership import Ownership
from aicost.core.prices import PriceBook
from aicost.core.reasons import GapReason
from aicost.core.recharge import Lack, MeteredDay, Recharge, incurred, recharge
from aicost.core.window import Instant, Window, date, day_of
from aicost.reconcile.callers import told

_MESSAGES = {
    GapReason.METER_UNAVAILABLE: "no series tell who called on {day}: nothing of that day's cost is passed on",
    GapReason.NO_SERVING_TIME: "the series have no times of {day}: its cost is divided by tokens",
    GapReason.AMOUNT_TOO_LARGE: "the re-charge of {day} is larger than the ledger can hold: nothing of it is passed on",
}


@dataclass(frozen=True, slots=True)
class Metering:
    """What callers had of metered servers on the `days` that are divided anew, from `since` on.

    `earlier` are the totals of those days before the hours that are evaluated, each with the begin of its day.
    """

    since: Instant
    days: tuple[MeteredDay, ...] = ()
    earlier: tuple[tuple[Instant, Total], ...] = ()


NOT_METERED = Metering(Instant(0))
"""What a cluster knows that meters no server."""


def recharged(
    metering: Metering, ownership: Ownership, hours: Iterable[Entry], prices: PriceBook | None = None
) -> Recharge:
    """The re-charges of the days that are divided anew; `hours` are the GPU entries that will stand of evaluated hours."""
    alike: dict[tuple[Source, ...], list[MeteredDay]] = defaultdict(list)
    for day in metering.days:
        alike[ownership.dividing.meters(day.day)].append(day)
    if not any(alike):
        return Recharge()
    cost = incurred(metering.earlier, ((day_of(entry.origin.window.start).start, entry) for entry in hours))
    book = prices.currency if prices else None
    moved = [recharge(days, meters, cost, ownership, book) for meters, days in alike.items()]
    return Recharge(
        tuple(entry for of in moved for entry in of.entries),
        frozenset(contest for of in moved for contest in of.contests),
        frozenset(lack for of in moved for lack in of.lacks),
    )


def lack_gaps(sources: Iterable[Source], lacks: Iterable[Lack], over: Window) -> tuple[Gap, ...]:
    """What re-charges of the window go without, for the source and for its server."""
    by_name = {source.name: source for source in sources}
    return coalesced(
        gap
        for lack in sorted(lacks)
        if lack.source in by_name and lack.day.start in over
        for gap in told(
            by_name[lack.source], lack.reason, lack.day, _MESSAGES[lack.reason].format(day=date(lack.day.start))
        )
    )
