"""The page, read by Prometheus' own parser and compared with real pages of dcgm-exporter."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families
from prometheus_client.samples import Sample

from aicost.agent.exposition import Host, page
from aicost.agent.fields import ENERGY, FIELDS, GPU_UTIL, POWER_USAGE
from aicost.agent.holders import Holder
from aicost.agent.readings import Card, Instance, Reading

ROOT = Path(__file__).parents[2]
DATA = Path(os.environ.get("AICOST_TEST_DATA", ROOT.parent / "shared" / "data")) / "dcgm-samples"
HOST = Host("gpu-node-1", "580.105.08")
CARD = Card(0, "GPU-c4529c8d-69c4-b61d-e0bc-7b2460096005", "00000000:53:00.0", "NVIDIA H100 80GB HBM3", frozenset())
READING = Reading(CARD, 90.0, {POWER_USAGE: 113.611, ENERGY: 2**53, GPU_UTIL: 7}, {})


def samples(text: str) -> Iterator[Sample]:
    for family in text_string_to_metric_families(text):
        yield from family.samples


def test_a_line_is_dcgm_exporters_to_the_letter() -> None:
    """Of the same card and pod, but for a UID that the kubelet does not tell."""
    real = (DATA / "h100-8gpu-vllm.prom.txt").read_text().splitlines()
    [wanted] = [line for line in real if line.startswith("DCGM_FI_DEV_POWER_USAGE") and CARD.uuid in line]
    holder = Holder("dynamo-workload", "vllm-agg-0-vllmdecodeworker-s65j5", "main")
    assert wanted.replace(',pod_uid=""', "") in page(HOST, [(READING, [holder])], 100.0, None).splitlines()


def test_helps_and_types_are_dcgm_exporters() -> None:
    """Of every field that a real page has. Those of 2022 call ratios percent, which later ones do not."""
    text = (DATA / "a100-mig-4-instances.prom.txt").read_text() + (DATA / "t4-2gpu-fraction.prom.txt").read_text()
    real = {line.replace(" (in %)", "") if "PROF" in line else line for line in text.splitlines()}
    values = dict.fromkeys(FIELDS, 1)
    ours = [
        line for line in page(HOST, [(Reading(CARD, 0.0, values, {}), [])], 0.0, None).splitlines() if line[0] == "#"
    ]
    told = {line.split()[2] for line in real if line.startswith("# TYPE")}
    compared = [line for line in ours if line.split()[2] in told]
    assert len(compared) >= 2 * 6
    assert set(compared) <= real


def test_the_energy_counter_keeps_its_name_and_its_digits() -> None:
    """Millijoules of a year need more digits than a float's shortest form shows."""
    text = page(HOST, [(READING, [])], 100.0, None)
    assert "# TYPE DCGM_FI_DEV_TOTAL_ENERGY_CONSUMPTION counter" in text
    assert f"}} {2**53}\n" in text
    assert "_total" not in text


def test_who_shares_a_card_has_a_series_each() -> None:
    """The device's value once for each, told apart by `vgpu`."""
    holders = [Holder("ml", "a", "main", "0"), Holder("ml", "b", "main", "1")]
    told = [s for s in samples(page(HOST, [(READING, holders)], 100.0, True)) if s.name == "DCGM_FI_DEV_GPU_UTIL"]
    assert [(s.labels["pod"], s.labels["vgpu"], s.value) for s in told] == [("a", "0", 7), ("b", "1", 7)]


def test_an_instance_is_told_by_profile_and_number() -> None:
    """Beside the card's own labels."""
    card = Card(0, "GPU-cut", "", "", frozenset(), Instance(7, "1g.10gb"))
    [sample] = [
        s for s in samples(page(HOST, [(Reading(card, 0.0, {POWER_USAGE: 1}, {}), [])], 0.0, None)) if "FI" in s.name
    ]
    assert (sample.labels["UUID"], sample.labels["GPU_I_PROFILE"], sample.labels["GPU_I_ID"]) == (
        "GPU-cut",
        "1g.10gb",
        "7",
    )


@pytest.mark.parametrize("name", ['a"b', "a\\b", "a\nb", 'a\\"\n', "é", "a} 1"])
def test_a_strange_name_is_read_back_as_it_was(name: str) -> None:
    """Whatever a node is called, the page stays one that can be read."""
    read = list(samples(page(Host(name, "1"), [(READING, [])], 100.0, None)))
    assert {sample.labels.get("Hostname", name) for sample in read} == {name}


def test_the_age_and_what_is_known_of_holders_are_told() -> None:
    """The latter only where somebody is asked."""
    told = {s.name: s.value for s in samples(page(HOST, [(READING, [])], 100.5, False)) if s.name.startswith("aicost")}
    assert told == {"aicost_agent_sample_age_seconds": 10.5, "aicost_agent_holders_known": 0}
    assert "holders_known" not in page(HOST, [(READING, [])], 100.5, None)


def test_nothing_read_is_an_empty_page() -> None:
    """Not even heads of families."""
    assert page(HOST, [], 0.0, None) == ""
