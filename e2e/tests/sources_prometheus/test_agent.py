"""The node agent beside a fake NVML and a kubelet's socket, scraped by a real Prometheus, read by the operator's adapters."""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import pytest_asyncio
from prometheus_client.parser import text_string_to_metric_families

from aicost.core.holdings import Devices
from aicost.core.window import HOUR, Instant, Window
from aicost.sources.dcgm import Dcgm
from aicost.sources.dcgm_history import DcgmHistory
from aicost.sources.load_series import LoadSeries
from aicost.sources.prometheus import Prometheus
from e2e.conftest import PrometheusFactory
from e2e.scenario.series import Piece
from e2e.tests.sources_prometheus.conftest import ROOT, Backfilled
from tests.agent.fake_kubelet import FakeKubelet, listing

NODE = """
import pynvml
from tests.agent.fake_nvml import FakeCard, FakeInstance, FakeNvml
whole = [FakeCard(uuid=f"GPU-{n}", minor=n, activity={1: 99.9, 2: 0.76}, busy=100) for n in range(3)]
shared = FakeCard(uuid="GPU-s", name="NVIDIA L4", minor=3, busy=40)
cut = FakeCard(uuid="GPU-cut", name="NVIDIA A100-SXM4-40GB", minor=4, instances=[FakeInstance(7, "1g.5gb", ("MIG-a",))])
pynvml.nvmlLib = FakeNvml(*whole, shared, cut)
from aicost.cli import main
main()
"""
HANDED = listing(
    ("ml", "pair-0", "main", ["GPU-0", "GPU-1"]),
    ("ml", "chat-0", "main", ["GPU-s::0"]),
    ("ml", "rank-0", "main", ["GPU-s::1"]),
) + listing(("ml", "small-0", "main", ["MIG-a"]), resource="nvidia.com/mig-1g.5gb")
TARGET = {"namespace": "aicost-agent", "pod": "aicost-agent-x7k2p", "container": "agent"}
EVERY_SECOND = {"global": {"scrape_interval": "1s", "scrape_timeout": "1s"}}
RECORDINGS = ROOT / "tests" / "agent" / "recordings"
NOON = 1_767_268_800


@pytest_asyncio.fixture
async def agent(tmp_path: Path) -> AsyncIterator[str]:
    """The address of an agent on a node of five cards, four of which are held."""
    socket = tmp_path / "kubelet.sock"
    words = ["--address", "127.0.0.1", "--port", "0", "--interval", "1", "--node", "n1", "--pod-resources", str(socket)]
    async with FakeKubelet(HANDED).serving(socket):
        command = [sys.executable, "-c", NODE, "agent", *words]
        process = await asyncio.create_subprocess_exec(*command, stderr=asyncio.subprocess.PIPE)
        assert process.stderr
        said = await process.stderr.readline()
        yield f"127.0.0.1:{json.loads(said)['message'].rpartition(' ')[2]}"
        process.terminate()
        await process.wait()


async def until_told(prometheus: Prometheus) -> Devices:
    """The first account of the last hour with both holders of whole cards' pods."""
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        now = Instant(int(time.time()))
        account = await DcgmHistory(prometheus, interval=1).devices(Window(Instant(now - HOUR), now))
        if account and account.devices.holdings:
            return account.devices
        await asyncio.sleep(0.5)
    pytest.fail("the holders never showed")


@pytest.mark.parametrize("honor_labels", [False, True], ids=["moved", "honoured"])
async def test_the_operator_reads_the_agent_as_it_reads_dcgm_exporter(
    agent: str, prometheus_factory: PrometheusFactory, honor_labels: bool
) -> None:
    """Cards by node, product and how they are shared; whole ones by who holds them; the idle one by nobody, not the agent."""
    job = {"job_name": "aicost-agent", "honor_labels": honor_labels}
    server = prometheus_factory(
        [{**job, "static_configs": [{"targets": [agent], "labels": TARGET}]}], settings=EVERY_SECOND
    )
    server.start()
    devices = await until_told(Prometheus(server.url))
    assert [(group.node.name, group.product, group.cards, group.sharing) for group in devices.groups] == [
        ("n1", "NVIDIA-A100-SXM4-40GB", 1, "mig"),
        ("n1", "NVIDIA-H100-80GB-HBM3", 3, ""),
        ("n1", "NVIDIA-L4", 1, "time-slicing"),
    ]
    assert {str(held.pod): held.count for held in devices.holdings} == {"ml/pair-0": 2}


def recorded(load: str) -> Iterator[Piece]:
    """Every series of a recorded page, for an hour."""
    for family in text_string_to_metric_families((RECORDINGS / f"h100-{load}.prom").read_text()):
        for sample in family.samples:
            yield Piece(
                sample.name.removesuffix("_total"), tuple(sample.labels.items()), sample.value, NOON, NOON + HOUR
            )


async def test_an_hour_of_one_block_is_under_one_percent_of_a_card(backfilled: Backfilled) -> None:
    """By SM_ACTIVE, of the pod that the kubelet named: GPU_UTIL was 100 all the time."""
    prometheus = Prometheus(backfilled(recorded("one-block"), list(range(NOON, NOON + HOUR, 30))))
    hour = Window(Instant(NOON), Instant(NOON + HOUR))
    [use] = await Dcgm(prometheus).card_use(hour)
    assert (f"{use.namespace}/{use.pod}", use.signal, use.busy_ppm) == ("ml/trainer-0", "DCGM_FI_PROF_SM_ACTIVE", 7574)
    [load] = (await LoadSeries(prometheus).loads(hour)).cards
    assert (f"{load.namespace}/{load.pod}", load.peak_ppm, load.memory_peak_mib) == ("ml/trainer-0", 7574, 526)
    assert load.power_peak_mw == 123_653
