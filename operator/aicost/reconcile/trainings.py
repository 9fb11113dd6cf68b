"""Which workloads were trainings in which month, over how many months they are spread, and what they were charged."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import TypeAlias

from aicost.core.cost import by_workload, cost_of
from aicost.core.declarations import Declarations
from aicost.core.dividing import Dividing
from aicost.core.exchange import Exchange
from aicost.core.identity import WorkloadRef
from aicost.core.issued import Issued
from aicost.core.ledger import Total
from aicost.core.statement import Facts
from aicost.core.training import Investment, Trained
from aicost.core.window import Instant, Period, Window, window
from aicost.reconcile.totals import Totals

TERMS = "trainings.terms"
Terms: TypeAlias = Mapping[WorkloadRef, tuple[int, str]]
"""Of each training the months that it is spread over, and its unit."""


@dataclass(frozen=True, slots=True)
class Trainings:
    """The terms of each month, as the ledger's marks keep them: those of a month that is closed never change again."""

    terms: Mapping[Period, Terms] = field(default_factory=dict)

    @classmethod
    def of(cls, marks: Mapping[str, str]) -> Trainings:
        """What the ledger remembers."""
        told = json.loads(marks.get(TERMS, "{}")).items()
        return cls({Period(month): {WorkloadRef(*each[:2]): (each[2], each[3]) for each in of} for month, of in told})

    @property
    def marks(self) -> dict[str, str]:
        """For the ledger."""
        told = {
            period.month: [[ref.namespace, ref.name, *term] for ref, term in sorted(of.items())]
            for period, of in self.terms.items()
        }
        return {TERMS: json.dumps(told, sort_keys=True)}

    def following(self, declared: Declarations, over: Window) -> Trainings:
        """With what is declared now in every month that is open; what is deleted stays what it was."""
        now = {of.ref: (of.amortise_months, of.unit) for of in declared.workloads if of.amortise_months}
        others = {of.ref for of in declared.workloads if not of.amortise_months}
        terms = dict(self.terms)
        for period in _months(over):
            told = {ref: term for ref, term in {**terms.pop(period, {}), **now}.items() if ref not in others}
            if told:
                terms[period] = told
        return Trainings(terms)


NO_TRAININGS = Trainings()
UNTRAINED = Trained()


@dataclass(frozen=True, slots=True)
class Spreading:
    """What trainings cost in a month and in those before it, of which some are `issued`, and who uses them up."""

    trainings: Trainings
    dividing: Dividing
    read: Totals
    issued: Mapping[Period, Issued]

    def trained(self, month: Period, until: Instant, currency: str, kept: Trained = UNTRAINED) -> Trained:
        """In a currency, up to an instant of the month or its end; `kept` has what was read before of closed months."""
        to_date = window(month.window.start, until)
        terms = ((period, of) for period, of in sorted(self.trainings.terms.items()) if period <= month)
        found = tuple(each for period, of in terms for each in self._invested(period, of, currency, kept))
        return Trained(found, until, self.dividing.users(to_date) if to_date else ())

    def _invested(self, period: Period, terms: Terms, currency: str, kept: Trained) -> Iterable[Investment]:
        """A closed month is read at its own exchange rates, and once."""
        issued = self.issued.get(period)
        if issued is None:
            return _charged(period, terms, self.read.over(period.window, currency), currency)
        known = [each for each in kept.investments if each.period == period]
        if {each.training for each in known} == set(terms):
            return known
        then = Totals(self.read.ledger, Exchange(issued.book, issued.rates))
        return _charged(period, terms, then.over(period.window, currency), currency)


def trained(
    facts: Facts, trainings: Trainings, read: Totals, standing: Facts | None, until: Instant, dividing: Dividing
) -> Facts:
    """The facts with what trainings cost in every month, in each currency that is told, and who uses them up."""
    spreading = Spreading(trainings, dividing, read, facts.issued)

    def with_trainings(of: Facts, before: Facts | None) -> Facts:
        kept = before.trained if before else UNTRAINED
        return replace(of, trained=spreading.trained(of.period, until, of.currency, kept))

    others = standing.elsewhere if standing else {}
    elsewhere = {name: with_trainings(of, others.get(name)) for name, of in facts.elsewhere.items()}
    return replace(with_trainings(facts, standing), elsewhere=elsewhere)


def _months(over: Window) -> Iterable[Period]:
    period = Period.of(over.start)
    while period.window.start < over.end:
        yield period
        period = Period.of(period.window.end)


def _charged(period: Period, terms: Terms, totals: Iterable[Total], currency: str) -> Iterable[Investment]:
    """One of each unit that a training was in; one of nothing where it was charged nothing, so that it is known."""
    mine = by_workload(totals)
    for ref, (months, unit) in sorted(terms.items()):
        in_unit: dict[str, list[Total]] = defaultdict(list, {unit: []})
        for total in mine.get(ref, ()):
            in_unit[total.owner.unit].append(total)
        for name, of in sorted(in_unit.items()):
            yield Investment(ref, name, period, months, cost_of(of, currency).total)
