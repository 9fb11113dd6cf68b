"""Looking at requests, whatever happens to it: days that were told stay, and no fault of ours reaches usage."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace

import pytest

from aicost.core.declarations import Grant
from aicost.core.samples import Request, Sample, Stretch, sample_of
from aicost.core.usage import Tokens, UsageRow
from aicost.core.window import DAY as DAY_S
from aicost.core.window import Instant, Window
from aicost.ports import BillReading
from aicost.sources.tokens.client import Access, Client
from aicost.sources.tokens.litellm import LITELLM
from aicost.sources.tokens.sampling import Sampler
from tests.sources.tokens.litellm.conftest import DAY, LiteLLM
from tests.support.builders import dims

CALLER = dims(apiKey="rank", model="m")
DAYS = [Window(Instant(DAY.start + day * DAY_S), Instant(DAY.end + day * DAY_S)) for day in range(3)]
OVER = Window(DAY.start, Instant(DAYS[-1].end + DAY_S))
READ = BillReading(usage=tuple(UsageRow("gw", day, CALLER, Tokens(requests=9)) for day in DAYS))
SEEN = sample_of([Stretch((Request(CALLER, 10, 1),), 1)])


@pytest.fixture
def sampler(litellm: LiteLLM) -> Callable[[Callable[[Window], Sample]], Sampler]:
    """One that is told of a day by a function; a hundred seconds of a test are none."""
    litellm.source = replace(litellm.source, grants=(Grant("apiKey", "rank", frozenset({"search"})),))
    access = Access(litellm.secrets, litellm.policy, replace(litellm.limits, day_s=2))

    def of(told: Callable[[Window], Sample]) -> Sampler:
        async def look(_client: Client, day: Window) -> Sample:
            found = told(day)
            await asyncio.sleep(0 if found else 100)
            return found

        return Sampler(LITELLM, access, look)

    return of


def looked_at(reading: BillReading) -> list[Window]:
    """The days of which requests were counted."""
    return [row.day for row in reading.usage if row.measured]


async def test_a_fault_of_ours_is_a_notice_and_spoils_no_usage(
    litellm: LiteLLM, sampler: Callable[[Callable[[Window], Sample]], Sampler]
) -> None:
    """It is logged with its trace, and asked again on the next day only."""
    asked: list[Window] = []

    def failing(day: Window) -> Sample:
        asked.append(day)
        raise KeyError(day)

    mine = sampler(failing)
    for _ in range(2):
        reading = await mine.beside(litellm.source, OVER, READ, lambda _, caller: (caller,))
        assert reading.usage == READ.usage
        assert ["by a fault of aicost, which its log tells" in gap.message for gap in reading.gaps] == [True]
    assert asked == DAYS[-1:]


async def test_days_that_were_told_in_time_stay_and_the_others_follow(
    litellm: LiteLLM, sampler: Callable[[Callable[[Window], Sample]], Sampler]
) -> None:
    """The latest first; that it was not done in one poll is no notice."""
    slow = {DAYS[0]}
    mine = sampler(lambda day: () if day in slow else SEEN)
    reading = await mine.beside(litellm.source, OVER, READ, lambda _, caller: (caller,))
    assert (looked_at(reading), reading.gaps) == (DAYS[1:], ())
    slow.clear()
    reading = await mine.beside(litellm.source, OVER, READ, lambda _, caller: (caller,))
    assert (looked_at(reading), reading.gaps) == (DAYS, ())


async def test_no_request_is_given_to_a_row_that_is_not_there(
    litellm: LiteLLM, sampler: Callable[[Callable[[Window], Sample]], Sampler]
) -> None:
    """Of several rows that it may be of the likeliest counts it, once."""
    mine = sampler(lambda _: SEEN)
    reading = await mine.beside(litellm.source, OVER, READ, lambda _, caller: (caller | {("customer", "acme")},))
    assert looked_at(reading) == []
    both = replace(READ, usage=(*READ.usage, UsageRow("gw", DAYS[0], dims(apiKey="rank"), Tokens(requests=1))))
    reading = await mine.beside(litellm.source, OVER, both, lambda _, caller: (caller, dims(apiKey="rank")))
    assert [row.dimensions for row in reading.usage if row.measured] == [CALLER] * 3


async def test_a_page_is_one_draw_of_a_row_however_many_customers_called(
    litellm: LiteLLM, sampler: Callable[[Callable[[Window], Sample]], Sampler]
) -> None:
    """A hundred calls of a page with a customer each are counted as those of one caller are."""
    page = Stretch(tuple(Request(CALLER | dims(customer=str(number)), 10, 1) for number in range(100)), 400)
    mine = sampler(lambda _: sample_of([page]))
    reading = await mine.beside(litellm.source, OVER, READ, lambda _, caller: (caller, CALLER))
    assert all(("sampledSquares", 400**2) in row.measured for row in reading.usage)
