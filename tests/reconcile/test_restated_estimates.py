"""An estimate that a month was closed with stays until its bill is all there: what a bill lacks is no saving."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace

import pytest

from aicost.core.bills import BillDay
from aicost.core.ledger import UNCLAIMED, Owner
from aicost.core.window import HOUR
from tests.reconcile.october import NOW, close, restate
from tests.reconcile.test_estimates import usage
from tests.reconcile.test_restated import corrected
from tests.reconcile.world import PACING, World, bill_of
from tests.support.builders import a_row, owned_by, usd

LAST = -1
"""The 31st of October."""


async def closed_with_an_estimate() -> World:
    """October's last day was used for 2.00, of which no bill told before it was closed."""
    world = World(NOW)
    world.declare()
    world.store.apply("BusinessUnit", "unallocated", {})
    world.bills.days = (bill_of(LAST - 1),)
    world.bills.usage = (usage(LAST),)
    world.bills.counts_every_day = True
    await world.cycle()
    await close(world)
    return world


@pytest.mark.parametrize(
    "lacking",
    [
        replace(bill_of(LAST, a_row(usd(0, 500_000_000), project="p")), whole=False),
        replace(bill_of(LAST), rows=()),
    ],
    ids=["a part", "nothing yet"],
)
async def test_a_bill_that_lacks_something_takes_no_estimate_back(lacking: BillDay) -> None:
    """One that tells a part of the day, or is not in: October costs what it was closed with until the whole is there."""
    world = await closed_with_an_estimate()
    closed = world.digest("2026-10")
    restate(world, lacking)
    await world.cycle(3600)
    assert corrected(world) == []
    restate(world, bill_of(LAST))
    await world.cycle(3600)
    assert sum_of(corrected(world)) == {owned_by(): usd(12).nanos, UNCLAIMED: usd(2).nanos}
    assert world.digest("2026-10") == closed


async def test_a_day_of_which_nothing_is_billed_in_the_end_takes_its_estimate_back() -> None:
    """Once the time is over in which a bill follows what was used."""
    world = await closed_with_an_estimate()
    restate(world, replace(bill_of(LAST), rows=()))
    await world.cycle(PACING.bill_settles_after * HOUR)
    assert sum_of(corrected(world)) == {owned_by(): -usd(2).nanos}


def sum_of(lines: list[tuple[Owner, int]]) -> dict[Owner, int]:
    """By owner, what a correction takes back of the estimate beside what it adds."""
    sums: dict[Owner, int] = defaultdict(int)
    for owner, nanos in lines:
        sums[owner] += nanos
    return sums
