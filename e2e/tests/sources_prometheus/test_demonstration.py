"""The demonstration's last days, read back from a real Prometheus."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import pytest

from aicost.core.declarations import Meter, Series, Source
from aicost.core.holdings import Devices
from aicost.core.identity import ObjectRef, WorkloadRef, labels
from aicost.core.usage import Served, Tokens
from aicost.core.window import HOUR, Instant, Window, instant
from aicost.sources.callers import CallerSeries
from aicost.sources.dcgm import Dcgm
from aicost.sources.dcgm_history import DcgmHistory
from aicost.sources.kube_state_metrics import KubeStateMetrics
from aicost.sources.model_servers import ModelServers
from aicost.sources.prometheus import Prometheus
from e2e.scenario.model import Scenario
from e2e.scenario.openmetrics import scraped
from e2e.tests.sources_prometheus.conftest import Backfilled

NOVEMBER_1 = Window(instant("2026-11-01T00:00:00Z"), instant("2026-11-02T00:00:00Z"))
BOTH_DAYS = Window(instant("2026-10-31T00:00:00Z"), NOVEMBER_1.end)
SERVED_BY = labels({"namespace": "platform"})
CARD_HOURS = {"platform/llm": 4 * 24, "search/notebook": 24, "fraud/train": 8 * 12}
SHARED_HOURS = {"search/rank": 2 * 24, "fraud/scoring": 24, "support/chat": 24}
"""Of MIG instances and time slices."""


@pytest.fixture(scope="module")
def url(backfilled: Backfilled, demonstration: Scenario) -> str:
    """Two days of the demonstration, the first one coarse."""
    two_days = replace(demonstration, sampling=replace(demonstration.sampling, start=BOTH_DAYS.start))
    return backfilled(scraped(two_days), two_days.sampling.instants())


@pytest.fixture
def prometheus(url: str) -> Prometheus:
    """The adapter, new for each test's event loop."""
    return Prometheus(url)


def card_hours(devices: Devices) -> dict[str, float]:
    """Hours of devices by namespace and the name of the workload."""
    found: Counter[str] = Counter()
    for held in devices.holdings:
        workload = held.pod.name.split("-")[0]
        found[f"{held.pod.namespace}/{workload}"] += held.count * held.window.seconds
    return {name: seconds / HOUR for name, seconds in found.items()}


async def test_every_card_hour_of_the_day_is_told(prometheus: Prometheus) -> None:
    """kube-state-metrics' series alone give the day's cards and holdings to the second."""
    account = await KubeStateMetrics(prometheus).devices(NOVEMBER_1)
    assert account
    devices = account.devices
    assert card_hours(devices) == CARD_HOURS | SHARED_HOURS
    assert [(group.node.name, group.cards, group.window) for group in devices.groups] == [
        ("a100-a", 1, NOVEMBER_1),
        ("h100-a", 8, NOVEMBER_1),
        ("h100-b", 8, NOVEMBER_1),
        ("l4-a", 1, NOVEMBER_1),
    ]
    assert {group.product: [(slot.resource, slot.count) for slot in group.devices] for group in devices.groups} == {
        "NVIDIA-H100-80GB-HBM3": [("nvidia.com/gpu", 8)],
        "NVIDIA-A100-SXM4-80GB": [("nvidia.com/mig-3g.40gb", 2)],
        "NVIDIA-L4": [("nvidia.com/gpu", 4)],
    }


async def test_pods_keep_their_labels_and_owners(prometheus: Prometheus) -> None:
    """What claims ask about is there, though the pods may be long gone."""
    account = await KubeStateMetrics(prometheus).devices(NOVEMBER_1)
    assert account
    devices = account.devices
    pods = {held.pod.name.split("-")[0]: held.pod for held in devices.holdings}
    assert pods["llm"].labels == {("app", "llm"), ("app_kubernetes_io_name", "llm")}
    assert pods["llm"].owners[1] == ObjectRef("apps", "Deployment", "llm")
    assert pods["train"].owners == (ObjectRef("batch", "Job", "train-20261101"),)


async def test_a_longer_window_says_the_same_of_the_day(prometheus: Prometheus) -> None:
    """Days asked together join to holdings over midnight, of the same total."""
    both = await KubeStateMetrics(prometheus).devices(BOTH_DAYS)
    assert both
    twice = {name: 2 * hours for name, hours in (CARD_HOURS | SHARED_HOURS).items()}
    assert card_hours(both.devices) == twice | {"fraud/train": 8 * 12}
    assert len(both.devices.holdings) == 7


async def test_time_that_nothing_covers_has_no_account(prometheus: Prometheus) -> None:
    """A week before the first sample is None: not an empty cluster, and no idle cards."""
    before = Window(instant("2026-10-20T00:00:00Z"), instant("2026-10-21T00:00:00Z"))
    assert await KubeStateMetrics(prometheus).devices(before) is None
    assert await DcgmHistory(prometheus).devices(before) is None


async def test_dcgm_alone_tells_whole_cards_to_one_interval(prometheus: Prometheus) -> None:
    """The fallback finds the same holders; its times are those of samples."""
    account = await DcgmHistory(prometheus).devices(NOVEMBER_1)
    assert account
    devices = account.devices
    found = card_hours(devices)
    assert set(found) == set(CARD_HOURS)
    assert all(abs(found[name] - hours) <= 8 * 60 / HOUR for name, hours in CARD_HOURS.items())
    assert [group.cards for group in devices.groups] == [1, 8, 8, 1]


async def test_use_is_that_of_the_holders(prometheus: Prometheus) -> None:
    """Hourly averages by card and pod; the idle cards give nothing for the exporter's pod."""
    uses = await Dcgm(prometheus).card_use(NOVEMBER_1)
    assert Counter((use.namespace, use.busy_ppm) for use in uses) == {
        ("platform", 620_000): 4 * 24,
        ("search", 0): 24,
        ("fraud", 910_000): 8 * 12,
        ("search", 410_000): 24,
        **{(namespace, 230_000): 24 for namespace in ("support", "search", "fraud")},
    }
    assert {use.signal for use in uses} == {"DCGM_FI_PROF_GR_ENGINE_ACTIVE"}


async def test_tokens_are_whole_and_add_up(prometheus: Prometheus) -> None:
    """A day of counters gives exactly what the server counted, hour by hour."""
    counts = await ModelServers(prometheus).pod_tokens(NOVEMBER_1)
    hourly = Tokens(5_400_000, 1_620_000, 0, 900_000, 4_500)
    assert [each.tokens for each in counts] == [hourly] * 24
    assert {(each.namespace, each.model) for each in counts} == {("platform", "llama-4-maverick")}
    later = Window(Instant(NOVEMBER_1.start + 6 * HOUR), NOVEMBER_1.end)
    assert await ModelServers(prometheus).pod_tokens(later) == counts[6:]


async def test_callers_have_what_they_took(prometheus: Prometheus) -> None:
    """A day of a router's histograms gives each caller's time and tokens, hour by hour, to the microsecond."""
    series = Series("vLLM", SERVED_BY, frozenset({("customer", "tenant_id")}))
    source = Source("llm-meter", "Prometheus", "Meter", meter=Meter(WorkloadRef("platform", "llm")), series=series)
    uses = await CallerSeries(prometheus).caller_use((source,), NOVEMBER_1)
    by_caller: dict[str, list[Served]] = {}
    for use in uses:
        by_caller.setdefault(dict(use.dimensions)["customer"], []).append(use.served)
    assert by_caller == {
        "chat": [Served(1200 * 10**6, 6000 * 10**6, 3_000_000, 420_000)] * 24,
        "rank": [Served(600 * 10**6, 3000 * 10**6, 1_500_000, 210_000)] * 24,
        "scoring": [Served(300 * 10**6, 3300 * 10**6, 900_000, 270_000)] * 24,
    }
