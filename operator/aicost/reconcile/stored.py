"""What the ledger holds of an evaluation's scope. Reads the ledger port, decides nothing."""

from __future__ import annotations

from dataclasses import replace

from aicost.core.bills import BillDay
from aicost.core.coverage import union
from aicost.core.ledger import Component, Entry
from aicost.core.splits import finest, rows_of
from aicost.core.window import DAY, day_of, floor, window
from aicost.ports import Ledger
from aicost.reconcile.decide import Observation
from aicost.reconcile.recharges import NOT_METERED


def with_earlier(ledger: Ledger, seen: Observation) -> Observation:
    """With what the ledger holds of the days that are divided anew, before the hours that are evaluated."""
    earlier = window(seen.metering.since, seen.since) if seen.metering.days else None
    days = earlier.pieces(DAY) if earlier else ()
    totals = tuple((floor(day.start, DAY), total) for day in days for total in ledger.totals(day))
    return replace(seen, metering=replace(seen.metering, earlier=totals))


def stored(ledger: Ledger, seen: Observation) -> list[Entry]:
    """The ledger's entries in the scope of this evaluation, drafts too."""
    found: list[Entry] = []
    if hours := window(seen.since, seen.open.end):
        for component in (Component.GPU, Component.COMPUTE):
            found.extend(ledger.entries(hours, component))
    for days in union(day_of(at) for at in seen.due if at >= seen.open.start):
        found.extend(ledger.entries(days, Component.TOKENS))
    divided = window(seen.metering.since, seen.open.end)
    if divided and seen.metering is not NOT_METERED:
        found.extend(ledger.entries(divided, Component.RECHARGE))
    return found


def finest_days(ledger: Ledger, seen: Observation) -> tuple[BillDay, ...]:
    """The accounts that are decided, split as the ledger knows them where a provider refuses that now."""
    return tuple(account for day in seen.bill_days if (account := _finest(ledger, day)))


def _finest(ledger: Ledger, day: BillDay) -> BillDay | None:
    return finest(day, rows_of(day, ledger.entries(day.day, Component.TOKENS))) if day.lost else day
