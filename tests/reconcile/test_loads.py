"""Loads over whole evaluations: read once, kept over a restart, asked again where they failed, and nobody's gap."""

from __future__ import annotations

import json

import pytest

from aicost.core.loads import KEPT, Loads
from aicost.core.window import DAY, HOUR
from aicost.ports import Forbidden, Malformed, Unavailable
from aicost.reconcile import loads as module
from aicost.reconcile.loads import COVERED, LoadRecord
from tests.reconcile.world import NOON, World
from tests.support.builders import at, between
from tests.support.fakes import FakeLoads
from tests.support.loads import a_load

NOON_HOURS = 12
TOLD = Loads(tuple(a_load(hour) for hour in range(NOON_HOURS)))


def a_world() -> World:
    world = World(NOON - DAY)
    world.declare()
    world.populate()
    world.loads.seen = TOLD
    return world


async def test_what_was_read_is_in_the_ledger_and_is_not_asked_again() -> None:
    """Also not by a new process."""
    world = a_world()
    await world.cycles(2)
    assert world.ledger.loads(between(0, DAY)) == Loads(TOLD.cards[:-1])
    asked = len(world.loads.asked)
    world.restart()
    await world.cycles(2)
    assert len(world.loads.asked) == asked
    assert json.loads(world.ledger.marks()[COVERED])[-1][1] == at(11 * HOUR)


async def test_a_version_before_loads_has_them_read_of_the_open_months() -> None:
    """A ledger that was never asked for them knows none: history comes back."""
    world = a_world()
    await world.cycles(2)
    world.loads.asked.clear()
    record = LoadRecord(world.loads, {})
    await record.catch_up(between(0, 11 * HOUR))
    assert world.loads.asked == [between(0, 11 * HOUR)]


async def test_nothing_is_asked_that_would_not_be_kept() -> None:
    """Five weeks, by days."""
    source = FakeLoads()
    record = LoadRecord(source, {COVERED: json.dumps([[at(-90 * DAY), at(-60 * DAY)]])})
    await record.catch_up(between(-62 * DAY, 0))
    assert source.asked[0].start == at(HOUR - KEPT)
    assert sum(asked.seconds for asked in source.asked) == KEPT - HOUR
    assert record.covered == (between(HOUR - KEPT, 0),)


@pytest.mark.parametrize("failure", [Unavailable("down"), Malformed("nonsense"), Forbidden("refused")])
async def test_a_failure_is_asked_again_and_is_no_gap(failure: Exception, caplog: pytest.LogCaptureFixture) -> None:
    """No cost rests on loads; the log says so."""
    world = a_world()
    world.loads.failure = failure
    await world.cycles(2)
    assert world.ledger.loads(between(0, DAY)) == Loads()
    assert "how hard cards worked" in caplog.text
    assert not any("how hard" in gap.message for gap in world.recorder.gaps())
    world.loads.failure = None
    await world.cycles(2)
    assert world.ledger.loads(between(0, DAY)) == Loads(TOLD.cards[:-1])


async def test_a_pass_stops_where_too_much_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    """It goes on once the ledger has what waits."""
    monkeypatch.setattr(module, "MOST_WAITING", 1)
    source = FakeLoads(Loads((a_load(0), a_load(24))))
    record = LoadRecord(source, {})
    await record.catch_up(between(0, 2 * DAY))
    waiting, _ = record.unsaved()
    assert waiting == (Loads((a_load(0),)),)
    record.saved(waiting)
    await record.catch_up(between(0, 2 * DAY))
    assert record.unsaved()[0] == (Loads((a_load(24),)),)
    assert record.covered == (between(0, 2 * DAY),)
