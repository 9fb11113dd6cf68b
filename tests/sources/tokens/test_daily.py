"""Each day is its own question: what one day's question does never touches another day."""

from __future__ import annotations

import asyncio

from aicost.core.bills import BillDay
from aicost.core.gaps import Feed
from aicost.core.reasons import GapReason
from aicost.core.window import DAY, Instant, Window, date
from aicost.ports import BillReading, Malformed
from aicost.sources.tokens.client import Limits
from aicost.sources.tokens.daily import LONGEST_MESSAGE, read_days
from aicost.sources.urls import UrlRefused
from tests.support.builders import T0

WEEK = Window(T0, Instant(T0 + 7 * DAY))


def whole(day: Window) -> BillReading:
    return BillReading(days=(BillDay("s", "p", day, ()),))


async def test_questions_are_bounded_in_number_and_the_newest_day_goes_first() -> None:
    """So many at once and not more; what is read comes back in order of days."""
    running: list[int] = []
    order: list[str] = []

    async def read(day: Window) -> BillReading:
        order.append(date(day.start))
        running.append(1)
        assert len(running) <= 2
        await asyncio.sleep(0)
        running.pop()
        return whole(day)

    reading = await read_days("s", WEEK, {Feed.BILLS: read}, Limits(concurrency=2))
    days = [date(day.day.start) for day in reading.days]
    assert (order, days) == (sorted(days, reverse=True), sorted(days))
    assert len(days) == 7


async def test_a_poll_that_runs_out_of_time_says_which_days_it_did_not_reach() -> None:
    """A day that takes too long and the days after it are gaps; what was read before stays."""

    async def read(day: Window) -> BillReading:
        if day.start < T0 + 5 * DAY:
            await asyncio.sleep(60)
        return whole(day)

    reading = await read_days("s", WEEK, {Feed.BILLS: read}, Limits(concurrency=1, poll_s=0.1))
    assert len(reading.days) == 2
    assert [gap.since for gap in reading.gaps] == [T0 + day * DAY for day in range(5)]
    assert {gap.reason for gap in reading.gaps} == {GapReason.BILL_UNAVAILABLE}


async def test_a_message_is_bounded() -> None:
    """What goes into a status has at most 1 KB."""

    async def read(_day: Window) -> BillReading:
        raise Malformed("x" * 5000)

    reading = await read_days("s", WEEK, {Feed.USAGE: read}, Limits())
    assert {len(gap.message) for gap in reading.gaps} == {LONGEST_MESSAGE}


async def test_a_refused_url_is_one_reason_with_one_message() -> None:
    """It is no failure of the provider: asking again does not help, and every day says the same."""

    async def read(_day: Window) -> BillReading:
        raise UrlRefused("gw.example is at 10.0.0.1, which is not public")

    reading = await read_days("s", WEEK, {Feed.BILLS: read}, Limits())
    assert {(gap.reason, gap.message) for gap in reading.gaps} == {
        (GapReason.URL_REFUSED, "s: gw.example is at 10.0.0.1, which is not public")
    }
