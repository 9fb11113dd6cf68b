"""What fits where."""

from __future__ import annotations

from typing import Any

import pytest

from aicost.core.recommendations.advice import Obstacle
from aicost.core.recommendations.gpu.evidence import Device, Offer
from aicost.core.recommendations.gpu.fit import Fits, Misfit, fit
from aicost.core.recommendations.gpu.hardware import Hardware
from aicost.core.recommendations.gpu.policy import POLICY
from tests.support.gpu_cases import a_server

NOW = Device("nvidia.com/gpu", "big", hardware=Hardware(100, 1000, 80_000, 700))
SHARED = Offer("r", "shared", Hardware(100, 1000, 80_000, 700), 1, replicas=2)
HALF = Offer("nvidia.com/gpu", "half", Hardware(50, 500, 40_000, 300), 1)


def found(offer: Offer = HALF, now: Device = NOW, **load: Any) -> Fits | Misfit:
    said = {"smActive": 60, "p95": 40, "bandwidth": 40, "memory": 30_000, **load}
    e = a_server({"server": "Deployment/a", "days": 1, "load": {k: v for k, v in said.items() if v is not None}})
    return fit(e, now, offer, POLICY)


def test_half_a_card_holds_what_fills_it_to_80_percent() -> None:
    """Compute and bandwidth alike, and memory with headroom."""
    assert found() == Fits()
    assert found(memory=33_333) == Fits()


@pytest.mark.parametrize(
    ("load", "obstacle"),
    [
        ({"p95": 40.1}, Obstacle.BUSY),
        ({"bandwidth": 40.1}, Obstacle.BUSY),
        ({"bandwidth": 50}, Obstacle.MEMORY_BOUND),
        ({"bandwidth": 60, "p95": 51, "smActive": 90}, Obstacle.BUSY),
        ({"memory": 33_334}, Obstacle.MEMORY_NEEDED),
        ({"memory": None}, Obstacle.MEMORY_UNKNOWN),
    ],
)
def test_what_is_too_much(load: dict[str, Any], obstacle: Obstacle) -> None:
    """Bound by memory is who uses half of the bandwidth with less than half of the multiprocessors."""
    misfit = found(**load)
    assert isinstance(misfit, Misfit)
    assert misfit.obstacle is obstacle


def test_a_card_with_as_much_bandwidth_is_no_matter_of_it() -> None:
    """Memory-bound work may move there."""
    assert found(Offer("r", "wide", Hardware(50, 1000, 40_000, 300), 1), bandwidth=70) == Fits()


def test_sharers_divide_the_card() -> None:
    """Memory, compute and bandwidth."""
    assert found(SHARED, gpuUtil=40) == Fits()
    assert isinstance(found(SHARED, gpuUtil=40, memory=33_334), Misfit)
    assert isinstance(found(SHARED, gpuUtil=40, p95=40.1), Misfit)
    assert isinstance(found(SHARED, gpuUtil=40, bandwidth=40.1), Misfit)


def test_sharers_take_turns() -> None:
    """However few multiprocessors they need: four on one each had 23 percent of their speed (tests/agent/recordings)."""
    misfit = found(SHARED, gpuUtil=40.1, smActive=0.76, p95=0.76)
    assert isinstance(misfit, Misfit)
    assert misfit.obstacle is Obstacle.BUSY
    assert "take turns" in misfit.message
    assert found(gpuUtil=100) == Fits()


def test_how_often_a_sharer_runs_is_a_doubt_where_nobody_tells() -> None:
    """The trial shows it."""
    fits = found(SHARED)
    assert isinstance(fits, Fits)
    assert "take turns" in fits.doubts[0]


def test_what_is_not_told_is_a_doubt() -> None:
    """Bandwidth, which a trial shows."""
    fits = found(bandwidth=None)
    assert isinstance(fits, Fits)
    assert "bandwidth is not told" in fits.doubts[0]


def test_an_unknown_card_cannot_be_compared() -> None:
    """Nothing is guessed of it."""
    misfit = found(now=Device("nvidia.com/gpu", "odd"))
    assert isinstance(misfit, Misfit)
    assert misfit.obstacle is Obstacle.NOT_OFFERED


OTHERS = {"server": "Deployment/a", "days": 2, "load": {"smActive": 5, "p95": 2, "bandwidth": 1, "memory": 900}}


@pytest.mark.parametrize(
    ("now", "then", "said"),
    [
        ("NVIDIA-H100-80GB-HBM3", "NVIDIA-H200", ""),
        ("NVIDIA-H100-80GB-HBM3", "NVIDIA-A100-SXM4-80GB", "compute capability 8.0 and not 9.0"),
        ("Tesla-V100-SXM2-32GB", "Tesla-T4", "compute capability 7.5 and not 7.0"),
    ],
)
def test_another_generation_is_a_doubt(now: str, then: str, said: str) -> None:
    """Which data types and kernels it needs no series tells."""
    e = a_server({**OTHERS, "product": now, "offers": [{"product": then, "perHour": "1"}]})
    assert e.device
    found = fit(e, e.device, e.offers[0], POLICY)
    assert isinstance(found, Fits)
    assert any(said in doubt for doubt in found.doubts) if said else not found.doubts


@pytest.mark.parametrize("then", ["Tesla-T4", "Tesla-V100-SXM2-16GB"])
def test_nothing_goes_back_before_ampere(then: str) -> None:
    """Such cards have no bf16."""
    e = a_server({**OTHERS, "product": "NVIDIA-A100-SXM4-80GB", "offers": [{"product": then, "perHour": "1"}]})
    assert e.device
    found = fit(e, e.device, e.offers[0], POLICY)
    assert isinstance(found, Misfit)
    assert found.obstacle is Obstacle.CAPABILITY_MISSING


WEAKER = {
    "server": "Deployment/a",
    "days": 2,
    "product": "NVIDIA-L40S",
    "offers": [{"product": "NVIDIA-L40", "perHour": "1"}],
}


@pytest.mark.parametrize(("high", "fits"), [(40, True), (41, False)])
def test_slower_tensor_cores_are_filled_sooner(high: int, fits: bool) -> None:
    """An L40 has as many multiprocessors as an L40S, with tensor cores at half the rate."""
    e = a_server({**WEAKER, "load": {"smActive": 50, "p95": high, "bandwidth": 1, "memory": 900}})
    assert e.device
    assert isinstance(fit(e, e.device, e.offers[0], POLICY), Fits) is fits


def test_who_draws_more_than_a_card_may_is_in_doubt() -> None:
    """It would be slowed down: a trial shows by how much."""
    load = {"smActive": 20, "p95": 10, "bandwidth": 1, "memory": 900}
    for watts, doubted in ((300, False), (301, True)):
        e = a_server({**WEAKER, "load": {**load, "watts": [80, watts]}})
        assert e.device
        found = fit(e, e.device, e.offers[0], POLICY)
        assert isinstance(found, Fits)
        assert bool(found.doubts) is doubted
