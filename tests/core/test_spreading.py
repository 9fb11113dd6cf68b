"""Spreading: what trainings cost and when they are used up go the way that distribution gives their cost."""

from __future__ import annotations

from dataclasses import replace

import pytest

from aicost.core.basis import issued_units, unit_bases
from aicost.core.declarations import Declarations
from aicost.core.distribution import WHOLE, Distribution, Method, Pool
from aicost.core.exchange import Exchange
from aicost.core.identity import WorkloadRef
from aicost.core.issuing import issue
from aicost.core.spreading import moved
from aicost.core.training import Investment, Moved, Spread, Trained
from aicost.core.window import Instant, Period
from tests.support.builders import a_total, a_unit, a_workload, facts, owned_by, usd

TUNE = WorkloadRef("support", "tune")
OCTOBER = Period("2026-10")


@pytest.mark.parametrize(
    ("given_to", "care", "find"),
    [(WHOLE, (0, 0, 0), (100, 100, 10)), (WHOLE // 4, (75, 75, 8), (25, 25, 2))],
)
def test_who_passes_a_training_on_passes_on_its_use(
    given_to: int, care: tuple[int, ...], find: tuple[int, ...]
) -> None:
    """A unit is charged, has bought and uses up what it keeps, and who receives a part the rest; open or closed."""
    rule = Distribution(Pool.OWN, Method.FIXED, (("find", given_to),))
    declared = Declarations((a_workload("tune"),), (replace(a_unit("care"), distribute=(rule,)), a_unit("find")))
    bought = (Investment(TUNE, "care", facts().period, 2, 100), Investment(TUNE, "care", OCTOBER, 1, 10))
    trained = Trained(bought, facts().period.window.end, ())
    lines = (a_total(owned_by("tune"), usd(0, 100)),)
    issued = issue(facts().period, declared, Exchange("USD"), {"USD": lines}, {"USD": trained})
    told = [(of.unit, (of.cost.total, of.invested, of.amortised)) for of in issued_units(issued, {"USD": lines})]
    assert told[:2] == [("care", care), ("find", find)]
    last = replace(trained, until=Instant(trained.until - 1))
    month = replace(facts(*lines, declared=declared), trained=last)
    charged = [(of.unit, (of.cost.total, of.invested)) for of in unit_bases(month)]
    assert charged[:2] == [("care", care[:2]), ("find", find[:2])]


def test_all_trainings_of_a_unit_move_together() -> None:
    """Those that were bought and are not used up yet as well, each currency by itself; whoever nothing moves to is not told."""
    rule = Distribution(Pool.OWN, Method.FIXED, (("find", WHOLE),))
    declared = Declarations((), (replace(a_unit("care"), distribute=(rule,)), a_unit("find"), a_unit("idle")))
    month = facts(a_total(owned_by("tune"), usd(0, 100)), declared=declared)
    of_care = Spread(TUNE, "care", 60), Spread(WorkloadRef("support", "tune-2"), "care", 40)
    told = list(moved(month, [*(("USD", spread) for spread in of_care), ("EUR", Spread(TUNE, "care", 7, 7))]))
    assert told == [("USD", Moved("care", -100)), ("USD", Moved("find", 100))]
    used_up = [("USD", replace(spread, invested=0, amortised=3)) for spread in of_care]
    assert list(moved(month, used_up)) == [("USD", Moved("care", 0, -6)), ("USD", Moved("find", 0, 6))]


def test_who_receives_what_he_gives_is_not_told() -> None:
    """Two that pass each other's trainings on in one pass keep as much as they had."""
    rules = {
        name: (Distribution(Pool.OWN, Method.FIXED, ((to, WHOLE),)),)
        for name, to in (("care", "find"), ("find", "care"))
    }
    declared = Declarations((), tuple(replace(a_unit(name), distribute=rule) for name, rule in rules.items()))
    month = facts(a_total(owned_by("tune"), usd(0, 100)), declared=declared)
    assert list(moved(month, [("USD", Spread(TUNE, name, 100)) for name in rules])) == []


def test_a_training_is_divided_by_what_the_others_cost() -> None:
    """Three quarters of the cost of both, three quarters of the training."""
    rule = Distribution(Pool.OWN, Method.PROPORTIONAL)
    declared = Declarations((), (replace(a_unit("care"), distribute=(rule,)), a_unit("find"), a_unit("idle")))
    totals = (
        a_total(owned_by("rank", unit=unit), usd(cost)) for unit, cost in (("care", 9), ("find", 30), ("idle", 10))
    )
    told = moved(facts(*totals, declared=declared), [("USD", Spread(TUNE, "care", 100))])
    assert list(told) == [("USD", Moved("care", -100)), ("USD", Moved("find", 75)), ("USD", Moved("idle", 25))]
