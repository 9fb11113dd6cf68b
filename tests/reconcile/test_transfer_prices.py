"""Transfer prices in the running evaluation: in the price book's currency, and from the next day on where edited."""

from __future__ import annotations

from aicost.core.window import DAY, HOUR
from tests.reconcile.test_recharges import LLM, SPEC, a_world, cost, recharges, shares
from tests.reconcile.world import BOOK, CHAT, NOON, RANK, STATUS_INTERVAL, World
from tests.support.metering import METERED, a_use

PRICE = {"mode": "Price", "inputPerMillion": "1", "outputPerMillion": "1000"}


async def a_priced_world() -> World:
    """At noon of the second day, evaluated once; callers pay from the first day on."""
    world = a_world(NOON)
    world.store.apply("UsageSource", METERED, {**SPEC, "recharge": PRICE})
    await world.cycle()
    return world


async def test_it_leaves_the_rest() -> None:
    """35 hours of 600 and 300 tokens at 0.001 each; what it does not cover, and the stranger's, stays with the server."""
    world = await a_priced_world()
    assert shares(world) == ("544.50", "21.00", "10.50")
    await world.cycle(STATUS_INTERVAL)
    assert cost(world, LLM)["passedOn"] == "32.40"


async def test_it_is_in_the_books_currency() -> None:
    """Cards at a list price cost dollars: callers pay euros all the same, and what has no rate is a gap of its own."""
    book = {"currency": "EUR", "exchangeRates": [{"from": "2026-01-01", "currency": "USD", "rate": "0.5"}]}
    world = await a_priced_world()
    world.store.apply("PriceBook", BOOK.name, book)
    await world.cycle(STATUS_INTERVAL)
    told = {"incurred": "498.80", "passedOn": "32.40", "received": "0.00", "charged": "466.40"}
    assert (cost(world, LLM), world.charged(CHAT), world.charged(RANK)) == (told, "21.60", "10.80")
    world.store.apply("PriceBook", BOOK.name, {"currency": "EUR"})
    await world.cycle(STATUS_INTERVAL)
    assert (world.charged(LLM), world.charged(CHAT)) == ("-32.40", "21.60")
    assert "NoExchangeRate" in [gap["reason"] for gap in world.store.status(LLM)["gaps"]]


async def test_another_price_counts_from_the_next_day() -> None:
    """What was divided in proportion stays so, and of what is edited twice on a day the last counts."""
    world = a_world(NOON)
    await world.cycle()
    before = recharges(world)
    await world.cycle(13 * HOUR)
    world.called.seen += tuple(a_use(hour, 20, "chat") for hour in range(48, 96))
    whole = recharges(world)
    for price in ("7", "1"):
        world.store.apply("UsageSource", METERED, {**SPEC, "recharge": {**PRICE, "inputPerMillion": price}})
        await world.cycle(HOUR)
    await world.cycle(2 * DAY)
    assert recharges(world)[:2] == whole[:2]
    assert before[0] == whole[0]
    third, fourth, *_ = recharges(world)[2:]
    assert "by time" in third.origin.description
    assert "at a price" in fourth.origin.description
