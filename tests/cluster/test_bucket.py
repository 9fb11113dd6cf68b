"""The bucket gives no more than its rate, and nothing while somebody asked for a pause."""

from __future__ import annotations

import asyncio

from aicost.cluster.bucket import Bucket


async def test_a_burst_and_then_the_rate() -> None:
    """Two at once, then one every 20 ms."""
    bucket, now = Bucket(50, 2), asyncio.get_running_loop().time
    began = now()
    for _ in range(4):
        await bucket.take()
    assert 0.035 < now() - began < 0.5


async def test_no_token_after_the_deadline() -> None:
    """Whoever cannot have one in time is told at once."""
    bucket, now = Bucket(1, 1), asyncio.get_running_loop().time
    assert await bucket.take(now() + 0.1)
    began = now()
    assert not await bucket.take(now() + 0.1)
    assert now() - began < 0.05


async def test_a_pause_holds_everybody() -> None:
    """Also saved tokens count for nothing then."""
    bucket, now = Bucket(1000, 8), asyncio.get_running_loop().time
    bucket.pause(0.05)
    began = now()
    await bucket.take()
    assert now() - began > 0.04
