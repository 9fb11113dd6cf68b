"""What NVML tells of cards, by pynvml's own code over a fake library."""

from __future__ import annotations

from itertools import count

import pynvml
import pytest

from aicost.agent import fields
from aicost.agent.gpm import FIRST, METRICS, NOT_SUPPORTED
from aicost.agent.readings import Reading
from aicost.agent.sampling import CUT, Sampling
from tests.agent.fake_nvml import FakeCard, FakeNvml


def second() -> list[Reading]:
    """The second reading of a node: activity is known only between two."""
    sampling = Sampling(clock=count(1000.0).__next__)
    sampling.readings()
    return sampling.readings()


def named(reading: Reading) -> dict[str, float]:
    return {field.name: value for field, value in reading.values.items()}


@pytest.mark.usefixtures("nvml")
def test_a_whole_card_has_every_field_in_dcgms_units() -> None:
    """MiB, watts, millijoules, percent, and ratios where NVML says percent."""
    [reading] = second()
    assert named(reading) == pytest.approx(
        {
            "DCGM_FI_DEV_GPU_UTIL": 100,
            "DCGM_FI_DEV_FB_USED": 526,
            "DCGM_FI_DEV_FB_FREE": 80995,
            "DCGM_FI_DEV_FB_RESERVED": 564,
            "DCGM_FI_DEV_POWER_USAGE": 71.123,
            "DCGM_FI_DEV_TOTAL_ENERGY_CONSUMPTION": 123456789,
            "DCGM_FI_PROF_GR_ENGINE_ACTIVE": 0.999683,
            "DCGM_FI_PROF_SM_ACTIVE": 0.007574,
            "DCGM_FI_PROF_SM_OCCUPANCY": 0.000118,
            "DCGM_FI_PROF_PIPE_TENSOR_ACTIVE": 0.0,
            "DCGM_FI_PROF_DRAM_ACTIVE": 0.000006,
        }
    )
    assert (reading.at, reading.missing) == (1001.0, {})


@pytest.mark.usefixtures("nvml")
def test_activity_is_missing_in_the_first_reading() -> None:
    """It is what happened between two samples, and none of it is a zero before."""
    [reading] = Sampling(clock=lambda: 0.0).readings()
    assert reading.missing == dict.fromkeys(METRICS, FIRST)
    assert not set(METRICS) & set(reading.values)


def test_a_card_that_is_cut_is_read_by_instance(nvml: FakeNvml, cut: FakeCard) -> None:
    """Memory and activity are the instance's own, power and energy the card's, and GPU_UTIL is nobody's."""
    nvml.cards = [cut]
    first, second_ = second()
    assert [
        (r.card.uuid, r.card.instance and (r.card.instance.id, r.card.instance.profile)) for r in (first, second_)
    ] == [
        ("GPU-cut", (7, "1g.10gb")),
        ("GPU-cut", (2, "3g.40gb")),
    ]
    assert [r.values[fields.FB_USED] for r in (first, second_)] == [98, 4384]
    assert [r.values[fields.GR_ENGINE_ACTIVE] for r in (first, second_)] == [0.5, 0.1]
    assert {r.values[fields.ENERGY] for r in (first, second_)} == {123456789}
    assert first.missing == {fields.GPU_UTIL: CUT} | dict.fromkeys(
        (fields.SM_OCCUPANCY, fields.TENSOR_ACTIVE, fields.DRAM_ACTIVE), "Not Supported"
    )
    assert fields.GPU_UTIL not in first.values


def test_an_instance_is_known_by_all_names_that_kubernetes_may_use(nvml: FakeNvml, cut: FakeCard) -> None:
    """The UUIDs of its compute instances, their old form, and GKE's device file."""
    nvml.cards = [cut]
    assert [reading.card.names for reading in second()] == [
        {"MIG-a", "MIG-GPU-cut/7/0", "nvidia1/gi7"},
        {"MIG-b", "MIG-c", "MIG-GPU-cut/2/0", "MIG-GPU-cut/2/1", "nvidia1/gi2"},
    ]


def test_what_an_older_card_cannot_tell_is_missing_and_says_why(nvml: FakeNvml, old: FakeCard) -> None:
    """Never zero; the rest is there."""
    nvml.cards = [old]
    [reading] = second()
    assert reading.missing == dict.fromkeys(METRICS, NOT_SUPPORTED) | {fields.ENERGY: "Not Supported"}
    assert set(named(reading)) == {
        "DCGM_FI_DEV_GPU_UTIL",
        "DCGM_FI_DEV_FB_USED",
        "DCGM_FI_DEV_FB_FREE",
        "DCGM_FI_DEV_FB_RESERVED",
        "DCGM_FI_DEV_POWER_USAGE",
    }


def test_an_old_driver_tells_no_memory(nvml: FakeNvml) -> None:
    """Before version 2 of that call what is reserved counts as used, which is another number than DCGM's."""
    nvml.lacks = {"nvmlDeviceGetMemoryInfo_v2"}
    [reading] = second()
    assert {fields.FB_USED, fields.FB_FREE, fields.FB_RESERVED} <= set(reading.missing)
    assert fields.GPU_UTIL in reading.values


def test_a_number_that_is_no_percentage_is_missing(nvml: FakeNvml) -> None:
    """GPM's marks for blank and its overflows are no measurements; what is beside them is."""
    nvml.cards[0].activity |= {2: 9.2e18, 5: -1.0, 10: float("nan")}
    [reading] = second()
    assert set(reading.missing) == {fields.SM_ACTIVE, fields.TENSOR_ACTIVE, fields.DRAM_ACTIVE}
    assert fields.GR_ENGINE_ACTIVE in reading.values


def test_a_card_that_fell_off_the_bus_is_left_out(nvml: FakeNvml, old: FakeCard) -> None:
    """The others are read."""
    old.fails["nvmlDeviceGetHandleByIndex"] = pynvml.NVML_ERROR_GPU_IS_LOST
    nvml.cards.append(old)
    assert [reading.card.index for reading in second()] == [0]


def test_activity_begins_anew_after_a_failure(nvml: FakeNvml) -> None:
    """A sample from before it is never one end of an average."""
    sampling = Sampling(clock=lambda: 0.0)
    sampling.readings()
    nvml.fails["nvmlGpmSampleGet"] = pynvml.NVML_ERROR_UNKNOWN
    [failed] = sampling.readings()
    assert failed.missing == dict.fromkeys(METRICS, "Unknown Error")
    nvml.fails.clear()
    [again] = sampling.readings()
    assert again.missing == dict.fromkeys(METRICS, FIRST)
    [reading] = sampling.readings()
    assert reading.missing == {}


def test_samples_of_cards_that_are_gone_are_given_back(nvml: FakeNvml, cut: FakeCard) -> None:
    """A card that is cut anew each hour must not cost memory for ever."""
    nvml.cards.append(cut)
    sampling = Sampling(clock=lambda: 0.0)
    for _ in range(3):
        sampling.readings()
    assert nvml.samples == 2 * 3
    cut.instances.clear()
    cut.activity = {1: 0.0}
    sampling.readings()
    assert nvml.samples == 2 * 2
