"""From an evaluation to the facts that statements are made of: what the ledger tells, with what the desks remember."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from aicost.core.identity import WorkloadRef
from aicost.core.recommendations.chosen import Told
from aicost.core.recommendations.promises import Promise
from aicost.core.statement import Facts
from aicost.core.usage import Tokens
from aicost.core.window import Instant, Period
from aicost.ports import Ledger, TokenPriceList
from aicost.reconcile.billed import BilledMonth, Terms
from aicost.reconcile.bills import BillDesk
from aicost.reconcile.decide import Decision, Observation, count_tokens
from aicost.reconcile.evaluated import EPOCH, Evaluated
from aicost.reconcile.facts import Learnt, exchange_of, state_facts
from aicost.reconcile.missing import Reach
from aicost.reconcile.months import Months
from aicost.reconcile.recharges import lack_gaps
from aicost.reconcile.remembered import Remembered


@dataclass(frozen=True, slots=True)
class Stated:
    """What facts are made of: how far all reaches, what was seen, evaluated, remembered and advised."""

    reach: Reach
    seen: Observation
    evaluated: Evaluated
    remembered: Remembered
    advice: Mapping[WorkloadRef, Told]
    promises: tuple[Promise, ...] = ()


@dataclass(slots=True)
class Stating:
    """Follows each commit, so that what is stated next takes from the last facts what stands."""

    ledger: Ledger
    desk: BillDesk
    months: Months
    listed: TokenPriceList
    _billed: BilledMonth = field(init=False)
    _moved_from: Instant = EPOCH
    """Before it no entry was committed since the last facts."""

    def __post_init__(self) -> None:
        self._billed = BilledMonth(self.listed)

    def follow(self, seen: Observation, decision: Decision) -> None:
        """What was just committed."""
        self._moved_from = min((self._moved_from, *(entry.origin.window.start for entry in decision.entries)))
        self._billed.changed(decision.entries, seen.due)

    def facts(self, of: Stated, last: Facts | None) -> Facts:
        """The facts now; `last` are those of the evaluation before. Reads the ledger, so it blocks."""
        seen, period = of.seen, Period.of(of.reach.until)
        currency = exchange_of(seen.declared, self.ledger.totals(period.window)).book
        terms = Terms(seen.ownership, seen.declared.sources, seen.declared.prices, currency)
        self._billed.read(self.ledger, period, seen.open.end, terms)
        learnt = Learnt(
            seen.declared,
            of.reach,
            devices=seen.devices,
            tokens=self._tokens(seen, period),
            contests=of.evaluated.contests,
            gaps=(*seen.gaps, *lack_gaps(seen.declared.sources, of.evaluated.lacks, period.window)),
            closings=self.months.closings,
            trainings=of.remembered.trainings,
            dividing=seen.ownership.dividing,
            advice=of.advice,
            measured=self._billed.measured(),
            names=self.desk.names(),
        )
        facts = state_facts(self.ledger, learnt, last if self._stands(seen, period, last) else None)
        self._moved_from = period.window.end
        return self._billed.told(replace(facts, rerated=of.remembered.rerating.last, promises=of.promises))

    def _stands(self, seen: Observation, period: Period, last: Facts | None) -> bool:
        """Whether what was last stated of the months before this one is as it was."""
        moved = self._moved_from < period.window.start
        return bool(last and last.period == period and last.declared.prices == seen.declared.prices and not moved)

    def _tokens(self, seen: Observation, period: Period) -> Mapping[WorkloadRef, Tokens]:
        """What each workload used in the month, by its bills and at its model servers."""
        observed = self.ledger.observed(period.window, card_use=False, usage=False)
        served = count_tokens(seen.ownership, [holding.pod for holding in seen.devices.holdings], observed)
        billed = self._billed.tokens()
        refs = served.keys() | billed.keys()
        return {ref: billed.get(ref, Tokens()) + served.get(ref, Tokens()) for ref in refs}
