"""From an evaluation to the facts that statements are made of: what the ledger tells, with what the desks remember."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from aicost.core.counting import measured_of
from aicost.core.identity import WorkloadRef
from aicost.core.recommendations.chosen import Told
from aicost.core.statement import Facts
from aicost.core.window import Period
from aicost.ports import Ledger, TokenPriceList
from aicost.reconcile.billed import BilledMonth
from aicost.reconcile.bills import BillDesk
from aicost.reconcile.decide import Decision, Observation, count_tokens
from aicost.reconcile.evaluated import Evaluated
from aicost.reconcile.facts import Learnt, state_facts
from aicost.reconcile.missing import Reach
from aicost.reconcile.months import Months
from aicost.reconcile.priced import with_tokens
from aicost.reconcile.recharges import lack_gaps
from aicost.reconcile.remembered import Remembered


@dataclass(frozen=True, slots=True)
class Stated:
    """What facts are made of: how far all reaches, what was seen, decided, remembered and advised."""

    reach: Reach
    seen: Observation
    decision: Decision
    evaluated: Evaluated
    remembered: Remembered
    advice: Mapping[WorkloadRef, Told]


@dataclass(slots=True)
class Stating:
    """Keeps the month's bill rows at hand."""

    ledger: Ledger
    desk: BillDesk
    months: Months
    listed: TokenPriceList
    billed: BilledMonth = field(default_factory=BilledMonth)

    def facts(self, of: Stated, last: Facts | None) -> Facts:
        """The facts now; `last` are those of the evaluation before. Reads the ledger, so it blocks."""
        seen, period = of.seen, Period.of(of.reach.until)
        observed = self.ledger.observed(period.window, card_use=False)
        pods = [holding.pod for holding in seen.devices.holdings]
        contests = of.evaluated.gpu_contests | of.evaluated.bill_contests | of.evaluated.caller_contests
        learnt = Learnt(
            seen.declared,
            of.reach,
            devices=seen.devices,
            tokens=count_tokens(seen.ownership, pods, observed),
            contests=contests,
            gaps=(*seen.gaps, *lack_gaps(seen.declared.sources, of.evaluated.lacks, period.window)),
            closings=self.months.closings,
            trainings=of.remembered.trainings,
            dividing=seen.ownership.dividing,
            advice=of.advice,
            measured=measured_of(seen.ownership, observed.usage),
            names=self.desk.names(),
        )
        facts = state_facts(self.ledger, learnt, last if _stands(of, period, last) else None)
        told = self.billed.causes(self.ledger, period, of.decision.entries, facts.currency)
        facts = replace(facts, rerated=of.remembered.rerating.last, causes=told)
        return with_tokens(facts, self.billed.rows.values(), observed.usage, seen.ownership.dividing, self.listed)


def _stands(of: Stated, period: Period, last: Facts | None) -> bool:
    """Whether what was last stated of the months before this one is as it was."""
    touched = any(entry.origin.window.start < period.window.start for entry in of.decision.entries)
    return bool(last and last.period == period and last.declared.prices == of.seen.declared.prices and not touched)
