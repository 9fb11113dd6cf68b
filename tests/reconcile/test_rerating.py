"""An edit of the past over the real ledger: open months are rated anew and told so, closed months never move."""

from __future__ import annotations

from typing import Any

from tests.reconcile.october import OCTOBER, a_world, close
from tests.reconcile.world import BOOK, CHAT, World, a_book_of


def _edited(**rates: str) -> dict[str, Any]:
    """The world's book with more rates: `_edited(nov_1="8")`."""
    book = a_book_of("4")
    days = {"oct_30": "2026-10-30", "nov_1": "2026-11-01", "nov_2": "2026-11-02"}
    book["gpus"][0]["rates"] += [{"from": days[day], "perHour": price} for day, price in rates.items()]
    return book


def _told(world: World) -> list[str]:
    return [message for about, reason, message, _ in world.announcer.told if (about, reason) == (BOOK, "Rerated")]


async def test_an_edit_of_an_open_month_is_told() -> None:
    """Amounts follow from the day that the edit names; the book says since when and what, an Event once, restarts too."""
    world = await a_world()
    assert "rerated" not in world.store.status(BOOK)
    assert world.charged(CHAT) == "220.00"  # 2 cards, 24 hours, 4.00, and two bills of 14.00
    world.store.apply("PriceBook", "default", _edited(oct_30="6"))
    await world.cycle(900)
    change = "H100-80GB: 4.00 USD an hour before, 6.00 USD an hour now, from 2026-10-30"
    rerated = {"at": "2026-11-02T00:15:00Z", "since": "2026-10-30T00:00:00Z", "changes": [change]}
    assert world.store.status(BOOK)["rerated"] == rerated
    assert world.charged(CHAT) == "319.00"  # 24 hours and 15 minutes at 6.00
    assert _told(world) == [f"open months are rated anew from 2026-10-30T00:00:00Z: {change}"]
    world.restart()
    assert await world.cycle(60) == 0
    assert (world.store.status(BOOK)["rerated"], len(_told(world))) == (rerated, 1)
    assert world.ledger.verify().broken == ()


async def test_an_edit_of_a_closed_month_changes_nothing_there() -> None:
    """October stays to the digest and gets no correction; what the book tells begins with November."""
    world = await a_world()
    assert (await close(world)).closing
    closed, corrections = world.digest(OCTOBER.month), world.store.status(CHAT)["cost"]["incurred"].get("corrections")
    october = world.billed(OCTOBER.month)
    world.store.apply("PriceBook", "default", _edited(oct_30="6"))
    await world.cycle(900)
    assert world.store.status(BOOK)["rerated"]["since"] == "2026-11-01T00:00:00Z"
    assert (world.digest(OCTOBER.month), world.billed(OCTOBER.month)) == (closed, october)
    assert world.store.status(CHAT)["cost"]["incurred"].get("corrections") == corrections
    assert world.charged(CHAT) == "319.00"


async def test_an_edit_that_reaches_closed_time_alone_is_not_told() -> None:
    """Nothing was rated anew: no status, no Event, no entry."""
    world = await a_world()
    await close(world)
    world.store.apply("PriceBook", "default", _edited(oct_30="6", nov_1="4"))
    world.ledger.new.clear()
    await world.cycle(60)
    assert (world.ledger.new, _told(world), "rerated" in world.store.status(BOOK)) == ([0], [], False)


async def test_a_price_of_the_future_rates_nothing_anew() -> None:
    """What begins later than what was charged is no edit of the past."""
    world = await a_world()
    world.store.apply("PriceBook", "default", _edited(nov_2="8"))
    await world.cycle()
    assert "rerated" not in world.store.status(BOOK)


async def test_an_edit_while_the_operator_was_away_is_told() -> None:
    """The ledger remembers by what was charged, not the process."""
    world = await a_world()
    world.store.apply("PriceBook", "default", _edited(nov_1="8"))
    world.restart()
    await world.cycle(60)
    assert world.store.status(BOOK)["rerated"]["since"] == "2026-11-01T00:00:00Z"
