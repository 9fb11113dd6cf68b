"""The back-fill of the open months at the start: day by day, oldest first, saved on the way, and never begun anew."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

from aicost.core.coverage import Progress
from aicost.core.window import DAY, Window
from aicost.ports import Account
from tests.reconcile.world import CHAT, NOON, World
from tests.support.builders import between
from tests.support.fakes import FakeHistory

OCTOBER = 31
DAYS = [between(day * DAY, (day + 1) * DAY) for day in range(-OCTOBER, 1)]
"""The month before is open, too, on the second of November, whose first half the watch does not tell of."""
READ = 10


@dataclass
class SlowHistory(FakeHistory):
    """Answers so many questions, and is silent at the next until it is killed."""

    answers: int = READ
    silent: asyncio.Event = field(default_factory=asyncio.Event)

    async def devices(self, over: Window) -> Account | None:
        if len(self.asked) == self.answers:
            self.silent.set()
            await asyncio.Event().wait()
        return await super().devices(over)


def a_world() -> World:
    world = World(NOON)
    world.declare()
    world.populate()
    world.history.covers = (between(-OCTOBER * DAY, 2 * DAY),)
    return world


async def test_a_restart_goes_on_where_the_last_evaluation_left_it() -> None:
    """Killed within the eleventh day: the ten before are not asked for again, and the ledger is as if nothing happened."""
    world = a_world()
    await world.cycle()
    undisturbed, asked = (world.digest("2026-10"), world.digest()), world.history.asked
    assert asked == [*DAYS, between(DAY, NOON)]

    world = a_world()
    world.history = SlowHistory(world.history.told, world.history.covers)
    world.restart()
    world.evaluation.watch()
    passing = asyncio.create_task(world.evaluation.catch_up())
    await world.history.silent.wait()
    await world.evaluation.run()
    passing.cancel()
    await asyncio.gather(passing, return_exceptions=True)
    before = world.history.asked
    assert before == DAYS[:READ]

    world.history = FakeHistory(world.history.told, world.history.covers)
    world.restart()
    await world.cycle()
    assert before + world.history.asked == asked
    assert (world.digest("2026-10"), world.digest()) == undisturbed


async def test_a_status_says_how_many_days_are_read_meanwhile() -> None:
    """The cost so far is no total yet, and the gap says how far it has come."""
    world = a_world()
    world.history = SlowHistory(world.history.told, world.history.covers, answers=OCTOBER + 1)
    world.restart()
    world.evaluation.watch()
    passing = asyncio.create_task(world.evaluation.catch_up())
    await world.history.silent.wait()
    await world.evaluation.run()
    passing.cancel()
    await asyncio.gather(passing, return_exceptions=True)
    (gap,) = [gap for gap in world.store.status(CHAT)["gaps"] if gap["reason"] == "NoPodHistory"]
    assert gap["message"] == "who held which GPU before aicost started is still being read: 32 of 33 days are"
    assert world.recorder.progress == Progress(32, 33)
