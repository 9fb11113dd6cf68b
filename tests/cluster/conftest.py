"""What the tests of the adapters share: a fake API server, a connection to it, a clock to set, and patience."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass

import pytest

from aicost.cluster.connection import Connection
from aicost.cluster.listwatch import Pace
from aicost.core.window import Instant
from tests.cluster.fake_api import FakeApi
from tests.support.builders import T0, at

FAST = Pace(page=2, watch=(60, 60), silence=0.4, relist=60, retry_first=0.01, retry_most=0.05)


@dataclass
class SetClock:
    """A clock that stands where it was set: seconds after T0."""

    time: Instant = T0

    def now(self) -> Instant:
        return self.time

    def set(self, seconds: int) -> None:
        self.time = at(seconds)


async def until(true: Callable[[], object], seconds: float = 10) -> None:
    """Wait until it is true; fails after so long."""
    async with asyncio.timeout(seconds):
        while not true():  # noqa: ASYNC110 # a test looks from outside
            await asyncio.sleep(0.005)


@pytest.fixture
async def api() -> AsyncIterator[FakeApi]:
    async with FakeApi() as running:
        yield running


@pytest.fixture
async def connection(api: FakeApi) -> AsyncIterator[Connection]:
    async with Connection(api.access, timeout=2) as opened:
        yield opened


@pytest.fixture
def clock() -> SetClock:
    return SetClock()
