"""How much memory is needed."""

from __future__ import annotations

from typing import Any

import pytest

from aicost.core.recommendations.gpu.memory import Need, needed, weights_mib
from aicost.core.recommendations.gpu.policy import POLICY
from tests.support.gpu_cases import a_server


def need(**said: Any) -> Need | str:
    load = {"smActive": 1, "memory": said.pop("memory", 10_000)}
    return needed(a_server({"server": "Deployment/a", "days": 1, "load": load, **said}), POLICY)


def test_a_peak_has_a_fifth_of_headroom_and_a_gib_at_least() -> None:
    """Rounded up."""
    assert need() == Need(12_000)
    assert need(memory=1_001) == Need(2_025)
    assert need(memory=10_001) == Need(12_002)


def test_a_server_that_takes_all_needs_weights_and_the_cache_that_it_used() -> None:
    """Beside 15259 MiB of weights half of what is left: an estimate, for the name alone tells of the weights."""
    weights = 15_259
    used = weights + (74_000 - weights) // 2
    assert need(memory=74_000, tokens=1, models=["m-8B"], kvCache=50) == Need(-(-used * 120 // 100), estimated=True)
    assert need(memory=9_000, tokens=1, models=["m-8B"], kvCache=0) == Need(10_800, estimated=True)


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ({"memory": None}, "is not told"),
        ({"tokens": 1, "models": ["m-8B"]}, "how much of its KV cache"),
        ({"tokens": 1, "models": ["m"], "kvCache": 3}, "how large its weights are"),
        ({"kvCache": 3}, "how large its weights are"),
    ],
)
def test_what_is_not_known_is_not_guessed(said: dict[str, Any], why: str) -> None:
    """Memory, cache and weights."""
    assert why in str(need(**said))


@pytest.mark.parametrize(
    ("name", "billions"),
    [
        ("meta-llama/Llama-3.1-8B-Instruct", 8),
        ("Qwen/Qwen3-0.6B", 0.6),
        ("mistralai/Mixtral-8x7B-v0.1", 56),
        ("Qwen3-30B-A3B", 30),
        ("llama-70b", 70),
        ("chat", None),
        ("gpt-6-sol", None),
        ("bge-m3b2", None),
    ],
)
def test_a_model_s_name_may_tell_how_large_it_is(name: str, billions: float | None) -> None:
    """At two bytes a parameter, the largest number that it names."""
    assert weights_mib(name) == (None if billions is None else round(billions * 2e9 / 2**20))
