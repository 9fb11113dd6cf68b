"""What units, sources and GPU pools are told: sums over many owners in which nothing is lost or counted twice."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from aicost.core.causes import Causes, Top
from aicost.core.declarations import Declarations, Unit
from aicost.core.distribution import WHOLE, Distribution, Method, Pool
from aicost.core.gaps import Feed, Gap
from aicost.core.identity import UNALLOCATED
from aicost.core.issued import Issued, UnitCharge
from aicost.core.ledger import IDLE, PARKED, UNCLAIMED, Component, OwnerKind, Total
from aicost.core.reasons import ConditionReason, GapReason
from aicost.core.recommendations.advice import Saving
from aicost.core.recommendations.chosen import Told
from aicost.core.recommendations.savings import OpenSavings
from aicost.core.rollup import (
    UnitStatement,
    source_statements,
    unit_statements,
)
from aicost.core.statement import Facts, LastDay, State, workload_statements
from aicost.core.window import Period, Span
from tests.support.builders import T0, a_claim, a_source, a_total, a_unit, a_workload, facts, owned_by, usd
from tests.support.strategies import distributions, totals

FAMILY = (a_unit("care", parent="shop"), a_unit("find", parent="shop"), a_unit("shop", parent="firm"), a_unit("firm"))


def _by_name(month: Facts) -> dict[str, UnitStatement]:
    return {statement.name: statement for statement in unit_statements(month)}


@given(st.lists(totals(), max_size=8))
def test_units_sum_to_everything(some: list[Total]) -> None:
    """The own costs of all units, `unallocated` among them, sum to all that was charged; so do roots with their children."""
    told = _by_name(facts(*some, declared=Declarations(units=FAMILY)))
    charged = sum(total.nanos for total in some if total.currency == "USD")
    assert sum(statement.own.total for statement in told.values()) == charged
    assert told["firm"].total.total + told[UNALLOCATED].total.total == charged


@given(st.lists(totals(), max_size=8))
def test_a_parent_is_the_sum_of_its_children(some: list[Total]) -> None:
    """What a unit's children cost is the sum of their totals, at every level."""
    told = _by_name(facts(*some, declared=Declarations(units=FAMILY)))
    assert told["shop"].children.total == told["care"].total.total + told["find"].total.total
    assert told["firm"].children.total == told["shop"].total.total


@given(st.lists(totals(), max_size=8))
def test_pools_are_what_unallocated_owns(some: list[Total]) -> None:
    """Idle, unclaimed and parked are separate parts that sum to the reserved unit's cost; no other unit has pools."""
    told = _by_name(facts(*some, declared=Declarations(units=FAMILY)))
    assert set(told[UNALLOCATED].pools) == {OwnerKind.IDLE, OwnerKind.UNCLAIMED, OwnerKind.PARKED}
    assert sum(told[UNALLOCATED].pools.values()) == told[UNALLOCATED].own.total
    assert not any(statement.pools for name, statement in told.items() if name != UNALLOCATED)


def test_unallocated_always_has_a_statement() -> None:
    """With nothing declared the reserved unit is told all the same."""
    (statement,) = unit_statements(facts(a_total(IDLE, usd(1)), a_total(UNCLAIMED, usd(2)), a_total(PARKED, usd(4))))
    assert statement.name == UNALLOCATED
    assert list(statement.pools.values()) == [usd(1).nanos, usd(2).nanos, usd(4).nanos]


def test_a_cycle_is_told_and_summed_once() -> None:
    """Units that are their own ancestors show their own cost alone, in conflict; who hangs beneath them is unharmed."""
    ring = (a_unit("care", parent="find"), a_unit("find", parent="care"), a_unit("leaf", parent="care"))
    told = _by_name(facts(a_total(owned_by(), usd(3)), declared=Declarations(units=ring)))
    assert [told[name].circle for name in ("care", "find", "leaf")] == [
        ("care", "find", "care"),
        ("find", "care", "find"),
        (),
    ]
    assert (told["care"].total.total, told["find"].total.total) == (usd(3).nanos, 0)
    assert (told["care"].state, told["leaf"].state) == (State.CONFLICT, State.OK)


def test_a_unit_of_its_own_is_a_cycle() -> None:
    """A unit that names itself as its parent is told so."""
    (care, _) = unit_statements(facts(declared=Declarations(units=(a_unit("care", parent="care"),))))
    assert care.circle == ("care", "care")


def test_days_and_months_go_with_the_children() -> None:
    """The last day and the month before count the unit with all beneath it, as its total does."""
    total = a_total(owned_by(), usd(3))
    month = replace(
        facts(declared=Declarations(units=FAMILY)),
        last_day=LastDay("", (total,), settled=True),
        previous=(total, total),
    )
    told = _by_name(month)
    assert (told["firm"].last_day_nanos, told["firm"].previous_nanos) == (usd(3).nanos, usd(6).nanos)
    assert (told["find"].last_day_nanos, told["find"].previous_nanos) == (0, 0)


def test_workloads_are_told_largest_first() -> None:
    """A unit's workloads come by cost, then by name; a workload whose resource is gone is still among them."""
    some = [a_total(owned_by(name), usd(cost)) for name, cost in (("b", 1), ("a", 1), ("gone", 9))]
    care, _ = unit_statements(facts(*some, declared=Declarations(units=(a_unit(),))))
    assert [ref.name for ref, _ in care.workloads] == ["gone", "a", "b"]


def test_a_budget_counts_the_children() -> None:
    """What the units beneath spend counts against a unit's budget."""
    firm = Unit("firm", budget_nanos=usd(2).nanos)
    some = a_total(owned_by(), usd(3))
    told = _by_name(facts(some, declared=Declarations(units=(firm, a_unit("care", parent="firm")))))
    assert (told["firm"].state, told["care"].state) == (State.OVER, State.OK)


def test_units_pass_on_within_their_currency() -> None:
    """A unit whose root has another currency neither receives nor gives: the pool is kept, and its unit is told."""
    everything = (Distribution(Pool.OWN, Method.FIXED, (("euro", WHOLE),)),)
    units = (
        replace(a_unit("care"), distribute=everything),
        Unit("euro", parent="europe"),
        Unit("europe", currency="EUR"),
    )
    told = _by_name(facts(a_total(owned_by(), usd(3)), declared=Declarations(units=units)))
    assert (told["care"].own.total, told["euro"].own.total) == (usd(3).nanos, 0)
    assert [kept.reason for kept in told["care"].undistributed] == [ConditionReason.RECEIVER_NOT_FOUND]


def test_a_pool_is_passed_on_in_one_currency() -> None:
    """The cluster's idle goes to units that are told in the book's currency, not once more to those of another one."""
    units = (
        a_unit("care"),
        Unit("europe", currency="EUR"),
        Unit("unallocated", distribute=(Distribution(Pool.IDLE, Method.EVEN),)),
    )
    some = facts(a_total(owned_by(), usd(3)), a_total(IDLE, usd(4)), declared=Declarations(units=units))
    euros = tuple(
        replace(a_total(of, usd(2)), currency="EUR") for of in (owned_by(), IDLE, owned_by("chat", unit="europe"))
    )
    told = _by_name(replace(some, elsewhere={"EUR": replace(some, currency="EUR", totals=euros)}))
    assert {name: of.own.total for name, of in told.items()} == {
        "care": usd(7).nanos,
        "europe": usd(2).nanos,
        "unallocated": 0,
    }


def test_a_years_budget_counts_its_months() -> None:
    """A quarter's and a year's budgets count the months before, children included and each distributed by itself."""
    shared = Distribution(Pool.OWN, Method.FIXED, (("find", WHOLE // 2),))
    care = replace(a_unit("care", parent="firm"), distribute=(shared,))
    firm = Unit("firm", budget_nanos=usd(20).nanos, budget_span=Span.QUARTER)
    find = Unit("find", budget_nanos=usd(20).nanos, budget_span=Span.YEAR)
    earlier = {Period("2026-09"): (a_total(owned_by(), usd(40)),), Period("2026-10"): (a_total(owned_by(), usd(30)),)}
    month = replace(
        facts(a_total(owned_by(), usd(8)), declared=Declarations(units=(care, find, firm))), earlier=earlier
    )
    told = _by_name(month)
    assert {name: told[name].spent for name in ("care", "firm", "find")} == {
        "care": usd(4).nanos,
        "firm": usd(19).nanos,
        "find": usd(39).nanos,
    }
    assert (told["firm"].state, told["find"].state) == (State.WARN, State.OVER)


@given(st.lists(totals(), max_size=8), distributions())
def test_roots_sum_to_everything_after_distribution(
    some: list[Total], declared: dict[str, tuple[Distribution, ...]]
) -> None:
    """Whatever is passed on, within a family or between, roots with their children and `unallocated` sum to all lines."""
    units = tuple(replace(unit, distribute=declared.get(unit.name, ())) for unit in FAMILY)
    rest = Unit(UNALLOCATED, distribute=declared[UNALLOCATED])
    told = _by_name(facts(*some, declared=Declarations(units=(*units, rest))))
    charged = sum(total.nanos for total in some if total.currency == "USD")
    assert told["firm"].total.total + told[UNALLOCATED].total.total == charged
    assert sum(told[UNALLOCATED].pools.values()) == told[UNALLOCATED].own.total


def test_gaps_go_to_whom_they_name() -> None:
    """A unit is told its own gaps; what names nobody, or a source, is told to the reserved unit."""
    care = Gap(GapReason.NO_PRICE, Feed.GPU, T0, "", unit="care")
    chat = Gap(GapReason.NO_PRICE, Feed.GPU, T0, "", workload=a_workload().ref)
    everybody = Gap(GapReason.NO_POD_HISTORY, Feed.GPU, T0, "")
    told = _by_name(facts(declared=Declarations(units=(a_unit(),)), gaps=(care, chat, everybody)))
    assert (told["care"].gaps, told[UNALLOCATED].gaps) == ((care,), (everybody,))


def test_a_split_that_was_refused_is_told_to_who_claims_by_it() -> None:
    """Who claims by it finds less than it should; the others, and `unallocated`, have all that there is."""
    by_user, by_project = (
        a_workload(name, unit="care", usage=(a_claim("openai", **{dimension: "x"}),))
        for name, dimension in (("agents", "user"), ("chat", "project"))
    )
    gap = Gap(GapReason.GROUPING_REFUSED, Feed.BILLS, T0, "", source="openai", lost=frozenset({"user"}))
    declared = Declarations((by_user, by_project), (a_unit("care"), a_unit("other")), (a_source(),))
    month = facts(declared=declared, gaps=(gap,))
    agents, chat = workload_statements(month)
    assert (agents.state, chat.state, chat.gaps) == (State.PARTIAL, State.OK, ())
    told = _by_name(month)
    assert {name: each.state for name, each in told.items()} == {
        "care": State.PARTIAL,
        "other": State.OK,
        UNALLOCATED: State.OK,
    }
    assert source_statements(month)[0].gaps == (gap,)


def test_a_unit_is_told_what_its_tokens_were_for() -> None:
    """Each ranking sums to its own workloads' token cost; `unallocated` has no such workload."""
    tokens = [
        a_total(owner, usd(dollars), component=Component.TOKENS, pool="openai")
        for owner, dollars in ((owned_by(), 5), (UNCLAIMED, 2))
    ]
    sides = {
        "customer": {"acme": usd(3).nanos, "": usd(1).nanos},
        "feature": {"replies": usd(4).nanos},
        "model": {"m": usd(4).nanos},
    }
    within = {("care", a_workload().ref): sides}
    month = replace(facts(*tokens, declared=Declarations(units=(a_unit("care"),))), causes=Causes("USD", within=within))
    told = _by_name(month)
    assert told["care"].top == Top(
        customers=(("acme", usd(3).nanos), ("undeclared", usd(2).nanos)),
        features=(("replies", usd(4).nanos), ("undeclared", usd(1).nanos)),
        models=(("m", usd(4).nanos), ("undeclared", usd(1).nanos)),
    )
    assert told[UNALLOCATED].top is None
    assert _by_name(replace(month, causes=Causes("EUR", within=within)))["care"].top is None


def test_a_unit_that_is_gone_is_still_told() -> None:
    """What a unit cost in the month stays in the sum of all units after its resource was deleted."""
    gone, unallocated = unit_statements(facts(a_total(owned_by(unit="gone"), usd(3)), declared=Declarations()))
    assert (gone.name, gone.unit, gone.own.total, gone.spent) == ("gone", None, usd(3).nanos, usd(3).nanos)
    assert (unallocated.own.total, unallocated.spent) == (0, 0)


def test_what_a_closing_charged_stands() -> None:
    """In the month before and in the budget's period, in the currency that it was told in, whatever the lines are by now."""
    units = (Unit("care", budget_span=Span.YEAR), Unit("find", budget_span=Span.YEAR))
    lines = tuple(a_total(owned_by(unit=unit.name), usd(3)) for unit in units)
    october = Issued("USD", units=(UnitCharge("care", "USD", 1, 7), UnitCharge("find", "EUR", 1, 7)))
    month = replace(
        facts(*lines, declared=Declarations(units=units)),
        previous=lines,
        earlier={Period("2026-10"): lines, Period("2026-09"): lines},
        issued={Period("2026-10"): october},
    )
    told = {name: (of.unit, of.previous_nanos, of.spent) for name, of in _by_name(month).items()}
    three = usd(3).nanos
    assert told["care"] == (units[0], 7, 2 * three + 7)
    assert told["find"] == (units[1], three, 3 * three)


def test_a_unit_is_told_what_its_workloads_may_save() -> None:
    """Its own and its children's, of those that were looked at; None where nobody looked."""
    workloads = (a_workload("chat"), a_workload("bot"), a_workload("rank", unit="find"))
    looked_at = {workload.ref: Told() for workload in workloads[:1]}
    month = replace(facts(declared=Declarations(workloads, FAMILY)), advice=looked_at)
    nothing_to_save = OpenSavings(Saving(0, 0), 0)
    assert {name: of.savings for name, of in _by_name(month).items()} == {
        "care": nothing_to_save,
        "find": None,
        "firm": nothing_to_save,
        "shop": nothing_to_save,
        UNALLOCATED: None,
    }
