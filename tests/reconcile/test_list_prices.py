"""Cards that nobody priced, over the real ledger: estimated by the list until the book has a price, and told so."""

from __future__ import annotations

from aicost.core.ledger import Certainty
from aicost.core.window import DAY, Period
from tests.reconcile.world import BOOK, CHAT, UNALLOCATED, World, a_book_of
from tests.support.builders import at, between

EMPTY: dict[str, object] = {"currency": "USD"}
TO_MIDNIGHT = DAY + 900
"""A quarter past the first midnight: the day is settled."""


async def _a_world(spec: dict[str, object]) -> World:
    """A day of two cards of chat's, one of rank's and five idle ones, and nothing else."""
    world = World(now=TO_MIDNIGHT)
    world.declare()
    world.store.apply("BusinessUnit", "unallocated", {})
    world.store.apply("PriceBook", "default", spec)
    world.populate()
    world.history.covers = (between(0, DAY + DAY),)
    world.bills.days = ()
    await world.cycle()
    return world


def _by_certainty(world: World) -> dict[Certainty, int]:
    day = [total for total in world.ledger.totals(between(0, DAY)) if total.gap is None]
    return {level: sum(t.nanos for t in day if t.certainty is level) // 10**9 for level in Certainty}


async def test_an_empty_book_estimates_by_the_list() -> None:
    """Nothing is missing and all is an estimate: the workload, the cluster and the book say by what."""
    world = await _a_world(EMPTY)
    chat, book = world.store.status(CHAT), world.store.status(BOOK)
    assert world.charged(CHAT) == "333.68"  # 2 cards, 24 hours and 15 minutes, 6.88
    assert (chat["certainty"]["estimated"], chat["certainty"]["rated"]) == ("333.68", "0.00")
    assert [gap["quantity"] for gap in chat["gaps"] if gap["reason"] == "BuiltInPrice"] == ["48.50 card hours"]
    assert "BuiltInPrice" in [gap["reason"] for gap in world.store.status(UNALLOCATED)["gaps"]]
    assert chat["summary"]["state"] == "Over"  # of its budget of 100
    assert world.condition(CHAT, "DataAvailable")["reason"] == "NoUtilisation"
    assert book["summary"] == {"priced": 1, "missing": 0, "builtIn": 1, "state": "OK"}
    assert [(item["origin"], item["price"]) for item in book["priced"]] == [("BuiltIn", "6.88")]


async def test_a_price_of_ones_own_makes_an_estimate_rated() -> None:
    """Open months are rated anew by the declared price; nothing of the estimate is left, and the ledger proves whole."""
    world = await _a_world(EMPTY)
    assert _by_certainty(world)[Certainty.ESTIMATED] == 1320  # 8 cards, 24 hours, 6.88: 1,320.96
    world.store.apply("PriceBook", "default", a_book_of("4"))
    await world.cycle(900)
    assert _by_certainty(world) == dict.fromkeys(Certainty, 0) | {Certainty.RATED: 8 * 24 * 4}
    assert world.store.status(BOOK)["summary"]["builtIn"] == 0
    assert not world.ledger.verify().broken
    world.store.apply("PriceBook", "default", EMPTY)
    await world.cycle(900)
    assert _by_certainty(world) == dict.fromkeys(Certainty, 0) | {Certainty.ESTIMATED: 1320}


async def test_without_list_prices_it_is_a_gap() -> None:
    """A book that wants no built-in prices has a gap where it has none of its own: never zero, never a guess."""
    world = await _a_world({**EMPTY, "builtInPrices": False})
    assert (world.charged(CHAT), world.store.status(BOOK)["summary"]["missing"]) == ("0.00", 1)
    assert [gap["reason"] for gap in world.store.status(CHAT)["gaps"]].count("NoPrice") == 1
    assert all(proof.difference == 0 for proof in world.ledger.proofs(Period.of(at(0))))
