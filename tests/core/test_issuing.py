"""What a closing charges: what statements say then, and what they go on saying of that month whatever is edited."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from aicost.core.basis import issued_workloads
from aicost.core.declarations import Declarations, Unit
from aicost.core.distribution import Distribution
from aicost.core.exchange import Exchange
from aicost.core.identity import WorkloadRef
from aicost.core.issued import Issued, UnitCharge, WorkloadCharge
from aicost.core.issuing import issue
from aicost.core.ledger import Total
from aicost.core.prices import ExchangeRate
from aicost.core.rollup import unit_statements
from aicost.core.statement import Facts, workload_statements
from aicost.core.training import Investment, Spread, Trained
from aicost.core.window import Period, Span
from tests.support.builders import T0, a_total, a_unit, a_workload, facts, owned_by, usd
from tests.support.strategies import distributions, totals

NOVEMBER, OCTOBER = Period("2026-11"), Period("2026-10")
FAMILY = (a_unit("care", parent="base"), a_unit("find", parent="base"), a_unit("base"))
CHAT = WorkloadRef("support", "chat")


def distributing(rules: dict[str, tuple[Distribution, ...]]) -> tuple[Unit, ...]:
    """The family, and the reserved unit, each with its rules."""
    return tuple(replace(unit, distribute=rules[unit.name]) for unit in (*FAMILY, a_unit("unallocated")))


@given(st.lists(totals(), max_size=6), distributions())
def test_what_is_issued_is_what_statements_say(some: list[Total], rules: dict[str, tuple[Distribution, ...]]) -> None:
    """Of every unit and workload, to the nano-unit; all units together are all lines."""
    declared = Declarations(units=distributing(rules), workloads=(a_workload(),))
    issued = issue(NOVEMBER, declared, Exchange("USD"), {"USD": tuple(some)})
    month = facts(*some, declared=declared)
    assert {of.unit: (of.own, of.total) for of in issued.units} == {
        of.name: (of.own.total, of.total.total) for of in unit_statements(month)
    }
    (chat,) = workload_statements(month)
    assert issued.by_workload().get(CHAT, WorkloadCharge(CHAT, "USD", 0)).nanos == chat.cost.total
    assert sum(of.own for of in issued.units) == sum(t.nanos for t in some if t.currency == "USD")


@given(st.lists(totals(), max_size=6), distributions(), distributions())
def test_an_edited_distribution_moves_no_closed_month(
    some: list[Total], then: dict[str, tuple[Distribution, ...]], now: dict[str, tuple[Distribution, ...]]
) -> None:
    """The month before is told as it was issued, and counts as such in a quarter's budget."""
    before = Declarations(units=distributing(then), workloads=(a_workload(),))
    issued = issue(OCTOBER, before, Exchange("USD"), {"USD": tuple(some)})
    quarterly = tuple(replace(unit, budget_nanos=9, budget_span=Span.QUARTER) for unit in distributing(now))
    month = replace(
        facts(declared=replace(before, units=quarterly)),
        previous=tuple(some),
        earlier={OCTOBER: tuple(some)},
        issued={OCTOBER: issued},
    )
    for of in unit_statements(month):
        assert of.previous_nanos == of.spent == issued.unit(of.name, "USD")


def of_october(issued: Issued, declared: Declarations, *before: Total) -> Facts:
    """November's facts after October was closed with that."""
    return replace(facts(declared=declared), previous=before, issued={OCTOBER: issued})


def test_an_edited_rate_moves_no_workloads_month() -> None:
    """Though its total of the month is another by today's rate; what was not charged then is charged nothing."""
    declared = Declarations((a_workload(), a_workload("new")), (a_unit(),))
    issued = Issued("USD", workloads=(WorkloadCharge(CHAT, "USD", 5),))
    today = a_total(owned_by(), usd(0, 9))
    chat, new = workload_statements(of_october(issued, declared, today))
    assert (chat.previous_nanos, new.previous_nanos) == (5, 0)


def test_another_currency_is_worked_out_anew() -> None:
    """What was issued in one currency is never shown as another."""
    declared = Declarations((a_workload(),), (a_unit(),))
    issued = Issued("EUR", units=(UnitCharge("care", "EUR", 5, 5),), workloads=(WorkloadCharge(CHAT, "EUR", 5),))
    month = of_october(issued, declared, a_total(owned_by(), usd(0, 9)))
    assert [of.previous_nanos for of in workload_statements(month)] == [9]
    assert {of.name: of.previous_nanos for of in unit_statements(month)}["care"] == 9


def test_each_currency_is_issued_for_its_units() -> None:
    """Units and workloads in the currency of their root, by name; who is not declared any more in the book's.

    So is a workload whose unit is not declared; the book's currency and rates are kept beside it.
    """
    declared = Declarations(
        (a_workload("chat"), a_workload("lost", unit="nowhere")),
        (replace(a_unit("care"), currency="EUR"), a_unit("find")),
    )
    mine, gone, lost = owned_by("chat"), owned_by("gone", "search", "find"), owned_by("lost", unit="nowhere")
    euros = ExchangeRate("EUR", T0, 11 * 10**8)
    totals = {
        "USD": (a_total(mine, usd(0, 4)), a_total(gone, usd(0, 6)), a_total(lost, usd(0, 7))),
        "EUR": (a_total(mine, usd(0, 3), currency="EUR"), a_total(gone, usd(0, 5), currency="EUR")),
    }
    issued = issue(NOVEMBER, declared, Exchange("USD", (euros,)), totals)
    assert (issued.book, issued.rates) == ("USD", (euros,))
    assert {(of.unit, of.currency, of.own) for of in issued.units if of.own} == {
        ("care", "EUR", 3), ("find", "USD", 6), ("nowhere", "USD", 7)
    }  # fmt: skip
    assert {(of.workload.name, of.currency, of.nanos) for of in issued.workloads} == {
        ("chat", "EUR", 3), ("gone", "USD", 6), ("lost", "USD", 7)
    }  # fmt: skip


def test_a_workload_that_is_gone_is_issued_in_the_currency_of_its_unit() -> None:
    """As it was told while the month was open; in the book's where it was in units of several currencies."""
    declared = Declarations((), (replace(a_unit("care"), currency="EUR"), a_unit("find")))
    gone, moved = owned_by("gone"), (owned_by("moved"), owned_by("moved", unit="find"))
    totals = {
        "USD": tuple(a_total(owner, usd(0, 4)) for owner in (gone, *moved)),
        "EUR": tuple(a_total(owner, usd(0, 3), currency="EUR") for owner in (gone, *moved)),
    }
    issued = issue(NOVEMBER, declared, Exchange("USD"), totals)
    assert [(of.workload.name, of.currency, of.nanos) for of in issued.workloads] == [
        ("gone", "EUR", 3), ("moved", "USD", 8)
    ]  # fmt: skip
    kept = [(of.currency, of.cost.total) for of in issued_workloads(issued, totals, ()) if of.workload == gone.workload]
    assert kept == [("EUR", 3)]


def test_what_trainings_were_used_up_is_issued_with_the_month() -> None:
    """Up to its end, in each currency, in order."""
    bought = {currency: Investment(CHAT, "care", OCTOBER, 3, nanos) for currency, nanos in (("USD", 90), ("EUR", 30))}
    trained = {currency: Trained((of,), NOVEMBER.window.end) for currency, of in bought.items()}
    issued = issue(NOVEMBER, Declarations(), Exchange("USD"), {"USD": ()}, trained)
    assert issued.spreads == (("EUR", Spread(CHAT, "care", 0, 10)), ("USD", Spread(CHAT, "care", 0, 30)))
