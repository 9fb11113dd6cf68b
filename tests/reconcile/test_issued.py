"""A closed month keeps what it charged: over edits of distribution and rates, and over restarts."""

from __future__ import annotations

from aicost.core.money import NANOS_PER_UNIT, Money
from aicost.ports import ResourceRef
from tests.reconcile.october import OCTOBER, THE_29TH, a_world, close, restate
from tests.reconcile.world import CARE, CHAT, FIND, UNALLOCATED, World, a_book_of, bill_of
from tests.support.builders import a_row

REFS = (CARE, FIND, UNALLOCATED, CHAT)


def rate_of(rate: str) -> dict[str, object]:
    """A price book that converts euros."""
    return {**a_book_of("4"), "exchangeRates": [{"from": "2026-10-01", "currency": "EUR", "rate": rate}]}


def passing(percent: str) -> dict[str, object]:
    """Care, which passes a part of its own cost on to find."""
    to = [{"businessUnit": "find", "percent": percent}]
    return {
        "namespaces": [{"name": "support"}],
        "distribute": [{"pool": "Own", "method": "Fixed", "to": to}],
    }


async def a_world_in_euros() -> World:
    """October with a bill in euros, and care that passes 40 percent on."""
    world = await a_world()
    world.store.apply("PriceBook", "default", rate_of("1.25"))
    world.store.apply("BusinessUnit", "care", passing("40"))
    restate(world, bill_of(THE_29TH, a_row(Money(10 * NANOS_PER_UNIT, "EUR"), project="p")))
    await world.cycle(3600)
    return world


def october(world: World) -> dict[ResourceRef, str]:
    """What statuses tell of the month before."""
    return {ref: world.store.status(ref)["previousMonth"]["amount"] for ref in REFS}


async def test_edits_after_the_close_move_nothing_of_it() -> None:
    """Neither a rate nor a distribution, at once or after a restart; before the close both did."""
    world = await a_world_in_euros()
    before = october(world)
    world.store.apply("PriceBook", "default", rate_of("1.50"))
    world.store.apply("BusinessUnit", "care", passing("50"))
    await world.cycle(900)
    issued = october(world)
    assert all(issued[ref] != before[ref] for ref in (CARE, FIND, CHAT))
    outcome = await close(world)
    assert outcome.closing is not None
    assert outcome.closing.issued is not None
    assert [str(rate.nanos) for rate in outcome.closing.issued.rates] == ["1500000000"]
    await world.cycle(900)
    world.store.apply("PriceBook", "default", rate_of("9"))
    world.store.apply("BusinessUnit", "care", passing("0"))
    world.store.apply("BusinessUnit", "unallocated", {"distribute": [{"pool": "Idle", "method": "Even"}]})
    await world.cycle(900)
    assert october(world) == issued
    world.restart()
    await world.cycle(900)
    assert october(world) == issued
    assert world.ledger.verify().broken == ()


async def test_the_open_month_follows_its_edits() -> None:
    """Only what is closed stands."""
    world = await a_world_in_euros()
    await close(world)
    charged = world.store.status(FIND)["total"]["charged"]
    world.store.apply("BusinessUnit", "care", passing("90"))
    await world.cycle(900)
    assert world.store.status(FIND)["total"]["charged"] != charged
    assert [closing.period for closing in world.months.closings] == [OCTOBER]
