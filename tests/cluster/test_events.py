"""Events tell of transitions, and are never a reason to wait or to fail."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator

import pytest

from aicost.api.declared import Translated
from aicost.cluster.connection import Connection
from aicost.cluster.events import EventAnnouncer, Patience
from aicost.cluster.resources import ResourceStore
from aicost.core.declarations import Declarations
from aicost.ports import ResourceRef
from tests.cluster.conftest import until
from tests.cluster.fake_api import FakeApi, answering

CHAT = ResourceRef("AIWorkload", "support", "chat")
CARE = ResourceRef("BusinessUnit", "", "care")
FAST = Patience(waiting=3, per_second=1000)


@pytest.fixture
def announcer(connection: Connection) -> EventAnnouncer:
    store = ResourceStore(lambda _: Translated(Declarations()))
    metadata = {"namespace": "support", "name": "chat", "uid": "u1", "resourceVersion": "1"}
    store.observe(None, {"kind": "AIWorkload", "metadata": metadata})
    return EventAnnouncer(connection, store, "pod-1", FAST)


@pytest.fixture
async def running(announcer: EventAnnouncer) -> AsyncIterator[EventAnnouncer]:
    task = asyncio.create_task(announcer.run())
    yield announcer
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task


async def test_an_event_says_what_about_whom(api: FakeApi, running: EventAnnouncer) -> None:
    """In the object's namespace, with its UID, so that kubectl describe shows it."""
    await running.announce(CHAT, "BudgetExceeded", "é" * 2000, warning=True)
    await until(lambda: api.bodies)
    event = api.bodies[0]
    assert api.requests == ["POST /apis/events.k8s.io/v1/namespaces/support/events"]
    assert (event["type"], event["reason"], event["reportingController"]) == (
        "Warning",
        "BudgetExceeded",
        "aicost.dev/operator",
    )
    assert event["regarding"]["uid"] == "u1"
    assert event["note"] == "é" * 512


async def test_cluster_scoped_objects_have_theirs_in_default(api: FakeApi, running: EventAnnouncer) -> None:
    """Where kubectl looks for them."""
    await running.announce(CARE, "Ready", "accepted", warning=False)
    await until(lambda: api.bodies)
    assert api.bodies[0]["metadata"]["namespace"] == "default"
    assert api.bodies[0]["type"] == "Normal"


async def test_the_same_news_is_told_once(api: FakeApi, running: EventAnnouncer) -> None:
    """A condition that flaps does not fill the cluster."""
    for _ in range(3):
        await running.announce(CHAT, "Ready", "accepted", warning=False)
    await running.announce(CHAT, "Ready", "accepted anew", warning=False)
    await until(lambda: len(api.bodies) >= 2)
    assert [body["note"] for body in api.bodies] == ["accepted", "accepted anew"]


async def test_a_lost_event_is_only_counted(api: FakeApi, running: EventAnnouncer) -> None:
    """A missing grant neither raises nor stops the next."""
    api.fail_next("POST", answering(403))
    await running.announce(CHAT, "Ready", "one", warning=False)
    await running.announce(CHAT, "Ready", "two", warning=False)
    await until(lambda: api.bodies)
    assert running.dropped == 1


async def test_few_wait(announcer: EventAnnouncer) -> None:
    """While nobody posts, what is too much is dropped, not kept."""
    for number in range(5):
        await announcer.announce(CHAT, "Ready", str(number), warning=False)
    assert announcer.dropped == 2
