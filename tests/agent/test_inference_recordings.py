"""Pages of the agent from an H100 that infers and trains: what its numbers say of how fast the work would be on less."""

from __future__ import annotations

import pytest

from aicost.core.recommendations.gpu.evidence import Device, Offer
from aicost.core.recommendations.gpu.hardware import Hardware, of_product
from aicost.core.recommendations.gpu.slowing import AS_LONG, at_most, lasts
from tests.agent.test_recordings import SMS, numbers
from tests.support.gpu_cases import a_server

H100 = "NVIDIA-H100-80GB-HBM3"
SPEEDS = {
    "prefill": {100: 33158.6, 46: 19747.3, 25: 11442.3},
    "graph-64": {100: 6503.0, 46: 5886.1, 25: 4977.0},
    "eager-1": {100: 45.9, 46: 48.2, 25: 41.9},
    "graph-1": {100: 146.4, 43: 147.0, 29: 129.8},
}
"""Tokens a second by the percentage of the multiprocessors, as recordings/README.md has them."""
MEASURED = [(load, part) for load, speeds in SPEEDS.items() for part in speeds if part != 100]


@pytest.mark.parametrize(("load", "part"), MEASURED)
def test_no_work_took_longer_than_what_is_told_at_most(load: str, part: int) -> None:
    """With a part of the multiprocessors and the same bandwidth: the bound held for reading, decoding and waiting."""
    card = of_product(H100)
    assert card is not None
    fewer = Hardware(-(-SMS * part // 100), card.bandwidth, card.memory_mib, card.board_watts, card.capability)
    longer = at_most(Device("nvidia.com/gpu", "H100-80GB", hardware=card), Offer("", "H100-80GB", fewer, 1))
    duty = 100 * numbers(f"inference/{load}")["PROF_GR_ENGINE_ACTIVE"]
    server = a_server({"server": "Job/a", "product": H100, "days": 1, "load": {"smActive": 1, "gpuUtil": duty}})
    assert longer is not None
    assert SPEEDS[load][100] / SPEEDS[load][part] * AS_LONG <= lasts(server, longer) <= longer


def test_sm_active_overstates_what_decoding_needs() -> None:
    """85 percent of the multiprocessors hold warps that wait for memory: on a quarter of them three quarters of the speed are left."""
    told = numbers("inference/graph-64")
    assert told["PROF_SM_ACTIVE"] > 0.8
    assert told["PROF_PIPE_TENSOR_ACTIVE"] < 0.15
    assert SPEEDS["graph-64"][25] / SPEEDS["graph-64"][100] > 0.75


def test_gpu_util_takes_waiting_servers_for_idle_ones_and_full_ones_for_alike() -> None:
    """A server that answers now and then read 0; decoding one answer and 64 at once, at 44 times the speed, both read 100."""
    assert numbers("inference/now-and-then")["DEV_GPU_UTIL"] == 0
    assert numbers("inference/now-and-then")["PROF_SM_ACTIVE"] > 0.05
    assert numbers("inference/graph-1")["DEV_GPU_UTIL"] == numbers("inference/graph-64")["DEV_GPU_UTIL"] == 100


def test_decoding_is_bound_by_memory_and_reading_is_not() -> None:
    """The tensor pipe and DRAM_ACTIVE tell them apart; SM_ACTIVE does not."""
    decode, read = numbers("inference/graph-64"), numbers("inference/prefill")
    assert decode["PROF_DRAM_ACTIVE"] > 0.7
    assert read["PROF_DRAM_ACTIVE"] < 0.4
    assert read["PROF_PIPE_TENSOR_ACTIVE"] > 4 * decode["PROF_PIPE_TENSOR_ACTIVE"]
    assert min(decode["PROF_SM_ACTIVE"], read["PROF_SM_ACTIVE"]) > 0.8
