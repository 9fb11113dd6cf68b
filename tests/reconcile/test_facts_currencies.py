"""The facts of the month in the currencies of root units."""

from __future__ import annotations

from dataclasses import replace

from aicost.core.holdings import Devices
from aicost.core.money import NANOS_PER_UNIT, Money
from aicost.core.ownership import Ownership
from aicost.core.prices import ExchangeRate
from aicost.core.reasons import GapReason
from aicost.core.rollup import source_statements, unit_statements
from aicost.core.statement import Facts, workload_statements
from aicost.core.window import DAY
from aicost.ports import Commit
from aicost.reconcile.decide import Observation, decide
from aicost.reconcile.facts import Learnt, state_facts
from aicost.reconcile.missing import Reach
from aicost.store import SqlLedger
from tests.reconcile.test_facts import DECLARED
from tests.store.stored import emptied
from tests.support.builders import (
    a_bill,
    a_book,
    a_claim,
    a_grant,
    a_row,
    a_source,
    a_unit,
    a_workload,
    at,
    between,
    usd,
)


def billed_in_euros(amount: Money, days: int) -> SqlLedger:
    """A ledger with a bill of so much on each of some days, of the workload chat."""
    bill = tuple(a_bill(a_row(amount, project="p"), day=day) for day in range(days))
    granted = replace(DECLARED, sources=(a_source(a_grant("p")),))
    granted = replace(granted, workloads=(a_workload(usage=(a_claim(project="p"),)),))
    seen = Observation(
        declared=granted,
        ownership=Ownership.always(granted),
        devices=Devices(),
        covered=(),
        open=between(0, days * DAY),
        since=at(0),
        settled=at(0),
        due=frozenset(day.day.start for day in bill),
        bill_days=bill,
    )
    ledger = emptied()
    ledger.commit(Commit(decide(seen, ()).entries), at(days * DAY))
    return ledger


def in_euros(*rates: ExchangeRate) -> Facts:
    """Two days of ten euros each, of a workload whose unit's root is told in euros, beside a unit in dollars."""
    units = (a_unit(parent="europe"), replace(a_unit("europe"), currency="EUR"), a_unit("find"))
    book = replace(a_book(), exchange_rates=rates)
    declared = replace(DECLARED, units=units, prices=book, workloads=(a_workload(usage=(a_claim(project="p"),)),))
    ledger = billed_in_euros(Money(10 * NANOS_PER_UNIT, "EUR"), days=2)
    reach = Reach(at(2 * DAY), at(2 * DAY), (), None, {"openai": at(2 * DAY)}, 72, late=at(2 * DAY))
    return state_facts(ledger, Learnt(declared, reach))


def test_a_unit_is_told_in_its_own_currency() -> None:
    """Euros stay euros to the last digit for the units of a root in euros, and are dollars at their days' rates in the book."""
    rates = (ExchangeRate("EUR", at(0), 1_100_000_000), ExchangeRate("EUR", at(DAY), 1_300_000_000))
    facts = in_euros(*rates)
    assert (facts.gaps, facts.currency, list(facts.elsewhere)) == ((), "USD", ["EUR"])
    assert sum(total.nanos for total in facts.totals) == usd(24).nanos
    (chat,) = workload_statements(facts)
    units = {unit.name: unit for unit in unit_statements(facts)}
    assert (chat.currency, chat.cost.total, chat.last_day_nanos) == ("EUR", 20 * NANOS_PER_UNIT, 10 * NANOS_PER_UNIT)
    assert (units["europe"].currency, units["europe"].total.total) == ("EUR", 20 * NANOS_PER_UNIT)
    assert (units["find"].currency, units["unallocated"].currency) == ("USD", "USD")
    assert source_statements(facts)[0].billed == usd(24).nanos


def test_without_a_rate_amounts_are_a_gap_and_never_another_currencys() -> None:
    """The source says so in the book's currency, while the unit that is told in euros lacks nothing."""
    facts = in_euros()
    assert [(gap.reason, gap.source) for gap in facts.gaps] == [(GapReason.NO_EXCHANGE_RATE, "openai")]
    (chat,) = workload_statements(facts)
    assert (chat.cost.total, chat.gaps) == (20 * NANOS_PER_UNIT, ())
    assert source_statements(facts)[0].billed == 0
