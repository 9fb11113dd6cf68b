"""Hours of cycles: who writes statuses when nothing happens, and when something does."""

from __future__ import annotations

from itertools import pairwise

from aicost.core.holdings import Devices
from tests.reconcile.world import (
    CARE,
    CHAT,
    CHAT_SPEC,
    RANK,
    STATUS_INTERVAL,
    World,
    instants,
    node,
    running,
)

TWO_HOURS = 120


async def test_two_idle_hours_cause_no_write() -> None:
    """120 cycles of a minute in which nothing changes write nothing, though time and data go on.

    Of a cluster without the unit `unallocated`: where that is declared, idle cards cost more every minute, which is news
    that it shows every 15 minutes.
    """
    world = World()
    world.declare()
    world.populate()
    world.inventory.holdings, world.history.told = (), Devices((node(),))
    await world.cycle()
    await world.cycle(300)
    world.writer.written.clear()
    world.announcer.told.clear()
    digest = world.digest()
    assert await world.cycles(TWO_HOURS) == 0
    assert (world.writer.written, world.announcer.told) == ([], [])
    assert world.digest() != digest, "the idle card's cost went on in the ledger meanwhile"


async def test_numbers_that_grow_are_written_every_quarter_of_an_hour() -> None:
    """A workload that holds a card is written at most every interval, and not much more seldom."""
    world = World()
    world.declare()
    world.populate()
    await world.cycle()
    world.writer.written.clear()
    await world.cycles(TWO_HOURS // 2)
    for ref in (CHAT, RANK, CARE):
        writes = instants(world.writer.written, ref)
        apart = [later - earlier for earlier, later in pairwise(writes)]
        assert len(writes) == 4
        assert all(STATUS_INTERVAL <= seconds < STATUS_INTERVAL + 300 for seconds in apart)


async def test_a_changed_spec_is_answered_in_the_next_evaluation() -> None:
    """Whoever edits a resource sees its new generation answered at once, and nobody else is written."""
    world = World()
    world.declare()
    world.populate()
    await world.cycle()
    await world.cycle(60)
    world.writer.written.clear()
    world.store.apply("AIWorkload", "chat", {**CHAT_SPEC, "purpose": "Evaluation"}, namespace="support")
    assert await world.evaluation.run() == 1
    assert instants(world.writer.written, CHAT) == [world.clock.now()]
    assert world.store.status(CHAT)["observedGeneration"] == 2


async def test_a_condition_is_shown_in_the_evaluation_that_finds_it() -> None:
    """A budget that is exceeded is shown and announced at once, however young the last write is."""
    world = World()
    world.declare()
    world.populate()
    world.inventory.holdings = (running("chat-0", "support", "chat", since=0, count=1),)
    world.history.told = world.inventory.devices(world.clock.now())
    world.store.apply(
        "AIWorkload", "chat", {**CHAT_SPEC, "usage": [], "budget": {"amount": "145"}}, namespace="support"
    )
    await world.cycle()
    assert world.condition(CHAT, "BudgetExceeded")["status"] == "False"
    world.announcer.told.clear()
    while world.condition(CHAT, "BudgetExceeded")["status"] == "False":
        await world.cycle(60)
    assert world.charged(CHAT) == "145.333333333"
    assert world.condition(CHAT, "BudgetExceeded")["lastTransitionTime"] == "2026-11-02T12:20:00Z"
    assert [(ref, reason, bad) for ref, reason, _, bad in world.announcer.told] == [(CHAT, "OverBudget", True)]
