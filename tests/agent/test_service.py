"""The agent at work, on a clock of the test's own."""

from __future__ import annotations

import asyncio
import logging
import threading
from dataclasses import dataclass, field

import pytest
from aiohttp.test_utils import TestClient, TestServer
from aiohttp.web import Application, Request

from aicost.agent.exposition import CONTENT_TYPE, Host
from aicost.agent.fields import GPU_UTIL, POWER_USAGE, Field
from aicost.agent.gpm import FIRST
from aicost.agent.holders import Handed
from aicost.agent.pages import routes
from aicost.agent.readings import Card, Reading
from aicost.agent.service import Service
from aicost.ports import Unavailable

CARD = Card(0, "GPU-1", "", "", frozenset({"GPU-1"}))


@dataclass
class Node:
    """A node with one card, whose GPU and kubelet answer or refuse, and its clock."""

    now: float = 0.0
    broken: str = ""
    away: str = ""
    missing: dict[Field, str] = field(default_factory=dict)
    handed: list[Handed] = field(default_factory=list)

    def read(self) -> list[Reading]:
        if self.broken:
            raise Unavailable(self.broken)
        return [Reading(CARD, self.now, {GPU_UTIL: 7}, dict(self.missing))]

    async def ask(self) -> list[Handed]:
        if self.away:
            raise Unavailable(self.away)
        return self.handed

    def service(self, *, kubelet: bool = True) -> Service:
        return Service(Host("n1", "580"), 10, lambda: self.now, self.read, self.ask if kubelet else None)


@pytest.fixture
def node() -> Node:
    return Node(handed=[Handed("ml", "a", "main", "GPU-1")])


async def test_the_last_reading_is_shown_with_its_age_and_holder(node: Node) -> None:
    """Until the next one."""
    service = node.service()
    await service.once()
    node.now = 4.0
    assert 'pod="a"} 7\n' in service.page()
    assert 'aicost_agent_sample_age_seconds{gpu="0",UUID="GPU-1",device="nvidia0"} 4.000\n' in service.page()


async def test_a_stale_card_drops_out(node: Node) -> None:
    """After three intervals without a new reading its last value is no measurement any more."""
    service = node.service()
    await service.once()
    node.broken = "GPU is lost"
    node.now = 29.9
    await service.once()
    assert "GPU_UTIL" in service.page()
    node.now = 30.0
    await service.once()
    assert "GPU-1" not in service.page()


async def test_a_card_without_any_value_is_not_shown(node: Node) -> None:
    """An age alone would say that it was read."""
    service = node.service()
    service.read = lambda: [Reading(CARD, node.now, {}, {GPU_UTIL: "GPU is lost"})]
    await service.once()
    assert "GPU-1" not in service.page()


async def test_without_a_kubelet_no_series_names_a_pod(node: Node) -> None:
    """And all are shown."""
    service = node.service(kubelet=False)
    await service.once()
    assert "GPU_UTIL" in service.page()
    assert "pod=" not in service.page()


async def test_while_nobody_can_say_who_holds_the_cards_they_are_not_shown(node: Node) -> None:
    """A series without a pod says that nobody holds the card, which nobody knows: a short silence is bridged."""
    service = node.service()
    await service.once()
    node.away = "no socket"
    node.now = 29.0
    await service.once()
    assert 'pod="a"' in service.page()
    node.now = 31.0
    await service.once()
    assert service.page().splitlines()[-1] == "aicost_agent_holders_known 0"
    assert "GPU_UTIL" not in service.page()
    node.away = ""
    await service.once()
    assert 'pod="a"' in service.page()


async def test_before_the_kubelets_first_answer_nothing_is_shown(node: Node) -> None:
    """For the same reason."""
    node.away = "no socket"
    service = node.service()
    await service.once()
    assert "GPU_UTIL" not in service.page()


async def test_it_is_unhealthy_after_a_minute_without_a_reading(node: Node) -> None:
    """Then a fresh process may find the driver again; what was wrong is told."""
    service = node.service()
    node.broken = "driver was unloaded"
    async with _served(service) as client:
        assert (await client.get("/healthz")).status == 200
        node.now = 60.0
        await service.once()
        answer = await client.get("/healthz")
        assert (answer.status, await answer.text()) == (
            503,
            "no reading of the GPUs finished for 60 s: driver was unloaded\n",
        )
        node.broken = ""
        await service.once()
        answer = await client.get("/healthz")
        assert (answer.status, await answer.text()) == (200, "ok\n")


async def test_the_page_is_served_as_prometheus_text(node: Node) -> None:
    """With the content type of its format."""
    service = node.service()
    await service.once()
    async with _served(service) as client:
        answer = await client.get("/metrics")
        assert answer.headers["Content-Type"] == CONTENT_TYPE
        assert "DCGM_FI_DEV_GPU_UTIL{" in await answer.text()


def _served(service: Service) -> TestClient[Request, Application]:
    app = Application()
    app.add_routes(routes(service))
    return TestClient(TestServer(app))


async def test_what_is_missing_is_said_once_until_it_changes(node: Node, caplog: pytest.LogCaptureFixture) -> None:
    """With its reason; that activity takes two readings is nothing to say."""
    service = node.service()
    node.missing = {POWER_USAGE: FIRST}
    await service.once()
    assert caplog.records == []
    node.missing = {POWER_USAGE: "Not Supported"}
    for _ in range(2):
        await service.once()
    node.missing = {}
    await service.once()
    assert [record.message for record in caplog.records if record.levelno == logging.WARNING] == [
        "GPU 0 (GPU-1): DCGM_FI_DEV_POWER_USAGE are not told: Not Supported",
        "GPU 0 (GPU-1): as it should be again",
    ]


async def test_it_reads_twice_in_its_first_seconds() -> None:
    """So that activity is there before the first scrape; then at its interval."""
    readings = 0
    twice = asyncio.Event()
    loop = asyncio.get_running_loop()

    def read() -> list[Reading]:
        nonlocal readings
        readings += 1
        if readings == 2:
            loop.call_soon_threadsafe(twice.set)
        return []

    service = Service(Host("n1", "580"), 300, lambda: 0.0, read)
    running = asyncio.create_task(service.run())
    await asyncio.wait_for(twice.wait(), 10)
    running.cancel()
    assert readings == 2


async def test_a_reading_that_hangs_keeps_nobody_waiting(node: Node) -> None:
    """The pages answer beside it, and the end does not wait for it."""
    released = threading.Event()

    def hang() -> list[Reading]:
        released.wait(60)
        return []

    service = node.service()
    service.read = hang
    running = asyncio.create_task(service.run())
    await asyncio.sleep(0.05)
    async with _served(service) as client:
        node.now = 61.0
        assert (await client.get("/healthz")).status == 503
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asyncio.wait_for(running, 5)
    released.set()
