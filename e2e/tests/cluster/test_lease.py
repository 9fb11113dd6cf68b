"""Leader election against the real API server."""

from __future__ import annotations

import asyncio

import pytest

from aicost.cluster.connection import Connection
from aicost.cluster.lease import Leadership, LeasePace
from e2e.tests.cluster.conftest import Space, running

PACE = LeasePace(duration=3, deadline=2, retry=0.3)


def contender(connection: Connection, space: Space, identity: str) -> Leadership:
    return Leadership(connection, space.namespace, "aicost", identity, PACE)


async def test_two_contend_and_one_leads(space: Space, connection: Connection) -> None:
    """The second waits while the first renews; when the first is killed, it takes over after the duration."""
    one, two = (contender(connection, space, name) for name in ("one", "two"))
    assert await one.acquire() == 0
    async with running(one.keep()):
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(two.acquire(), 4)
    assert await asyncio.wait_for(two.acquire(), 6) == 1
    spec = space.get("lease", "aicost")["spec"]
    assert (spec["holderIdentity"], spec["leaseTransitions"]) == ("two", 1)
    await one.keep()  # the killed one, come back to life
    assert one.epoch is None


async def test_a_release_hands_over_at_once(space: Space, connection: Connection) -> None:
    """The real server takes a Lease without a holder."""
    one, two = (contender(connection, space, name) for name in ("one", "two"))
    await one.acquire()
    await one.release()
    await asyncio.wait_for(two.acquire(), 1.5)
    assert two.epoch == 1


async def test_many_begin_at_once_and_one_wins(space: Space, connection: Connection) -> None:
    """The server's own conflict decides; the others wait."""
    contenders = [contender(connection, space, str(number)) for number in range(5)]
    tasks = [asyncio.create_task(each.acquire()) for each in contenders]
    await asyncio.sleep(1.5)
    assert sum(task.done() for task in tasks) == 1
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def test_a_restart_of_the_api_server_is_survived_or_noticed(space: Space, connection: Connection) -> None:
    """An outage longer than the deadline ends the leadership on the holder's side."""
    one = contender(connection, space, "one")
    await one.acquire()
    try:
        await asyncio.to_thread(space.control_plane.stop_apiserver, kill=True)
        await asyncio.wait_for(one.keep(), 4)
        assert one.epoch is None
    finally:
        await asyncio.to_thread(space.control_plane.start_apiserver)
    assert await asyncio.wait_for(one.acquire(), 6) == 0
