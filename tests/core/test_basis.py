"""Bases: the same sums as statuses make, of what is gone too, so that all charges are all lines."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aicost.core.basis import issued_units, issued_workloads, unit_bases, workload_bases
from aicost.core.cost import Cost, used
from aicost.core.declarations import Declarations, Unit
from aicost.core.distribution import Distribution
from aicost.core.exchange import Exchange
from aicost.core.identity import WorkloadRef
from aicost.core.issued import Issued, UnitCharge, WorkloadCharge
from aicost.core.issuing import issue
from aicost.core.ledger import Component, Total, Use
from aicost.core.training import Investment, Spread, Trained, users_of
from aicost.core.window import DAY, Period
from tests.support.builders import CARD_HOUR, a_total, a_unit, a_workload, at, facts, owned_by, usd
from tests.support.strategies import distributions, totals

CHAT, TUNE = WorkloadRef("support", "chat"), WorkloadRef("support", "tune")
OCTOBER = Period("2026-10")
HALF = Use(CHAT, "tensor", CARD_HOUR, 500_000 * CARD_HOUR, 10, 5)

amounts = st.integers(-(10**12), 10**12)


@given(st.lists(totals(), max_size=8), distributions())
def test_all_units_are_charged_all_lines(some: list[Total], declared: dict[str, tuple[Distribution, ...]]) -> None:
    """Whatever is distributed, and whether or not the unit is declared."""
    units = tuple(Unit(name, distribute=rules) for name, rules in declared.items())
    told = unit_bases(facts(*some, declared=Declarations(units=units)))
    lines = sum(total.nanos for total in some if total.gap is None and total.currency == "USD")
    assert sum(basis.cost.total for basis in told) == lines


@given(st.lists(totals(), max_size=8), st.booleans())
def test_no_workload_is_left_out(some: list[Total], declared: bool) -> None:
    """Declared or gone: together they are charged every line of a workload."""
    chat = (a_workload("chat"),) if declared else ()
    told = workload_bases(facts(*some, declared=Declarations(chat, (a_unit("care"),))))
    lines = [total.nanos for total in some if total.owner.workload and total.gap is None and total.currency == "USD"]
    assert sum(basis.cost.total for basis in told) == sum(lines)
    there = declared or any(total.owner.workload == CHAT for total in some)
    assert (CHAT in {basis.workload for basis in told}) is there


@given(
    st.lists(totals(), max_size=4),
    st.lists(st.tuples(st.sampled_from(("tune", "old")), amounts), max_size=4),
    distributions(),
)
def test_amortised_is_cash_but_for_when(
    some: list[Total], bought: list[tuple[str, int]], rules: dict[str, tuple[Distribution, ...]]
) -> None:
    """Of units and of workloads alike: the whole differs by what was bought and by what was used up, and by no more.

    Whatever units pass on; and a closing keeps the same, of each of them.
    """
    user = replace(a_workload("chat"), trained_by=TUNE)
    made = [Investment(WorkloadRef("support", name), "gone", OCTOBER, 3, nanos) for name, nanos in bought]
    now = [Investment(TUNE, "care", facts().period, 3, nanos) for _, nanos in bought]
    declared = Declarations((user,), tuple(Unit(name, distribute=of) for name, of in rules.items()))
    trained = Trained((*made, *now), at(9 * DAY), ((at(3 * DAY), users_of(declared)),))
    month = replace(facts(*some, declared=declared), trained=trained)
    used_up = sum(asset.amortised for asset in trained.assets().values())
    issued = issue(month.period, declared, Exchange("USD"), {"USD": month.totals}, {"USD": trained})
    kept = issued_units(issued, {"USD": month.totals}), issued_workloads(issued, {"USD": month.totals}, ())
    for told in (unit_bases(month), workload_bases(month), *kept):
        assert sum(each.invested for each in told) == sum(each.nanos for each in now)
        assert sum(each.amortised for each in told) == used_up
        assert len({(each.workload, each.unit) for each in told}) == len(told)
    spreads = ({of.unit: (of.invested, of.amortised) for of in told} for told in (unit_bases(month), kept[0]))
    assert next(spreads) == next(spreads)


@given(st.lists(totals(), max_size=8), distributions())
def test_a_closed_month_is_charged_as_it_was_evaluated(
    some: list[Total], declared: dict[str, tuple[Distribution, ...]]
) -> None:
    """Every unit carries what it carried, of the same parts, and every workload; what distribution moved is told net."""
    units = tuple(Unit(name, distribute=rules) for name, rules in declared.items())
    month = replace(facts(*some, declared=Declarations(units=units)), use=(HALF,))
    issued = issue(month.period, month.declared, Exchange("USD"), {"USD": month.totals})
    told = {basis.unit: basis.cost for basis in issued_units(issued, {"USD": month.totals})}
    for basis in unit_bases(month):
        cost = told.pop(basis.unit)
        assert (cost.total, cost.incurred, cost.gpu) == (basis.cost.total, basis.cost.incurred, basis.cost.gpu)
        assert cost.received - cost.passed_on == basis.cost.received - basis.cost.passed_on
        assert min(cost.received, cost.passed_on) >= 0
    assert told == {}
    priced = [basis for basis in workload_bases(month) if basis.currency == "USD"]
    assert list(issued_workloads(issued, {"USD": month.totals}, (HALF,))) == priced


def test_a_closed_month_tells_each_in_its_currency() -> None:
    """A workload whose unit was told in euros is told in them, once; lines of the other currency are not added."""
    euros = replace(a_total(owned_by("rank", "search", "find"), usd(9)), currency="EUR")
    dollars = a_total(owned_by("rank", "search", "find"), usd(10))
    rank = WorkloadRef("search", "rank")
    issued = Issued("USD", (), (UnitCharge("find", "EUR", 1, 1),), (WorkloadCharge(rank, "EUR", 1),))
    views = {"USD": (dollars,), "EUR": (euros,)}
    (unit,) = issued_units(issued, views)
    assert (unit.cost.incurred, unit.cost.passed_on, unit.cost.received) == (usd(9).nanos, usd(9).nanos - 1, 0)
    assert [(basis.currency, basis.cost.total) for basis in issued_workloads(issued, views, ())] == [
        ("EUR", usd(9).nanos)
    ]


def test_a_closed_month_spreads_each_training_in_its_currency() -> None:
    """Once, in the currency of its unit, and of a workload in that in which it was charged."""
    rank, gone = WorkloadRef("search", "rank"), WorkloadRef("search", "gone")
    spreads = (
        ("EUR", Spread(rank, "find", 5, 2)),
        ("EUR", Spread(gone, "old", 0, 1)),
        ("USD", Spread(rank, "find", 9, 4)),
        ("USD", Spread(gone, "old", 0, 3)),
    )
    issued = Issued("USD", (), (UnitCharge("find", "EUR", 0, 0),), (WorkloadCharge(rank, "USD", 0),), spreads)
    units = [(of.unit, of.currency, of.invested, of.amortised) for of in issued_units(issued, {})]
    assert units == [("find", "EUR", 5, 2), ("old", "USD", 0, 3)]
    workloads = [(of.workload, of.currency, of.invested, of.amortised) for of in issued_workloads(issued, {}, ())]
    assert workloads == [(gone, "USD", 0, 3), (rank, "USD", 9, 4)]


@pytest.mark.parametrize(
    ("cost", "use", "micros", "amount"),
    [
        (Cost(gpu=8, tokens=3), HALF, CARD_HOUR, 7),
        (Cost(gpu=8, tokens=3), None, CARD_HOUR, None),
        (Cost(gpu=8, tokens=3), replace(HALF, observed_nanos=0), CARD_HOUR, None),
        (Cost(tokens=3), None, CARD_HOUR, 3),
        (Cost(), None, 0, 0),
    ],
)
def test_what_was_used_is_what_was_seen_to_be_used(
    cost: Cost, use: Use | None, micros: int, amount: int | None
) -> None:
    """Cards by their utilisation and tokens wholly; cards that nobody saw are unknown, never used or unused."""
    assert used(cost, use, micros) == amount


def test_a_workload_that_is_gone_keeps_its_unit_and_its_use() -> None:
    """One that was in two units has a part in each."""
    moved = a_total(owned_by(unit="find"), usd(2), component=Component.TOKENS)
    month = replace(facts(a_total(owned_by(), usd(4), quantity=CARD_HOUR), moved), use=(HALF,))
    assert [(basis.unit, basis.cost.total, basis.used) for basis in workload_bases(month)] == [
        ("care", usd(4).nanos, usd(2).nanos),
        ("find", usd(2).nanos, usd(2).nanos),
    ]


def test_a_unit_in_another_currency_is_told_in_it() -> None:
    """As its status tells it, and each workload once."""
    units = (a_unit("care"), replace(a_unit("find"), currency="EUR"))
    euros = replace(a_total(owned_by("rank", "search", "find"), usd(9)), currency="EUR")
    dollars = a_total(owned_by("rank", "search", "find"), usd(10))
    month = facts(dollars, declared=Declarations(units=units))
    told = replace(month, elsewhere={"EUR": replace(month, currency="EUR", totals=(euros,))})
    assert [(basis.currency, basis.cost.total) for basis in workload_bases(told)] == [("EUR", usd(9).nanos)]
