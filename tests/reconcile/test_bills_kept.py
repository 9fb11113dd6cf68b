"""The bill desk over a long time: a provider that asks to be left alone is, and old days are not kept for ever."""

from __future__ import annotations

from dataclasses import dataclass, replace

import pytest

from aicost.core.declarations import Source
from aicost.core.window import DAY, HOUR, Window, day_of
from aicost.ports import BillReading
from aicost.reconcile.bills import FOLLOWS
from tests.reconcile.test_bills import POLL, UNREADABLE, Desk, a_day
from tests.support.builders import at
from tests.support.fakes import FakeBillReader


@dataclass
class Resting(FakeBillReader):
    """It asks to be left alone for so long after each poll."""

    rest_s: float = 0.0

    async def read(self, source: Source, over: Window) -> BillReading:
        return replace(await super().read(source, over), rest_s=self.rest_s)


@pytest.mark.parametrize(("asked", "given"), [(7200.0, 7200.0), (1e9, DAY), (60.0, POLL)])
async def test_a_provider_is_left_alone_as_long_as_it_asks(asked: float, given: float) -> None:
    """Longer than a poll interval if it says so, and for a day at most; failures do not shorten it."""
    desk = Desk(openai=Resting(rest_s=asked, gaps=(UNREADABLE,) if asked > POLL else ()))
    for second in (0.0, given - 1, given + 1):
        await desk.poll(loop_time=second)
        assert len(desk.openai.asked) == (2 if second > given else 1)


async def test_what_is_read_again_unchanged_is_no_news() -> None:
    """A poll that tells what is known makes nobody evaluate a month of rows again; a changed amount does, and a gap."""
    desk = Desk()
    await desk.poll()
    await desk.poll(loop_time=POLL)
    assert (desk.desk.revision, desk.learnt, len(desk.openai.asked)) == (1, 1, 2)
    desk.openai.days = (a_day(0), a_day(1, dollars=2))
    await desk.poll(loop_time=2 * POLL)
    desk.openai.gaps = (UNREADABLE,)
    await desk.poll(loop_time=3 * POLL)
    assert (desk.desk.revision, desk.learnt) == (3, 3)


async def test_days_that_are_asked_for_no_more_are_forgotten() -> None:
    """Else an operator that runs for years would keep them all; the ledger has them."""
    desk = Desk()
    desk.openai.days = tuple(a_day(day) for day in range(100))
    for day in range(0, 100, 10):
        desk.clock.at = at(day * DAY)
        await desk.poll(loop_time=day * POLL)
    assert next(day.day.start for day in desk.desk.days(at(0))) == day_of(at(30 * DAY)).start


async def test_an_account_that_was_asked_for_before_its_day_was_over_is_not_whole() -> None:
    """Nor in the hours in which it follows what was used; then it is."""
    desk = Desk(openai=FakeBillReader((a_day(1), a_day(2))))
    await desk.poll()
    desk.clock.at = at(3 * DAY)
    assert [day.whole for day in desk.desk.days(at(0))] == [True, False]
    assert desk.desk.through() == {"openai": at(2 * DAY)}
    await desk.poll(loop_time=POLL)
    assert desk.desk.through() == {"openai": at(2 * DAY)}
    desk.clock.advance(FOLLOWS * HOUR)
    await desk.poll(loop_time=2 * POLL)
    assert desk.desk.days(at(2 * DAY)) == (a_day(2),)
    assert desk.desk.through() == {"openai": at(3 * DAY)}
