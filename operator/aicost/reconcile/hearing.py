"""Who hears what: advice that a workload does not want to hear keeps nothing from others, and contradicts nothing."""

from __future__ import annotations

from aicost.core.declarations import Declarations, Workload
from aicost.core.exchange import Exchange, currencies
from aicost.core.identity import WorkloadRef
from aicost.core.recommendations.advice import Answer, Refused
from aicost.core.recommendations.asking import Hears
from aicost.core.window import Instant
from aicost.reconcile.facts import exchange_of


def hearing(declared: Declarations, at: Instant, rated_at: Instant) -> Hears:
    """By all wishes of an instant; what is of money is in the price book's currency, at that instant's rate."""
    exchange = exchange_of(declared, ())
    wishes = {of.ref: (of.right_sizing, least_saving(declared, of, exchange, rated_at)) for of in declared.workloads}

    def hears(ref: WorkloadRef, answer: Answer) -> bool:
        wish, least = wishes[ref]
        if isinstance(answer, Refused):
            return wish.wanted
        return wish.hears(answer.id, at) and answer.saving.high >= least

    return hears


def least_saving(declared: Declarations, workload: Workload, exchange: Exchange, at: Instant) -> int:
    """From what saving on it wants to hear, in the book's currency: it says so in its unit's."""
    currency = currencies(declared.units, exchange.book).get(workload.unit, exchange.book)
    rate = exchange.rate(currency, exchange.book, at)
    return 0 if rate is None else (workload.right_sizing.minimum_nanos * rate).__floor__()
