"""Pages of the agent from a real H100: the operator reads them, and they show which numbers mislead."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from aicost.agent.fields import FIELDS
from aicost.core.usage import SIGNALS
from aicost.core.window import HOUR, Instant, Window
from aicost.sources.dcgm import best
from aicost.sources.dcgm_history import devices_of
from aicost.sources.dcgm_holders import Holders
from aicost.sources.prometheus_answers import Sample

NAMES = [field.name for field in FIELDS]
RECORDINGS = Path(__file__).parent / "recordings"
LOADS = sorted(path.stem.removeprefix("h100-") for path in RECORDINGS.glob("*.prom"))
AT = Instant(10 * HOUR)
"""The end of the hour that a page is taken for."""
SMS = 132
UUID = "GPU-1a9333a5-0ad1-a5e4-2484-52f2c59f1d6d"


def series(load: str, name: str) -> list[Sample]:
    """As Prometheus would answer for a field at an instant; of a page in a folder as `folder/load`."""
    folder, _, page = load.rpartition("/")
    text = (RECORDINGS / folder / f"h100-{page}.prom").read_text()
    families = text_string_to_metric_families(text)
    found = (s for f in families for s in f.samples if s.name.removesuffix("_total") == name)
    return [Sample(s.labels, AT, s.value) for s in found]


def numbers(load: str) -> Mapping[str, float]:
    """The one value of each field, by the name behind DCGM_FI_."""
    return {name.removeprefix("DCGM_FI_"): sample.value for name in NAMES for sample in series(load, name)}


@pytest.mark.parametrize("load", LOADS)
def test_every_field_is_there_once(load: str) -> None:
    """An H100 tells all of them, and idle is a measured zero."""
    assert len(numbers(load)) == len(NAMES)
    assert all(len(series(load, name)) == 1 for name in NAMES)


@pytest.mark.parametrize("load", LOADS)
def test_the_operator_reads_the_page(load: str) -> None:
    """By the same code as dcgm-exporter's: one card of one pod, busy by the most honest signal."""
    [use] = best({signal: series(load, signal) for signal in SIGNALS}, Holders())
    assert (use.namespace, use.pod, use.card, use.signal) == ("ml", "trainer-0", UUID, "DCGM_FI_PROF_SM_ACTIVE")
    assert use.busy_ppm == round(numbers(load)["PROF_SM_ACTIVE"] * 1_000_000)


def test_the_operator_knows_node_card_and_holder_from_the_page() -> None:
    """Where nothing but this page tells who held what."""
    seen = [Sample(s.labels, AT, float(AT)) for s in series("held", "DCGM_FI_DEV_FB_USED")]
    devices = devices_of(seen, seen, Holders(), Window(Instant(AT - HOUR), AT), 60)
    [group], [holding] = devices.groups, devices.holdings
    assert (group.node.name, group.product, group.cards) == ("gpu-node-1", "NVIDIA-H100-80GB-HBM3", 1)
    assert (str(holding.pod), holding.node, holding.count) == ("ml/trainer-0", "gpu-node-1", 1)


def test_one_block_looks_like_a_whole_card() -> None:
    """GPU_UTIL and GR_ENGINE_ACTIVE read full while one SM of 132 works: 0.76 percent."""
    told = numbers("one-block")
    assert told["DEV_GPU_UTIL"] == 100
    assert told["PROF_GR_ENGINE_ACTIVE"] > 0.999
    assert told["PROF_SM_ACTIVE"] == pytest.approx(1 / SMS, rel=0.001)


def test_half_of_the_sms_look_like_a_whole_card_too() -> None:
    """Only SM_ACTIVE tells that a card of half the size would do."""
    told = numbers("half")
    assert told["DEV_GPU_UTIL"] == 100
    assert told["PROF_SM_ACTIVE"] == pytest.approx(0.5, rel=0.001)


def test_sm_active_misleads_where_one_warp_sits_on_every_sm() -> None:
    """It reads full at an occupancy of one warp of 64, at a fifth of the card's power."""
    told = numbers("all-spinning")
    assert told["PROF_SM_ACTIVE"] > 0.999
    assert told["PROF_SM_OCCUPANCY"] == pytest.approx(1 / 64, rel=0.001)
    assert told["DEV_POWER_USAGE"] < 700 / 4


def test_a_card_bound_by_memory_is_told_from_one_that_computes() -> None:
    """Of both GPU_UTIL and SM_ACTIVE say busy; DRAM_ACTIVE and the tensor pipe say with what."""
    memory, tensor = numbers("memory"), numbers("tensor")
    assert memory["DEV_GPU_UTIL"] == tensor["DEV_GPU_UTIL"] == 100
    assert min(memory["PROF_SM_ACTIVE"], tensor["PROF_SM_ACTIVE"]) > 0.9
    assert (memory["PROF_DRAM_ACTIVE"], memory["PROF_PIPE_TENSOR_ACTIVE"]) == pytest.approx((0.84, 0), abs=0.01)
    assert (tensor["PROF_DRAM_ACTIVE"], tensor["PROF_PIPE_TENSOR_ACTIVE"]) == pytest.approx((0, 0.99), abs=0.01)


def test_a_moment_misses_what_an_average_sees() -> None:
    """Of a card that works a tenth of each second GPU_UTIL read 0."""
    told = numbers("burst")
    assert told["DEV_GPU_UTIL"] == 0
    assert told["PROF_GR_ENGINE_ACTIVE"] == pytest.approx(0.1, rel=0.01)


def test_a_held_card_is_idle_and_full_and_warm() -> None:
    """60 GiB, no work, and three quarters more power than without a process: neither memory nor power say busy."""
    held, idle = numbers("held"), numbers("idle")
    assert held["DEV_FB_USED"] > 60 * 1024
    assert held["DEV_GPU_UTIL"] == held["PROF_SM_ACTIVE"] == 0
    assert held["DEV_POWER_USAGE"] > 1.7 * idle["DEV_POWER_USAGE"]


@pytest.mark.parametrize("load", LOADS)
def test_used_free_and_reserved_are_the_whole_card(load: str) -> None:
    """81,559 MiB, but for what rounding down of three numbers leaves."""
    told = numbers(load)
    assert 81559 - 2 <= told["DEV_FB_USED"] + told["DEV_FB_FREE"] + told["DEV_FB_RESERVED"] <= 81559


def test_sharing_in_time_is_not_sharing_sms() -> None:
    """Of four processes of one block each SM_ACTIVE tells one where they take turns, and four where they run together."""
    one = numbers("shared/alone-one")["PROF_SM_ACTIVE"]
    assert numbers("shared/sliced-four")["PROF_SM_ACTIVE"] == pytest.approx(one, rel=0.1)
    assert numbers("shared/mps-four")["PROF_SM_ACTIVE"] == pytest.approx(4 * one, rel=0.01)
    half = numbers("shared/alone-half")["PROF_SM_ACTIVE"]
    assert numbers("shared/sliced-halves")["PROF_SM_ACTIVE"] == pytest.approx(half, rel=0.1)
    assert numbers("shared/mps-halves")["PROF_SM_ACTIVE"] == pytest.approx(2 * half, rel=0.01)


def test_a_page_without_a_kubelet_names_nobody() -> None:
    """The operator takes no use from it: whose it is, nobody told."""
    page = "shared/alone-one"
    assert len(numbers(page)) == len(NAMES)
    assert list(best({signal: series(page, signal) for signal in SIGNALS}, Holders())) == []
