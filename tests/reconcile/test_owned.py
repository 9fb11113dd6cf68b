"""Bought cards over the real ledger: they accrue with and without their node, and follow edits of the register."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from aicost.core.holdings import CardGroup
from aicost.core.identity import labels
from aicost.core.window import DAY, HOUR, Period, Window
from tests.reconcile.world import BOOK, CHAT, UNALLOCATED, World, node
from tests.support.builders import at

MONTHLY = 720 * 8 * 2
"""Eight cards at two dollars an hour in a month of 30 days."""
END = 30 * DAY


def _book(opex: int = MONTHLY, **more: Any) -> dict[str, Any]:
    dgx = {
        "name": "dgx",
        "model": "H100-80GB",
        "nodes": {"matchLabels": {"own": "dgx"}},
        "count": 8,
        "from": "2026-11-01",
        "months": 12,
        "capex": "0",
        "opexPerMonth": str(opex),
        **more,
    }
    return {"currency": "USD", "owned": [dgx]}


def _node(until: int | None = None) -> CardGroup:
    whole = replace(node(), labels=labels({"own": "dgx"}))
    return whole if until is None else replace(whole, window=Window(whole.window.start, at(until)))


async def _a_world(now: int, until: int | None = None) -> World:
    """The eight cards on one node that goes away after some time, two of them held by chat and one by rank."""
    world = World(now)
    world.declare()
    world.store.apply("BusinessUnit", "unallocated", {})
    world.store.apply("PriceBook", "default", _book())
    world.populate()
    world.bills.days = ()
    world.inventory.groups = (_node(until),)
    world.history.told = world.inventory.devices(at(END))
    world.history.covers = (Window(at(0), at(END + DAY)),)
    await world.cycle()
    return world


async def test_a_month_costs_what_was_paid_though_the_node_was_away() -> None:
    """To the nano-unit, with the time of absence idle; holders pay their cards until their node went."""
    world = await _a_world(END + HOUR, until=10 * DAY)
    assert world.billed() == MONTHLY * 10**9
    by_owner = {total.owner.workload: total.nanos for total in world.ledger.totals(Period("2026-11").window)}
    assert sum(by_owner.values()) == MONTHLY * 10**9
    assert [nanos for of, nanos in by_owner.items() if of and of.name == "chat"] == [2 * 2 * 240 * 10**9]
    assert not world.ledger.verify().broken


async def test_the_book_tells_that_cards_are_owned() -> None:
    """What a card costs an hour now, and by what."""
    world = await _a_world(DAY)
    assert world.charged(CHAT) == "96.00"
    (item,) = world.store.status(BOOK)["priced"]
    assert (item["name"], item["origin"], item["price"]) == ("H100-80GB", "Owned", "2.00")
    assert "NotEvaluated" not in {c["type"] for c in world.store.status(BOOK)["conditions"]}


async def test_an_edited_register_rates_open_months_anew() -> None:
    """Also what no node shows; an asset that is taken out leaves nothing behind, and restarts change nothing."""
    world = await _a_world(2 * DAY, until=DAY)
    assert world.store.status(UNALLOCATED)["pools"]["idle"] == "624.00"  # 5 cards for a day, 8 for another
    world.store.apply("PriceBook", "default", _book(2 * MONTHLY))
    await world.cycle(900)
    assert world.charged(CHAT) == "192.00"
    assert "owned dgx: " in world.store.status(BOOK)["rerated"]["changes"][0]
    digest = world.digest()
    world.restart()
    await world.cycle()
    assert world.digest() == digest
    world.store.apply("PriceBook", "default", {"currency": "USD", "builtInPrices": False})
    await world.cycle(900)
    assert world.billed() == 0
    assert not world.ledger.verify().broken


async def test_more_cards_than_were_bought_are_told() -> None:
    """What was paid is parked, and the reason names the count; corrected, everything is charged again."""
    world = await _a_world(DAY)
    world.store.apply("PriceBook", "default", _book(count=7))
    await world.cycle(900)
    told = world.store.status(UNALLOCATED)
    assert "MoreThanOwned" in {gap["reason"] for gap in told["gaps"]}
    assert (world.charged(CHAT), told["pools"]["parked"]) == ("0.00", "388.00")
    assert "MoreThanOwned" in {gap["reason"] for gap in world.store.status(CHAT)["gaps"]}
    world.store.apply("PriceBook", "default", _book())
    await world.cycle(900)
    assert (world.charged(CHAT), world.store.status(UNALLOCATED)["pools"]["parked"]) == ("98.00", "0.00")
