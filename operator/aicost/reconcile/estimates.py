"""Which days' bills are awaited, with what was used on them: of bills, and of what gateways saw."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from aicost.core.appraisal import Appraised, paid_of_list
from aicost.core.bills import BillDay
from aicost.core.declarations import BILL, Source
from aicost.core.estimates import Awaited, Estimation
from aicost.core.ledger import Certainty, Component
from aicost.core.rivals import counting
from aicost.core.window import HOUR, Instant, Window, day_of
from aicost.ports import Ledger, TokenPriceList
from aicost.reconcile.bills import BillDesk
from aicost.reconcile.decide import Observation
from aicost.reconcile.gateways import Gateways, stored_usage
from aicost.reconcile.pricing import Pricing

DAYS_SHOWN = 7
"""The latest complete days whose bill shows what is paid of list prices."""
_Day: TypeAlias = tuple[str, Window]


def estimation_of(
    seen: Observation, desk: BillDesk, ledger: Ledger, listed: TokenPriceList, settles_after: int
) -> Estimation:
    """Of the days that are decided now; `settles_after` are hours until a day's bill is complete.

    A day of which nothing was read since the start stays as it is.
    """
    return _Estimating(seen, desk, ledger, Pricing(seen.declared.prices, listed), settles_after).made()


@dataclass(frozen=True, slots=True)
class _Estimating:
    seen: Observation
    desk: BillDesk
    ledger: Ledger
    pricing: Pricing
    settles_after: int

    def made(self) -> Estimation:
        seen = self.seen
        sources = counting(seen.declared.sources)
        if not seen.due or not sources:
            return Estimation()
        read = {(day.source, day.day): day for day in seen.bill_days}
        bills = tuple(source for source in sources if source.role == BILL)
        awaited = [day for source in bills for day in self._of_bill(source, read)]
        awaited += Gateways(seen, self.desk, self.ledger, self.pricing).awaited(sources, self._days())
        waiting = {day.source for day in awaited if day.used}
        shown = (self._settled(source) for source in bills if source.name in waiting)
        return Estimation(tuple(awaited), paid_of_list(day for days in shown for day in days))

    def _settled(self, source: Source) -> Iterator[tuple[BillDay, tuple[Appraised, ...]]]:
        """The latest complete days of a bill, with what was used on them."""
        days = [day for day in self.desk.days(self.seen.open.start) if day.source == source.name]
        used = ((day, self.desk.used(source.name, day.day.start)) for day in sorted(days, key=lambda each: each.day))
        settled = [(day, rows) for day, rows in used if rows is not None and self._is_settled(day)]
        for day, rows in settled[-DAYS_SHOWN:]:
            yield day, self.pricing.of_bill(source, rows)

    def _of_bill(self, source: Source, read: Mapping[_Day, BillDay]) -> Iterator[Awaited]:
        """Days of which the bill is not all, or could not be read and is not in the ledger."""
        begin = self.seen.bills_begin.get(source.name, Instant(0))
        for day in (day for day in self._days() if day.start >= begin):
            account, rows = read.get((source.name, day)), self.desk.used(source.name, day.start)
            if account is None and rows is None:
                continue
            if self._is_whole(account) if account else self._is_billed(source, day):
                continue
            known = stored_usage(self.ledger, source, day) if rows is None else rows
            yield Awaited(source.name, day, self.pricing.of_bill(source, known), account.rows if account else ())

    def _days(self) -> tuple[Window, ...]:
        """The days of open months that are decided now."""
        return tuple(day_of(at) for at in sorted(self.seen.due) if at in self.seen.open)

    def _is_whole(self, account: BillDay) -> bool:
        return is_whole(account, self.seen.open.end, self.settles_after)

    def _is_settled(self, account: BillDay) -> bool:
        return is_settled(account, self.seen.open.end, self.settles_after)

    def _is_billed(self, source: Source, day: Window) -> bool:
        """Whether the ledger has rows of the day's bill, from before the start."""
        return any(
            entry.origin.pool == source.name and entry.origin.certainty is not Certainty.ESTIMATED
            for entry in self.ledger.entries(day, Component.TOKENS)
        )


def is_whole(account: BillDay, until: Instant, settles_after: int) -> bool:
    """Whether a bill is all that was spent; one that says nothing of a young day is not in yet, if something was used."""
    over = account.whole and account.day.end <= until
    return over and (bool(account.rows) or is_settled(account, until, settles_after))


def is_settled(account: BillDay, until: Instant, settles_after: int) -> bool:
    """Whether a day's bill is complete, `settles_after` hours after its end."""
    return account.whole and account.day.end + settles_after * HOUR <= until
