"""What is known now of any month that is not closed: what speaks against closing it, and what it charges."""

from __future__ import annotations

from dataclasses import dataclass

from aicost.core.closing import Closing, Month
from aicost.core.coverage import Coverage
from aicost.core.declarations import Declarations
from aicost.core.dividing import Dividing
from aicost.core.exchange import currencies
from aicost.core.gaps import Gap
from aicost.core.holes import holes_of
from aicost.core.issued import Issued
from aicost.core.issuing import issue
from aicost.core.recharge import Lack
from aicost.core.window import Instant, Period
from aicost.ports import Ledger
from aicost.reconcile.facts import exchange_of
from aicost.reconcile.missing import unseen_hosts
from aicost.reconcile.recharges import lack_gaps
from aicost.reconcile.remembered import Remembered
from aicost.reconcile.totals import Totals
from aicost.reconcile.trainings import Spreading


@dataclass(frozen=True, slots=True)
class Look:
    """What an evaluation knew beside the ledger, frozen, so that another thread may look at months by it.

    `lost` is the time whose history nobody can tell any more.
    """

    ledger: Ledger
    declared: Declarations
    covered: Coverage
    lost: Coverage
    settled: Instant
    bills: tuple[tuple[str, Instant], ...]
    gaps: tuple[Gap, ...]
    lacks: frozenset[Lack]
    closings: tuple[Closing, ...]
    remembered: Remembered
    dividing: Dividing

    def month(self, period: Period) -> Month:
        """What a check-list looks at, and what a closing keeps."""
        read, declared = self._read(period), self.declared
        issued, book = self._issued(period, read), read.exchange.book
        unknown = (
            *self.gaps,
            *unseen_hosts(self.ledger.unseen(period.window)),
            *lack_gaps(declared.sources, self.lacks, period.window),
        )
        return Month(
            period,
            book,
            read.over(period.window, book),
            self.covered,
            self.settled,
            declared.sources,
            self.bills,
            self.remembered.accounts.ended(declared.sources, period.window),
            unknown,
            issued,
            holes_of(period, self.covered, self.lost, declared.prices),
            frozenset(total.currency for total in self.ledger.totals(period.window) if total.currency),
        )

    def issued(self, period: Period) -> Issued:
        """What the month charges, as closing it now would keep it."""
        return self._issued(period, self._read(period))

    def _read(self, period: Period) -> Totals:
        return Totals(self.ledger, exchange_of(self.declared, self.ledger.totals(period.window)))

    def _issued(self, period: Period, read: Totals) -> Issued:
        over, exchange = period.window, read.exchange
        told = {exchange.book, *currencies(self.declared.units, exchange.book).values()}
        before = {closing.period: closing.issued for closing in self.closings if closing.issued}
        spreading = Spreading(self.remembered.trainings, self.dividing, read, before)
        totals = {currency: read.over(over, currency) for currency in told}
        trained = {currency: spreading.trained(period, over.end, currency) for currency in told}
        return issue(period, self.declared, exchange, totals, trained)
