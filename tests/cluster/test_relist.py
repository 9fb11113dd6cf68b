"""Every kind is listed again and again."""

from __future__ import annotations

import asyncio
import contextlib

from aicost.api.declared import Translated
from aicost.cluster.connection import Connection
from aicost.cluster.relist import Relister
from aicost.cluster.resources import ResourceStore
from aicost.core.declarations import Declarations
from tests.cluster.conftest import SetClock, until
from tests.cluster.fake_api import FakeApi, answering

UNITS = "/apis/aicost.dev/v1alpha1/businessunits"


async def test_a_missed_deletion_is_noticed_in_spite_of_errors(
    api: FakeApi, connection: Connection, clock: SetClock
) -> None:
    """The store fills at the start, survives a failing list, and loses what no event told of."""
    store = ResourceStore(lambda _: Translated(Declarations()))
    api.fail_next(UNITS, answering(500))
    await api.put(f"{UNITS}/care", {"metadata": {"name": "care", "uid": "u", "generation": 1}})
    task = asyncio.create_task(Relister(connection, store, clock, every=0.02, retry=0.01).run())
    await until(lambda: store.synced and store.resources("BusinessUnit"))
    assert store.resources("BusinessUnit")[0]["kind"] == "BusinessUnit"
    await api.delete(f"{UNITS}/care", told=False)
    await until(lambda: not store.resources("BusinessUnit"))
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task
