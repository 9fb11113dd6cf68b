"""A world that knows the last days of October, to close it: what is restated later is for the tests to say."""

from __future__ import annotations

from aicost.core.bills import BillDay
from aicost.core.closing import Outcome
from aicost.core.window import DAY, Period, Window
from tests.reconcile.world import World, bill_of
from tests.support.builders import at

OCTOBER, NOVEMBER = Period("2026-10"), Period("2026-11")
BEGIN, NOW = -3 * DAY, DAY
"""October is known from the 29th on; it is the second of November."""
THE_29TH = BEGIN // DAY


async def a_world(now: int = NOW) -> World:
    """October's last three days and November's first, evaluated once: two pods, and a bill of every day."""
    world = World(now)
    world.declare()
    world.store.apply("BusinessUnit", "unallocated", {})
    world.populate()
    world.history.covers = (Window(at(BEGIN), at(70 * DAY)),)
    world.bills.days = tuple(bill_of(day) for day in range(THE_29TH, now // DAY + 1))
    await world.cycle()
    return world


def restate(world: World, *days: BillDay) -> None:
    """Let the provider give another account of some days."""
    told = {day.day: day for day in (*world.bills.days, *days)}
    world.bills.days = tuple(told[window] for window in sorted(told))


async def close(world: World, period: Period = OCTOBER, *, dry_run: bool = False, force: bool = True) -> Outcome:
    return await world.evaluation.close(period, "jane", dry_run=dry_run, force=force)
