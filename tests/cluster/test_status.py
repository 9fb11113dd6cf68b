"""Statuses are written where they differ, and nowhere else."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from aiohttp import web

from aicost.api.declared import Translated
from aicost.cluster.connection import Connection
from aicost.cluster.resources import ResourceStore
from aicost.cluster.status import Limits, StatusPatcher
from aicost.core.declarations import Declarations
from aicost.ports import ResourceRef
from tests.cluster.fake_api import FakeApi, answering

UNITS = "/apis/aicost.dev/v1alpha1/businessunits"
FAST = Limits(per_second=10_000, seconds=5)


def care(number: int = 0) -> ResourceRef:
    return ResourceRef("BusinessUnit", "", f"care-{number}")


class Cluster:
    """Units in the fake API and in the store, and a writer to them."""

    def __init__(self, api: FakeApi, connection: Connection, limits: Limits = FAST) -> None:
        self.api = api
        self.store = ResourceStore(lambda _: Translated(Declarations()))
        self.writer = StatusPatcher(connection, self.store, limits)

    async def unit(self, number: int = 0, **status: Any) -> ResourceRef:
        ref = care(number)
        metadata = {"name": ref.name, "uid": ref.name, "generation": 1}
        await self.api.put(f"{UNITS}/{ref.name}", {"kind": ref.kind, "metadata": metadata, "status": status})
        self.store.observe(None, self.api.objects[f"{UNITS}/{ref.name}"])
        return ref

    def shown(self, ref: ResourceRef) -> Any:
        return self.api.objects[f"{UNITS}/{ref.name}"]["status"]


@pytest.fixture
def cluster(api: FakeApi, connection: Connection) -> Cluster:
    return Cluster(api, connection)


async def test_only_what_differs_is_written(cluster: Cluster) -> None:
    """Once: the answer counts as seen, without waiting for its echo. And only the difference travels."""
    ref = await cluster.unit(state="OK", cost={"charged": "1", "old": "x"})
    wanted = {"state": "OK", "cost": {"charged": "2"}}
    assert await cluster.writer.write([(ref, wanted)]) == 1
    assert await cluster.writer.write([(ref, wanted)]) == 0
    assert cluster.shown(ref) == wanted
    assert cluster.api.bodies == [{"status": {"cost": {"charged": "2", "old": None}}}]
    assert cluster.api.requests == [f"PATCH {UNITS}/care-0/status"]


async def test_a_foreign_edit_is_put_right(cluster: Cluster) -> None:
    """Whoever else writes our status is overruled in the next cycle."""
    ref = await cluster.unit()
    await cluster.writer.write([(ref, {"state": "OK"})])
    await cluster.unit(state="Free")
    assert await cluster.writer.write([(ref, {"state": "OK"})]) == 1


async def test_what_the_server_drops_is_not_written_for_ever(
    cluster: Cluster, caplog: pytest.LogCaptureFixture
) -> None:
    """An older CRD prunes a field: that is said, and is no reason to write the same again each cycle."""
    ref = await cluster.unit()

    async def pruning(request: web.Request) -> web.StreamResponse:
        body = await request.json()
        del body["status"]["new"]
        await cluster.unit(**body["status"])
        return web.json_response(cluster.api.objects[f"{UNITS}/care-0"])

    cluster.api.fail_next("PATCH", pruning)
    wanted = {"state": "OK", "new": "1"}
    assert await cluster.writer.write([(ref, wanted)]) == 1
    assert await cluster.writer.write([(ref, wanted)]) == 0
    assert "did not keep ['new']" in caplog.text


async def test_the_deleted_are_left_alone(cluster: Cluster) -> None:
    """Neither one that the store no longer has, nor one that goes on the way, is an error."""
    ref = await cluster.unit()
    await cluster.api.delete(f"{UNITS}/{ref.name}")
    assert await cluster.writer.write([(ref, {"state": "OK"}), (care(9), {"state": "OK"})]) == 0
    assert cluster.writer.failed == 0


async def test_a_throttled_write_waits_as_long_as_it_is_told(cluster: Cluster) -> None:
    """And with it all others; then it is written."""
    ref = await cluster.unit()
    cluster.api.fail_next("PATCH", answering(429, **{"Retry-After": "1"}))
    began = asyncio.get_running_loop().time()
    assert await cluster.writer.write([(ref, {"state": "OK"})]) == 1
    assert asyncio.get_running_loop().time() - began > 0.9


async def test_a_missing_grant_is_logged_once_a_cycle(cluster: Cluster, caplog: pytest.LogCaptureFixture) -> None:
    """Not once per object; the message has the first with its grant and counts the rest."""
    statuses = [(await cluster.unit(number), {"state": "OK"}) for number in range(5)]
    for _ in statuses:
        cluster.api.fail_next("PATCH", answering(403))
    assert await cluster.writer.write(statuses) == 0
    assert cluster.writer.failed == 5
    assert [record.message for record in caplog.records if "5 BusinessUnit statuses" in record.message]
    assert caplog.text.count('allow "patch" on "businessunits/status"') == 1


async def test_few_are_in_flight_at_once(api: FakeApi, connection: Connection) -> None:
    """The API server slows down for everybody beyond a few."""
    cluster = Cluster(api, connection, Limits(in_flight=3, per_second=10_000))
    statuses = [(await cluster.unit(number), {"state": "OK"}) for number in range(12)]
    flying, most = 0, 0

    async def slow(request: web.Request) -> web.StreamResponse:
        nonlocal flying, most
        flying += 1
        most = max(most, flying)
        await asyncio.sleep(0.01)
        flying -= 1
        return await api._write(request)  # noqa: SLF001 # the fake's own answer, later

    for _ in statuses:
        api.fail_next("PATCH", slow)
    assert await cluster.writer.write(statuses) == 12
    assert most == 3


async def test_what_the_rate_does_not_allow_is_left_for_the_next_cycle(api: FakeApi, connection: Connection) -> None:
    """The burst goes at once, the rest is still different next time; transitions come before numbers."""
    cluster = Cluster(api, connection, Limits(in_flight=2, per_second=0.1, seconds=0.05))
    statuses = [(await cluster.unit(number), {"cost": "1"}) for number in range(5)]
    turned = (await cluster.unit(7), {"cost": "1", "conditions": [{"type": "Ready"}]})
    assert await cluster.writer.write([*statuses, turned]) == 2
    assert cluster.shown(turned[0])["conditions"] == [{"type": "Ready"}]
