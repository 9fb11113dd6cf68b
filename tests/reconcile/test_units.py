"""Units from their declarations to their statuses, through the whole evaluation: what is passed on, converted, counted."""

from __future__ import annotations

from decimal import Decimal

from aicost.core.holdings import FOREVER
from aicost.core.money import NANOS_PER_UNIT, Money
from aicost.core.window import DAY, Window
from tests.reconcile.world import CARE, CHAT, FIND, UNALLOCATED, World, a_book_of, bill_of
from tests.support.builders import a_group, a_row, at

EUROS = Money(10 * NANOS_PER_UNIT, "EUR")
RATE = {"from": "2026-10-01", "currency": "EUR", "rate": "1.25"}


async def test_statuses_of_all_units_sum_to_the_ledger_whatever_is_passed_on() -> None:
    """The cluster's idle goes to who uses it, a unit's own cost to another: not a nano-unit appears or is lost."""
    world = World()
    world.declare()
    world.populate()
    world.store.apply("BusinessUnit", "unallocated", {"distribute": [{"pool": "Idle", "method": "Proportional"}]})
    to = [{"businessUnit": "care", "percent": "33.3333"}]
    spec = {"namespaces": [{"name": "search"}], "distribute": [{"pool": "Own", "method": "Fixed", "to": to}]}
    world.store.apply("BusinessUnit", "find", spec)
    await world.cycle()
    own = {ref: world.store.status(ref)["own"] for ref in (CARE, FIND, UNALLOCATED)}
    assert sum(Decimal(of["charged"]) for of in own.values()) == Decimal(world.billed()).scaleb(-9)
    assert world.store.status(UNALLOCATED)["pools"]["idle"] == "0.00"
    assert Decimal(own[CARE]["received"]) > 0 < Decimal(own[FIND]["passedOn"])
    assert world.charged(CHAT) == own[CARE]["incurred"]["total"], "a workload is charged what it caused"


async def test_a_receiver_that_comes_later_receives() -> None:
    """Until the unit is there, the pool is kept and people are told; then the month is distributed at once."""
    world = World()
    world.declare()
    world.populate()
    spec = {"distribute": [{"pool": "Idle", "method": "Even", "to": [{"businessUnit": "late"}]}]}
    world.store.apply("BusinessUnit", "unallocated", spec)
    await world.cycle()
    assert world.condition(UNALLOCATED, "NotDistributed")["reason"] == "ReceiverNotFound"
    assert (UNALLOCATED, "ReceiverNotFound", True) in [(ref, why, bad) for ref, why, _, bad in world.announcer.told]
    late = world.store.apply("BusinessUnit", "late", {})
    await world.cycle(60)
    assert Decimal(world.store.status(late)["own"]["received"]) > 0
    assert "NotDistributed" not in [of["type"] for of in world.store.status(UNALLOCATED)["conditions"]]


async def test_a_rate_that_comes_later_converts_the_months_before() -> None:
    """October's bill in euros is a gap until its rate is declared; then October is in dollars, too."""
    world = World()
    world.declare()
    world.bills.days = (bill_of(-2, a_row(EUROS, project="p")), bill_of(0, a_row(EUROS, project="p")))
    await world.cycle()
    assert world.store.status(CHAT)["summary"]["state"] == "Partial"
    assert [gap["reason"] for gap in world.store.status(CHAT)["gaps"]].count("NoExchangeRate") == 1
    world.store.apply("PriceBook", "default", {**a_book_of("4"), "exchangeRates": [RATE]})
    await world.cycle(900)
    status = world.store.status(CHAT)
    assert (status["cost"]["charged"], status["previousMonth"]["amount"]) == ("12.50", "12.50")
    assert "NoExchangeRate" not in [gap["reason"] for gap in status["gaps"]]


async def test_a_budget_of_a_year_counts_what_was_billed_in_its_months() -> None:
    """In the currency of the unit's root, to the last digit, October and November together."""
    world = World()
    world.declare()
    world.bills.days = (bill_of(-2, a_row(EUROS, project="p")), bill_of(0, a_row(EUROS, project="p")))
    budget = {"amount": "25", "period": "Year"}
    world.store.apply(
        "BusinessUnit", "care", {"namespaces": [{"name": "support"}], "currency": "EUR", "budget": budget}
    )
    await world.cycle()
    status = world.store.status(CARE)
    assert (status["currency"], status["own"]["charged"]) == ("EUR", "10.00")
    assert status["budget"] == {
        "amount": "25.00", "spentPercent": "80.0", "state": "Warn", "period": "Year", "since": "2026-01-01"
    }  # fmt: skip
    assert world.store.status(CHAT)["currency"] == "EUR"


async def test_a_unit_that_reserves_a_node_in_vain_is_told() -> None:
    """The winner owns the idle capacity and has no conflict; the condition goes with the other's claim."""
    world = World()
    world.declare()
    world.populate()
    world.inventory.groups = (a_group(8, Window(at(-DAY), FOREVER), created=at(-DAY), pool="fast"),)
    for name, namespace in (("care", "support"), ("find", "search")):
        reserved = {"matchLabels": {"pool": "fast"}}
        world.store.apply("BusinessUnit", name, {"namespaces": [{"name": namespace}], "reservedNodes": reserved})
    await world.cycle()
    conflict = world.condition(FIND, "Conflict")
    assert (conflict["status"], conflict["reason"]) == ("True", "ReservedByAnother")
    assert "BusinessUnit care has node node-a" in conflict["message"]
    assert "Conflict" not in [of["type"] for of in world.store.status(CARE)["conditions"]]
    world.store.apply("BusinessUnit", "find", {"namespaces": [{"name": "search"}]})
    await world.cycle(900)
    assert "Conflict" not in [of["type"] for of in world.store.status(FIND)["conditions"]]
