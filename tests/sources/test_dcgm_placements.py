"""Where instances lie, by dcgm-exporter's labels, of which some are those of real cards."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import cast

import pytest
from prometheus_client.parser import text_string_to_metric_families

from aicost.core.allocation import allocate
from aicost.core.cards import GPU, MIG, MIG_CARDS, cards_of
from aicost.core.holdings import Devices
from aicost.core.identity import Labels
from aicost.core.layout import Instances, mig, profile
from aicost.core.placements import Placement
from aicost.core.told_cards import as_told
from aicost.core.window import HOUR, Window, hour_of
from aicost.ports import Malformed
from aicost.sources.dcgm_holders import Holders
from aicost.sources.dcgm_placements import DcgmPlacements, placements_of
from aicost.sources.prometheus import Prometheus
from aicost.sources.prometheus_answers import Sample
from tests.support.builders import T0, a_book, a_group, a_holding, a_price, at, ownership

DATA = Path(os.environ.get("AICOST_TEST_DATA") or Path(__file__).parents[3] / "shared" / "data") / "dcgm-samples"
FIRST = hour_of(T0)
GR = "DCGM_FI_PROF_GR_ENGINE_ACTIVE"


def real(page: str) -> Iterator[Sample]:
    """The instances of a real page, with the node's name as newer exporters tell it."""
    for family in text_string_to_metric_families((DATA / page).read_text()):
        for sample in family.samples:
            if sample.name == GR:
                yield Sample({**sample.labels, "Hostname": "node-a"}, FIRST.end, 60)


def a_sample(**labels: str) -> Sample:
    told = {"UUID": "GPU-1", "GPU_I_ID": "7", "GPU_I_PROFILE": "1g.5gb", "hostname": "node-a", "job": "dcgm"}
    return Sample({**told, **labels}, FIRST.end, 60)


class Told:
    """A Prometheus that answers with these series."""

    def __init__(self, *seen: Sample) -> None:
        self.seen = seen
        self.asked: list[str] = []

    async def instant(self, query: str, *_: int) -> tuple[Sample, ...]:
        self.asked.append(query)
        return ()

    async def steps(self, query: str, *_: int) -> tuple[Sample, ...]:
        self.asked.append(query)
        return self.seen


async def told(prometheus: Told, only: Labels = frozenset(), over: Window = FIRST) -> tuple[Placement, ...]:
    return await DcgmPlacements(cast("Prometheus", prometheus), only).placements(over)


async def test_two_real_cards_that_are_cut_differently() -> None:
    """Four instances and three: each costs its share of its own card where its profile lies on one alone, else the average."""
    seen = [*real("a100-mig-3-instances.prom.txt"), *real("a100-mig-4-instances.prom.txt")]
    placements = await told(Told(*seen))
    assert len(placements) == 7
    assert {each.node for each in placements} == {"node-a"}
    counts = {"1g.5gb": 5, "2g.10gb": 2}
    found = [(name, profile(name, "A100-40GB"), count) for name, count in counts.items()]
    slots = mig([Instances(MIG + name, of, count, 1, name) for name, of, count in found if of], 2, "A100-40GB") or ()
    group = a_group(2, FIRST, product="NVIDIA-A100-SXM4-40GB", sharing="mig", slots=slots)
    devices = Devices(
        (replace(group, resource=MIG_CARDS),),
        (a_holding(window=FIRST, resource=f"{MIG}2g.10gb"),),
        placements=placements,
    )
    (entry,) = allocate(devices, a_book(a_price(model="A100-40GB")), ownership(), [FIRST]).entries
    amounts = sorted(line.amount.nanos for line in entry.lines if line.amount)
    assert amounts == [4 * 10**9 * 45 // 100, 8 * 10**9 - 4 * 10**9 * 45 // 100]


async def test_real_cards_that_no_label_counts() -> None:
    """Seven real instances of one profile, were they of strategy `single`: told once each, whoever held them, on two cards."""
    seen = [
        replace(each, labels={**each.labels, "GPU_I_PROFILE": "1g.5gb", "UUID": page, "GPU_I_ID": str(number)})
        for page in ("a100-mig-3-instances.prom.txt", "a100-mig-4-instances.prom.txt")
        for number, each in enumerate(real(page))
    ]
    placements = await told(Told(*seen, *seen[:2]))
    assert len(placements) == 7
    (known,) = cards_of({"nvidia.com/gpu.product": "NVIDIA-A100-SXM4-40GB-MIG-1g.5gb"}, {GPU: 7})
    group = a_group(known.count, FIRST, product=known.product, sharing=known.sharing, slots=known.slots)
    (counted,) = as_told(Devices((group,), placements=placements)).groups
    assert (group.cards, counted.cards) == (1, 2)


async def test_one_query_tells_all() -> None:
    """And one whom the exporters' own pods are: for part of an hour none."""
    prometheus = Told(a_sample())
    assert await told(prometheus, frozenset({("job", "dcgm")})) == (Placement("node-a", "GPU-1", "7", "1g.5gb", FIRST),)
    assert [query for query in prometheus.asked if "GPU_I_ID" in query] == [
        f'count_over_time({GR}{{GPU_I_ID!="",job="dcgm"}}[1h] offset 1ms)'
    ]
    assert len(prometheus.asked) == 2
    assert await told(prometheus, over=Window(at(1), at(HOUR - 1))) == ()
    assert len(prometheus.asked) == 2


async def test_of_two_scrapes_none_is_believed() -> None:
    """Whoever is scraped can write any series: where each may be the exporter, money moves by neither."""
    with pytest.raises(Malformed, match="dcgmMatchers"):
        await told(Told(a_sample(), a_sample(job="mine", UUID="GPU-2", GPU_I_PROFILE="3g.20gb")))


def test_a_pod_is_placed_by_its_labels_and_an_exporter_never() -> None:
    """Of what an instance, card, profile or node is missing nothing is told; labels of old and new exporters alike."""
    moved = {"exported_namespace": "support", "exported_pod": "chat-0"}
    exporter = {"namespace": "gpus", "pod": "dcgm-x", "container": "nvidia-dcgm-exporter"}
    found = list(
        placements_of(
            [
                a_sample(**moved, GPU_I_PROFILE="1g.5gb+me"),
                a_sample(**exporter, hostname="", Hostname="old"),
                *(a_sample(**{name: ""}) for name in ("UUID", "GPU_I_ID", "GPU_I_PROFILE", "hostname")),
            ],
            Holders(),
        )
    )
    assert found == [
        Placement("node-a", "GPU-1", "7", "1g.5gb.me", FIRST, "support", "chat-0"),
        Placement("old", "GPU-1", "7", "1g.5gb", FIRST),
    ]
