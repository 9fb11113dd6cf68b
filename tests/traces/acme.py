"""Two clusters of A100 cards as servers of one card each, from the distributions that AcmeTrace tells.

A distribution says how often a card showed so much, neither which card nor when. So servers are made in three ways: each
stays at one percentile (as unlike each other as they can be), each swings by ten percentiles up and down, and each is all
percentiles in turn (as alike as they can be). What really was lies in between. Signals of one percentile go together.
Source: https://github.com/InternLM/AcmeTrace, CC-BY-4.0; the quantiles were derived from it.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from functools import cache

from aicost.core.holdings import CardGroup
from aicost.core.identity import NodeRef, ObjectRef, WorkloadRef
from aicost.core.loads import CardLoad
from aicost.core.prices import DatedRate, GpuPrice, PriceBook
from aicost.core.recommendations.advice import HOURS_OF_A_MONTH, Part, Target
from aicost.core.recommendations.gpu.evidence import Device, Offer, ServerEvidence
from aicost.core.recommendations.gpu.hardware import of_product
from aicost.core.recommendations.gpu.offers import Market
from aicost.core.usage import SIGNALS
from aicost.core.window import DAY, HOUR, Instant, Window
from tests.traces.alibaba import DATA as ALIBABA

FILE = ALIBABA.parent / "acme" / "gpu_utilisation_quantiles.csv"
CLUSTERS = ("seren", "kalos")
SWINGS: Mapping[str, int] = {"none": 0, "ten percentiles": 10, "all of them": 100}
"""How far a server moves from its percentile."""
PRODUCT, MODEL = "NVIDIA-A100-SXM4-80GB", "A100-80GB"
PER_HOUR = 3_670_000_000
"""On demand at Azure, host included: NC24ads_A100_v4."""
WEEK = Window(Instant(0), Instant(7 * DAY))
HOURS = WEEK.seconds // HOUR
SERVERS = 100
_STRIDE = 37
"""Hours that follow each other lie so far apart among the percentiles of a swing."""


@cache
def percentiles() -> tuple[Mapping[str, str], ...]:
    """A row for each of a hundred percentiles."""
    with FILE.open() as file:
        rows = tuple(csv.DictReader(file))
    return rows[5 :: len(rows) // SERVERS][:SERVERS]


def servers(cluster: str, swing: int) -> Iterator[ServerEvidence]:
    """All servers of a cluster over a week, at the list price of the card."""
    there = offers()
    for middle in range(SERVERS):
        yield ServerEvidence(
            workload=WorkloadRef(cluster, f"s{middle}"),
            target=Target(ObjectRef("apps", "Deployment", f"s{middle}"), "app"),
            window=WEEK,
            device=Device("nvidia.com/gpu", MODEL, hardware=of_product(PRODUCT)),
            part=Part(("gpu", cluster, "deployment", f"s{middle}"), PER_HOUR * HOURS_OF_A_MONTH),
            currency="USD",
            replicas=(1,) * HOURS,
            device_hours=HOURS,
            loads=tuple(_load(cluster, middle, hour, _at(middle, hour, swing)) for hour in range(HOURS)),
            nodes=("gpu-1",),
            offers=there,
        )


def _at(middle: int, hour: int, swing: int) -> int:
    """The percentile of an hour; a swing beyond the ends turns back there."""
    if not swing:
        return middle
    if swing >= SERVERS:
        return (middle + hour * _STRIDE) % SERVERS
    there = middle - swing + hour * _STRIDE % (2 * swing + 1)
    return SERVERS - 1 - abs(SERVERS - 1 - abs(there))


def _load(cluster: str, server: int, hour: int, percentile: int) -> CardLoad:
    row = percentiles()[percentile]
    busy, power = _ppm(row[f"{cluster}_sm_active_pct"]), row.get(f"{cluster}_power_w")
    card = of_product(PRODUCT)
    assert card
    return CardLoad(
        namespace=cluster,
        pod=f"s{server}-0",
        card=f"GPU-{cluster}-{server}",
        hour=Window(Instant(hour * HOUR), Instant((hour + 1) * HOUR)),
        signal=SIGNALS[0],
        samples=120,
        mean_ppm=busy,
        high_ppm=busy,
        peak_ppm=busy,
        duty_peak_ppm=_ppm(row[f"{cluster}_gpu_util_pct"]),
        memory_peak_mib=_ppm(row[f"{cluster}_fb_used_pct"]) * card.memory_mib // 1_000_000,
        memory_mib=card.memory_mib,
        power_peak_mw=None if power is None else round(float(power) * 1000),
    )


def _ppm(percent: str) -> int:
    return round(float(percent) * 10_000)


@cache
def offers() -> tuple[Offer, ...]:
    """One node with eight such cards, whole, and its price."""
    book = PriceBook("USD", (GpuPrice(MODEL, (DatedRate(Instant(0), PER_HOUR),)),))
    whole = Window(WEEK.start, Instant(WEEK.end + 1))
    return Market(
        (CardGroup(NodeRef("gpu-1", Instant(0)), "nvidia.com/gpu", PRODUCT, 8, whole),), book, WEEK.end
    ).offers()
