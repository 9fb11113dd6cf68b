"""CPU and memory at the end of a month: it is not settled before they were read, and is not closed before that by itself."""

from __future__ import annotations

from aicost.core.holdings import FOREVER
from aicost.core.ledger import Component
from aicost.core.reasons import CheckReason
from aicost.core.window import DAY, HOUR, Window
from aicost.ports import Unavailable
from tests.reconcile.october import OCTOBER, close
from tests.reconcile.test_hosts import a_host_spec
from tests.reconcile.world import OPENAI, World, node, running
from tests.support.builders import at
from tests.support.hosting import NOTHING, a_taker, an_hour

AN_HOUR = 1_440_000_000
"""What the node's CPU and memory cost in an hour, in nano-dollars; two days of October are known."""


def a_world(now: int) -> World:
    """A node whose price leaves its host out, before anything was evaluated."""
    world = World(now)
    world.declare()
    world.store.delete(OPENAI)
    world.store.apply("BusinessUnit", "unallocated", {})
    world.store.apply("PriceBook", "default", a_host_spec())
    world.inventory.groups = (node(),)
    world.inventory.holdings = (running("chat-0", "support", "chat", since=-3 * DAY),)
    world.history.told = world.inventory.devices(FOREVER)
    world.history.covers = (Window(at(-2 * DAY), FOREVER),)
    world.took.seen = tuple(an_hour(a_taker("chat-0", 2, used=NOTHING), since=hour) for hour in range(-48, 200))
    return world


def october(world: World) -> int:
    totals = world.ledger.totals(OCTOBER.window)
    return sum(total.nanos for total in totals if total.component is Component.COMPUTE)


async def test_a_month_is_not_settled_before_its_last_hour_was_read() -> None:
    """The reading is a loop of its own: between the hour's end and it, closing would lose the hour for good."""
    world = a_world(-1800)
    await world.cycles(3, seconds=0)
    world.clock.advance(1800 + 960)
    world.evaluation.watch()
    await world.evaluation.run()
    outcome = await close(world, dry_run=True, force=False)
    assert [check.reason for check in outcome.checks if check.blocks] == [CheckReason.HOURS_NOT_SETTLED]
    await world.cycles(4, seconds=900)
    assert (await close(world, force=False)).closing is not None
    assert october(world) == 48 * AN_HOUR


async def test_the_schedule_waits_for_what_nobody_told_yet() -> None:
    """However long it takes, as for cards."""
    world = a_world(-3 * HOUR)
    await world.cycles(3, seconds=0)
    world.took.failure = Unavailable("down")
    await world.cycles(20, seconds=6 * HOUR)
    assert not world.months.closings
    world.took.failure = None
    await world.cycles(4, seconds=900)
    assert [closing.period for closing in world.months.closings] == [OCTOBER]
    assert october(world) == 48 * AN_HOUR
