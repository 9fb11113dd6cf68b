"""While nobody watches: what ended then ends, what went on goes on, months are finished, and nobody is charged twice."""

from __future__ import annotations

from dataclasses import replace

from aicost.core.holdings import FOREVER, CardGroup, Devices, Holding
from aicost.core.identity import NodeRef
from aicost.core.window import DAY, HOUR, Instant, Window
from aicost.ports import Unavailable
from tests.reconcile.world import CHAT, NOON, RANK, World, node, running
from tests.support.builders import a_pod, at, between

HOURLY = 8 * 10**9
"""Two cards at 4.00, in nano-units."""


async def a_world(now: int = NOON) -> World:
    world = World(now)
    world.declare()
    world.populate()
    world.bills.days = ()
    await world.cycle()
    await world.cycle(HOUR)
    return world


def lose(world: World, *, node_too: bool = False, after: int = 180) -> None:
    """While the watch is lost chat's pod ends, and the watch shows it ended when it is back."""
    end = Instant(world.clock.now() + after)
    world.inventory.holdings = tuple(
        replace(held, window=Window(held.window.start, end)) if held.pod.name == "chat-0" else held
        for held in world.inventory.holdings
    )
    if node_too:
        world.inventory.groups = tuple(replace(g, window=Window(g.window.start, end)) for g in world.inventory.groups)
    world.history.told = world.inventory.devices(FOREVER)


async def away(world: World, seconds: int = 600) -> None:
    world.inventory.watching = False
    await world.cycle(60)
    world.clock.advance(seconds)
    world.inventory.watching = True


async def test_a_pod_that_ends_unwatched_ends() -> None:
    """What the watch shows as ended when it comes back costs nothing from then on."""
    world = await a_world()
    lose(world)
    ended = world.clock.now() + 180
    await away(world)
    await world.cycles(6, HOUR)
    assert world.charged(CHAT) == f"{(ended - at(0)) * HOURLY // HOUR / 10**9:.2f}"


async def test_a_node_that_goes_unwatched_goes() -> None:
    """Its cards are not idle for ever."""
    world = await a_world()
    lose(world, node_too=True)
    ended = world.clock.now() + 180
    await away(world)
    await world.cycles(6, HOUR)
    assert world.billed() == (ended - at(0)) * 4 * HOURLY // HOUR


async def test_a_pod_that_ended_while_the_operator_was_away_ends() -> None:
    """A finished pod that the API server still lists is not charged again after a restart."""
    world = await a_world()
    lose(world)
    ended = world.clock.now() + 180
    world.clock.advance(1800)
    world.restart()
    await world.cycle()
    await world.cycles(6, HOUR)
    assert world.charged(CHAT) == f"{(ended - at(0)) * HOURLY // HOUR / 10**9:.2f}"


async def test_a_history_without_uids_makes_no_twin() -> None:
    """Where a hole is told by pod names only, the pod that is known by its UID is charged once."""
    world = await a_world()
    pod = a_pod("chat-0", "support", uid="support/chat-0")
    cards = CardGroup(NodeRef("node-a", Instant(0)), "nvidia.com/gpu", node().product, 8, between(0, 40 * DAY))
    world.history.told = Devices((cards,), (Holding(pod, "node-a", "nvidia.com/gpu", 2, between(0, 40 * DAY)),))
    world.clock.advance(1800)
    world.restart()
    await world.cycle()
    await world.cycles(3, HOUR)
    assert world.charged(CHAT) == f"{(world.clock.now() - at(0)) * HOURLY // HOUR / 10**9:.2f}"


async def test_the_watch_knows_better_who_a_pod_is() -> None:
    """Recorded series may lack labels; as soon as the watch sees the pod, its workload owns it."""
    world = World()
    world.declare()
    world.populate()
    nameless = tuple(replace(held, pod=replace(held.pod, labels=frozenset())) for held in world.inventory.holdings)
    world.history.told = Devices((node(),), nameless)
    await world.cycle()
    await world.cycle(HOUR)
    assert world.charged(CHAT) > "0.00"


async def test_what_is_heard_late_reaches_the_ledger_without_a_restart() -> None:
    """A pod whose end is told hours later is charged to its end, in settled hours too, as a restart would say."""
    world = await a_world()
    ended = world.clock.now()
    await world.cycles(4, HOUR)
    lose(world, after=ended - world.clock.now())
    await world.cycle(60)
    await world.cycle(1200)
    before = world.digest()
    assert world.charged(CHAT) == f"{(ended - at(0)) * HOURLY // HOUR / 10**9:.2f}"
    world.restart()
    await world.cycle()
    assert world.digest() == before


async def test_a_month_is_finished_however_late() -> None:
    """An operator that was away over the month's end and its close still fills in the month, to the last hour."""
    world = await a_world(30 * DAY - 2 * HOUR)
    world.clock.advance(8 * DAY)
    world.restart()
    await world.cycle()
    assert world.billed("2026-11") == 30 * 24 * 4 * HOURLY


async def test_a_hole_that_nobody_fills_is_a_gap() -> None:
    """Time of which nobody knows who held what is said, also while the history is not asked successfully yet."""
    world = await a_world()
    world.clock.advance(3 * HOUR)
    world.restart()
    world.history.failure = Unavailable("no answer")
    await world.cycle()
    await world.cycle(HOUR)
    condition = world.condition(RANK, "DataAvailable")
    assert (condition["status"], condition["reason"]) == ("False", "NoPodHistory")


def running_too_many() -> Holding:
    return running("rank-9", "search", "rank", count=8)


async def test_parked_cost_is_told_to_whom_it_concerns() -> None:
    """A workload whose pod held cards that are parked is partial, and so is its unit; the sum stays the node's."""
    world = await a_world()
    world.inventory.holdings = (*world.inventory.holdings, running_too_many())
    await world.cycle(60)
    await world.cycle(HOUR)
    for ref in (CHAT, RANK):
        assert world.condition(ref, "DataAvailable")["reason"] == "OverAllocated"
        assert world.store.status(ref)["summary"]["state"] == "Partial"
