"""One leads. Whoever cannot renew stops before another may begin."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable
from dataclasses import replace

import pytest

from aicost.cluster.connection import Connection
from aicost.cluster.lease import Leadership, LeasePace
from aicost.ports import Tenure
from tests.cluster.conftest import until
from tests.cluster.fake_api import FakeApi, answering

PATH = "/apis/coordination.k8s.io/v1/namespaces/aicost/leases/aicost"
FAST = LeasePace(duration=2, deadline=1.5, retry=0.1)


@pytest.fixture
def one(connection: Connection) -> Leadership:
    return Leadership(connection, "aicost", "aicost", "one", FAST)


@pytest.fixture
def two(connection: Connection) -> Leadership:
    return Leadership(connection, "aicost", "aicost", "two", FAST)


async def soon(waited: Awaitable[object], seconds: float = 10) -> None:
    await asyncio.wait_for(waited, seconds)


async def stop(task: asyncio.Task[None]) -> None:
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task


async def test_the_first_makes_it_and_the_second_waits(api: FakeApi, one: Leadership, two: Leadership) -> None:
    """For as long as the first renews."""
    await soon(one.acquire())
    keeping = asyncio.create_task(one.keep())
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(two.acquire(), 2.6)
    assert api.objects[PATH]["spec"]["holderIdentity"] == "one"
    await stop(keeping)


async def test_tenures_tell_leaders_and_leases_apart(api: FakeApi, one: Leadership, two: Leadership) -> None:
    """The ledger's fence learns which Lease, how often its holder changed and who it is; another Lease is another."""
    assert one.tenure == Tenure(holder="one")
    await soon(one.acquire())
    first = one.tenure
    await one.release()
    await soon(two.acquire())
    assert (first.holder, two.tenure.holder, two.tenure.lease) == ("one", "two", first.lease)
    assert first.lease
    assert two.tenure.epoch > first.epoch
    del api.objects[PATH]
    await soon(one.acquire())
    assert one.tenure.lease != first.lease


async def test_a_dead_holder_is_followed_after_the_duration(api: FakeApi, one: Leadership, two: Leadership) -> None:
    """Not earlier, measured by the follower's own clock; the epoch grows."""
    await soon(one.acquire())
    api.objects[PATH]["spec"]["renewTime"] = "2000-01-01T00:00:00.000000Z"
    now = asyncio.get_running_loop().time
    began = now()
    await soon(two.acquire())
    assert now() - began > 1.8
    assert (one.epoch, two.epoch) == (0, 1)


async def test_a_released_lease_is_free_at_once(one: Leadership, two: Leadership) -> None:
    """A rolling update does not wait for the duration."""
    await soon(one.acquire())
    await one.release()
    await soon(two.acquire(), 1.5)
    assert two.epoch == 1


async def test_who_cannot_renew_gives_up_in_time(api: FakeApi, one: Leadership) -> None:
    """Before the duration is over, so that two never work at once."""
    await soon(one.acquire())
    for _ in range(100):
        api.fail_next("PUT", answering(500))
    now = asyncio.get_running_loop().time
    began = now()
    await soon(one.keep())
    assert now() - began < FAST.duration
    assert one.epoch is None


async def test_a_silent_server_is_no_renewal(api: FakeApi, one: Leadership) -> None:
    """A request that hangs does not hold up the giving up."""
    await soon(one.acquire())

    async def hang(_: object) -> None:
        await asyncio.sleep(5)

    api.fail_next("PUT", hang)  # type: ignore[arg-type] # never answers
    await soon(one.keep(), 4)
    assert one.epoch is None


async def test_who_was_replaced_notices(api: FakeApi, one: Leadership) -> None:
    """Somebody edits the Lease: the holder stops at its next renewal."""
    await soon(one.acquire())
    await api.put(PATH, {**api.objects[PATH], "spec": {"holderIdentity": "two"}})
    await soon(one.keep(), 1.2)
    assert one.epoch is None


async def test_a_renewal_whose_answer_was_lost_is_still_ours(api: FakeApi, one: Leadership) -> None:
    """The version moved on by our own hand: read again, go on."""
    await soon(one.acquire())
    await api.put(PATH, api.objects[PATH])
    keeping = asyncio.create_task(one.keep())
    await until(lambda: api.count("PUT") >= 3)
    assert one.epoch == 0
    await stop(keeping)


async def test_errors_while_waiting_are_only_waited_for(api: FakeApi, one: Leadership) -> None:
    """No server, no grant: it goes on asking."""
    api.fail_next("GET", answering(500))
    api.fail_next("GET", answering(403))
    await soon(one.acquire())
    assert api.count("GET") > 2
    assert api.objects[PATH]["spec"]["holderIdentity"] == "one"


async def test_a_reason_is_said_once_and_again_as_a_reminder(
    api: FakeApi, connection: Connection, caplog: pytest.LogCaptureFixture
) -> None:
    """A refusal lasts until somebody acts: a warning at each attempt would drown all else, none at all would hide it."""
    for _ in range(20):
        api.fail_next("GET", answering(403))
    api.fail_next("GET", answering(500))
    patient = replace(FAST, retry=0.01, reminder=60)
    await soon(Leadership(connection, "aicost", "aicost", "one", patient).acquire())
    said = [record.getMessage() for record in caplog.records if record.levelname == "WARNING"]
    assert [answer for message in said for answer in ("403", "500") if f"answered {answer}" in message] == [
        "403",
        "500",
    ]
    caplog.clear()
    for _ in range(20):
        api.fail_next("GET", answering(403))
    reminding = replace(FAST, retry=0.01, reminder=0.02)
    await soon(Leadership(connection, "aicost", "aicost", "one", reminding).acquire())
    assert 2 <= len([record for record in caplog.records if record.levelname == "WARNING"]) < 20


def test_a_pace_that_lets_two_work_is_refused() -> None:
    """The holder must give up before the others may begin."""
    with pytest.raises(ValueError, match="deadline < duration"):
        LeasePace(duration=10, deadline=15)
