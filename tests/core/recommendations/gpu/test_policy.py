"""Data gates, and signals that contradict each other."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from aicost.core.recommendations.gpu.policy import POLICY, doubt, percent, too_little
from tests.support.gpu_cases import a_server

H100 = "NVIDIA-H100-80GB-HBM3"
IDLE = {"smActive": 0, "gpuUtil": 0, "watts": (70, 75)}


def a_day(**said: Any) -> Any:
    return a_server({"server": "Deployment/a", "product": H100, "days": 2, "load": IDLE, **said})


def test_percent_is_in_parts_per_million() -> None:
    """As all shares are."""
    assert percent(80) == 800_000


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ({"load": {}}, "no series tells"),
        ({"told": 48}, "24 hours and 100 samples"),
        ({"load": {**IDLE, "samples": 2}}, "24 hours and 100 samples"),
        ({"deviceHours": 61}, "advice needs 80.0 percent"),
    ],
)
def test_what_is_too_little(said: dict[str, Any], why: str) -> None:
    """Hours, samples, and how much of the time is told of."""
    assert why in too_little(a_day(**said), POLICY)


def test_what_is_enough() -> None:
    """Exactly as much as is asked for."""
    assert too_little(a_day(told=50), replace(POLICY, least_coverage=percent(50))) == ""
    assert too_little(a_day(deviceHours=60), POLICY) == ""
    assert too_little(a_day(load={**IDLE, "samples": 3}), POLICY) == ""


@pytest.mark.parametrize(
    ("load", "why"),
    [
        ({"grEngineActive": 0, "gpuUtil": 99}, "a stuck dcgm-exporter"),
        ({"smActive": 0.7574, "gpuUtil": 100}, "little runs on it"),
        ({"smActive": 0, "watts": (349, 350)}, "drew 350 W"),
        ({"smActive": 0, "watts": (60, 121)}, "drew 121 W"),
        ({"smActive": 0, "pcie": 100_000_000}, "data moved"),
    ],
)
def test_what_contradicts(load: dict[str, Any], why: str) -> None:
    """The duty cycle, the draw of power, data on its way."""
    assert why in doubt(a_day(load=load), POLICY)


@pytest.mark.parametrize(
    "load",
    [
        IDLE,
        {"smActive": 0, "gpuUtil": 0, "watts": (73, 127)},
        {"smActive": 0, "gpuUtil": 0, "watts": (340, 349)},
        {"smActive": 50, "gpuUtil": 99, "watts": (70, 700), "pcie": 10**9},
        {"smActive": 0, "pcie": 99_999_999},
        {"gpuUtil": 0},
    ],
)
def test_what_does_not(load: dict[str, Any]) -> None:
    """A context alone draws power; a card that works may do anything; what nobody told contradicts nothing."""
    assert doubt(a_day(load=load), POLICY) == ""


def test_an_instance_s_power_is_its_card_s() -> None:
    """Others may work there."""
    assert doubt(a_day(profile="3g.40gb", load={"smActive": 0, "watts": (60, 600)}), POLICY) == ""


def test_contradictions_in_a_few_hours_may_be_tolerated() -> None:
    """But by whoever has no need of idleness only."""
    e = a_day(when=[{"from": 1, "to": 2, "load": {"gpuUtil": 50}}])
    assert doubt(e, POLICY)
    assert doubt(e, POLICY, percent(5)) == ""
    assert doubt(e, POLICY, percent(4))
