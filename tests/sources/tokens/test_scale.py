"""A large organisation is read in a stated number of requests: some for each day, whatever the number of keys."""

from __future__ import annotations

import pytest

from aicost.core.declarations import BILL, Source
from aicost.core.window import DAY, Instant, Window
from aicost.sources.tokens import READERS
from aicost.sources.tokens.client import Access
from aicost.sources.urls import UrlPolicy
from e2e.emulators.everyday import EverydayAnthropic, EverydayOpenAI, Size
from tests.sources.tokens.conftest import FAST, OVER, Secrets

SIZE = Size(projects=5, keys=50, models=60, rows_per_page=25)
DAYS, COSTS, USED = 35, 200, 100
PAGES = USED // SIZE.rows_per_page
CASES: dict[str, tuple[EverydayOpenAI | EverydayAnthropic, str, int]] = {
    "OpenAI": (EverydayOpenAI(SIZE), "sk-admin-emulated", DAYS * 6 + SIZE.projects),
    "Anthropic": (EverydayAnthropic(SIZE), "sk-ant-admin-emulated", DAYS * (2 * PAGES + 1) + 2),
}
"""Each with its requests at most: OpenAI's six a day whatever its size, and one for the names of each project; Anthropic's one
for each page of costs and of usage and one for the manners of each day, and two lists of names."""


@pytest.mark.parametrize("of", CASES)
async def test_five_weeks_are_read_in_so_many_requests(of: str) -> None:
    """A fortieth of 200 projects and 2,000 keys, on pages of a fortieth: each line once, in as many requests as the whole takes."""
    emulator, key, most = CASES[of]
    with emulator.serving() as serving:
        access = Access(Secrets(key), UrlPolicy(frozenset({serving.url.removeprefix("http://")})), FAST)
        source = Source("large", of, BILL, secret=("large", "token"), url=f"{serving.url}/v1")
        reading = await READERS[of, BILL](access).read(source, Window(Instant(OVER.end - DAYS * DAY), OVER.end))
    assert reading.gaps == ()
    assert sum(row.amount.nanos for day in reading.days for row in day.rows) == DAYS * COSTS * 1_010_000_000
    assert len({id(row.dimensions) for day in reading.days for row in day.rows}) == COSTS
    assert len(reading.usage) == DAYS * USED
    assert len(emulator.asked) <= most
