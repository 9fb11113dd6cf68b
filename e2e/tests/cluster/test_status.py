"""Statuses, the store and Events against the real API server and the real CRDs."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest

from aicost.api.declared import Translated
from aicost.cluster.connection import Connection
from aicost.cluster.events import EventAnnouncer, Patience
from aicost.cluster.relist import Relister
from aicost.cluster.resources import ResourceStore
from aicost.cluster.status import StatusPatcher
from aicost.core.declarations import Declarations
from aicost.ports import ResourceRef
from e2e.tests.cluster.conftest import CRDS, RealClock, Space, running, until

WANTED: dict[str, Any] = {
    "observedGeneration": 1,
    "period": "2026-11",
    "currency": "USD",
    "summary": {"cost": "2696.80", "state": "OK"},
}


def a_workload(name: str = "chat") -> dict[str, Any]:
    return {
        "apiVersion": "aicost.dev/v1alpha1",
        "kind": "AIWorkload",
        "metadata": {"name": name},
        "spec": {"businessUnit": "care", "pods": {"selector": {"matchLabels": {"app": name}}}},
    }


@pytest.fixture
async def store(space: Space, connection: Connection) -> AsyncIterator[ResourceStore]:
    """A store that lists every second, and one workload."""
    space.control_plane.kubectl("apply", "-f", CRDS)
    space.control_plane.kubectl("wait", "--for=condition=established", "--timeout=30s", "-f", CRDS)
    space.apply(a_workload())
    made = ResourceStore(lambda _: Translated(Declarations()))
    async with running(Relister(connection, made, RealClock(), every=1, retry=0.1).run()):
        await until(lambda: made.synced and made.resource(chat(space)))
        yield made


def chat(space: Space) -> ResourceRef:
    return ResourceRef("AIWorkload", space.namespace, "chat")


def version(space: Space) -> str:
    return str(space.get("aiworkload", "chat")["metadata"]["resourceVersion"])


async def test_a_status_is_written_only_when_it_differs(
    space: Space, connection: Connection, store: ResourceStore
) -> None:
    """The object's version says so; a key that is no longer wanted goes, and spec and generation stay."""
    writer, ref = StatusPatcher(connection, store), chat(space)
    assert await writer.write([(ref, WANTED)]) == 1
    written = version(space)
    assert await writer.write([(ref, WANTED)]) == 0
    assert version(space) == written
    less = {key: value for key, value in WANTED.items() if key != "currency"}
    assert await writer.write([(ref, less)]) == 1
    shown = space.get("aiworkload", "chat")
    assert shown["status"] == less
    assert shown["metadata"]["generation"] == 1
    assert writer.written == 2


async def test_a_restarted_operator_writes_nothing_when_nothing_changed(
    space: Space, connection: Connection, store: ResourceStore
) -> None:
    """Another process, with what it lists, finds the status as it wants it."""
    await StatusPatcher(connection, store).write([(chat(space), WANTED)])
    anew = ResourceStore(lambda _: Translated(Declarations()))
    await Relister(connection, anew, RealClock()).relist("AIWorkload")
    assert await StatusPatcher(connection, anew).write([(chat(space), WANTED)]) == 0


async def test_a_deletion_is_noticed_and_writing_to_it_is_no_error(
    space: Space, connection: Connection, store: ResourceStore
) -> None:
    """By the next list, without any watch; a write in between finds nobody."""
    writer, ref = StatusPatcher(connection, store), chat(space)
    space.kubectl("delete", "aiworkload", "chat")
    assert await writer.write([(ref, WANTED)]) == 0
    assert writer.failed == 0
    await until(lambda: store.resource(ref) is None)


async def test_an_event_can_be_seen(space: Space, connection: Connection, store: ResourceStore) -> None:
    """As kubectl shows it, about that object, in its namespace or in default."""
    space.control_plane.kubectl("apply", "-f", "-", stdin=UNIT)
    announcer = EventAnnouncer(connection, store, "operator-0", Patience())
    async with running(announcer.run()):
        await announcer.announce(chat(space), "BudgetExceeded", "100 of 90 USD", warning=True)
        await announcer.announce(ResourceRef("BusinessUnit", "", "care-e2e"), "Ready", "accepted", warning=False)
        await until(lambda: announcer.posted + announcer.dropped == 2)
    assert "care-e2e" in space.control_plane.kubectl("get", "events", "-n", "default")
    space.control_plane.kubectl("delete", "businessunit", "care-e2e")
    event = space.get("events.events.k8s.io")["items"][0]
    assert event["regarding"]["uid"] == space.get("aiworkload", "chat")["metadata"]["uid"]
    assert (event["note"], event["type"]) == ("100 of 90 USD", "Warning")
    assert announcer.dropped == 0


UNIT = """
apiVersion: aicost.dev/v1alpha1
kind: BusinessUnit
metadata: {name: care-e2e}
spec: {currency: USD}
"""
