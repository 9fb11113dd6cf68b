"""Declared shares of MIG instances over the real ledger: charged as declared, parked with a reason where they cannot be."""

from __future__ import annotations

from typing import Any

from aicost.core.holdings import FOREVER
from aicost.core.layout import Slot
from aicost.core.window import DAY, Window
from tests.reconcile.world import CHAT, UNALLOCATED, World, a_book_of
from tests.support.builders import a_group, a_holding, a_pod, at, between

HALF = "nvidia.com/mig-3g.40gb"


def _book(share: str) -> dict[str, Any]:
    return {**a_book_of("4"), "mig": [{"model": "H100-80GB", "profile": "3g.40gb", "share": share}]}


async def _a_world(share: str) -> World:
    """A card in two instances for a day, one of them held by chat."""
    world = World(now=DAY)
    world.declare()
    world.store.apply("BusinessUnit", "unallocated", {})
    world.store.apply("PriceBook", "default", _book(share))
    slots = (Slot(HALF, 2, 4, "3g.40gb"),)
    world.inventory.groups = (a_group(1, Window(at(-DAY), FOREVER), created=at(-DAY), sharing="mig", slots=slots),)
    pod = a_pod("chat-0", "support", app="chat")
    world.inventory.holdings = (a_holding(pod, Window(at(0), FOREVER), resource=HALF),)
    world.history.told = world.inventory.devices(FOREVER)
    world.history.covers = (between(0, 2 * DAY),)
    world.bills.days = ()
    await world.cycle()
    return world


def _reasons(world: World) -> set[str]:
    return {gap["reason"] for gap in world.store.status(UNALLOCATED).get("gaps", ())}


async def test_a_share_that_does_not_fit_parks_the_card_and_says_why() -> None:
    """Nobody pays it, the total is as ever, and the reason goes as soon as the shares fit; restarts change nothing."""
    world = await _a_world("0.6")
    assert (world.charged(CHAT), world.store.status(UNALLOCATED)["pools"]["parked"]) == ("0.00", "96.00")
    assert "SharesExceedCard" in _reasons(world)
    world.store.apply("PriceBook", "default", _book("0.4"))
    await world.cycle()
    assert world.charged(CHAT) == "38.40"
    pools = world.store.status(UNALLOCATED)["pools"]
    assert (pools["idle"], pools["parked"], "SharesExceedCard" in _reasons(world)) == ("57.60", "0.00", False)
    digest = world.digest()
    world.restart()
    await world.cycle()
    assert (world.digest(), world.ledger.verify().broken) == (digest, ())
