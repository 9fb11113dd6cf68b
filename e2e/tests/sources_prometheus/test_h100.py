"""Two real nodes of eight H100 with one vLLM worker: one holder, fifteen idle cards, no bill for the exporter."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from aicost.core.holdings import Devices
from aicost.core.window import HOUR, Instant, Window, hour_of
from aicost.sources.dcgm import Dcgm
from aicost.sources.dcgm_history import DcgmHistory
from aicost.sources.load_series import LoadSeries
from aicost.sources.prometheus import Prometheus
from e2e.conftest import PrometheusFactory
from e2e.emulators.serving import Serving
from e2e.scenario.series import Piece
from e2e.tests.sources_prometheus.conftest import Backfilled

WORKER = "dynamo-workload/vllm-agg-0-vllmdecodeworker-s65j5"
EXPORTER = {
    "namespace": "gpu-operator",
    "pod": "nvidia-dcgm-exporter-wqqqn",
    "container": "nvidia-dcgm-exporter",
    "service": "nvidia-dcgm-exporter",
}


def recorded_series(folder: Path) -> Iterator[tuple[int, Piece]]:
    """Every series of the recorded answers, with the instant of its one sample."""
    for path in sorted((folder / "dcgm-samples").glob("h100-prometheus-query-*.json")):
        for series in json.loads(path.read_text())["data"]["result"]:
            labels: dict[str, str] = series["metric"]
            at = int(series["value"][0])
            name = labels["__name__"]
            own = tuple(sorted((key, value) for key, value in labels.items() if key != "__name__"))
            yield at, Piece(name, own, float(series["value"][1]), at, at + 1)


def holders(devices: Devices) -> dict[str, int]:
    return {str(held.pod): held.count for held in devices.holdings}


async def test_the_recorded_answers_give_one_holder_and_fifteen_idle_cards(
    backfilled: Backfilled, recorded: Path
) -> None:
    """HonorLabels was true: fifteen cards carry the exporter's own pod, and nobody holds them."""
    found = list(recorded_series(recorded))
    (at,) = {at for at, _ in found}
    prometheus = Prometheus(backfilled([piece for _, piece in found], [at]))
    account = await DcgmHistory(prometheus).devices(hour_of(Instant(at)))
    assert account
    devices = account.devices
    assert holders(devices) == {WORKER: 1}
    assert [(group.node.name, group.product, group.cards) for group in devices.groups] == [
        ("gpu-node-1", "NVIDIA-H100-80GB-HBM3", 8),
        ("gpu-node-2", "NVIDIA-H100-80GB-HBM3", 8),
    ]
    (use,) = await Dcgm(prometheus).card_use(hour_of(Instant(at)))
    assert f"{use.namespace}/{use.pod}" == WORKER
    assert (use.signal, use.busy_ppm) == ("DCGM_FI_DEV_GPU_UTIL", 0)
    (load,) = (await LoadSeries(prometheus).loads(hour_of(Instant(at)))).cards
    assert f"{load.namespace}/{load.pod}" == WORKER
    assert (load.peak_ppm, load.samples, load.memory_peak_mib, load.power_peak_mw) == (0, 1, 74166, 113_611)


@pytest.fixture
def exporter(recorded: Path) -> Iterator[str]:
    """The recorded page of one node, served; its address."""
    page = (recorded / "dcgm-samples" / "h100-8gpu-vllm.prom.txt").read_text()

    async def metrics(_: web.Request) -> web.Response:
        return web.Response(text=page + "\n", content_type="text/plain")

    app = web.Application()
    app.router.add_get("/metrics", metrics)
    with Serving(app) as serving:
        yield serving.url.removeprefix("http://")


def scraping(address: str, *, honor_labels: bool) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    job = {"job_name": "gpus", "honor_labels": honor_labels}
    target = {"targets": [address], "labels": EXPORTER}
    every = {"global": {"scrape_interval": "1s", "scrape_timeout": "1s"}}
    return [{**job, "static_configs": [target]}], every


@pytest.mark.parametrize("honor_labels", [True, False], ids=["honoured", "moved"])
async def test_the_scraped_page_gives_one_holder_and_seven_idle_cards(
    prometheus_factory: PrometheusFactory, exporter: str, honor_labels: bool
) -> None:
    """However the page is scraped, its seven idle cards are nobody's."""
    configs, settings = scraping(exporter, honor_labels=honor_labels)
    server = prometheus_factory(configs, settings=settings)
    server.start()
    history = DcgmHistory(Prometheus(server.url), interval=1)
    until = time.monotonic() + 20
    devices = Devices()
    while not devices.holdings:
        assert time.monotonic() < until, "the page was never scraped"
        await asyncio.sleep(0.5)
        now = Instant(int(time.time()) + 1)
        account = await history.devices(Window(Instant(now - HOUR), now))
        devices = account.devices if account else Devices()
    assert holders(devices) == {WORKER: 1}
    assert [(group.node.name, group.cards) for group in devices.groups] == [("gpu-node-1", 8)]
