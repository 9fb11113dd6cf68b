"""Batch work on cheaper nodes."""

from __future__ import annotations

from typing import Any

import pytest

from aicost.core.recommendations.advice import Advice, Basis, Lever, Refused
from aicost.core.recommendations.gpu.batch import cheaper_card
from aicost.core.recommendations.gpu.policy import POLICY
from tests.support.gpu_cases import a_server, dollars

H100 = "NVIDIA-H100-80GB-HBM3"
SPOT = {"product": H100, "perHour": "1", "nodes": 1, "where": {"pool": "spot"}}
SERVER = {
    "server": "Job/train",
    "product": H100,
    "days": 2,
    "count": 8,
    "monthly": 23360,
    "load": {"smActive": 50},
    "offers": [SPOT],
}


def asked(**said: Any) -> Any:
    return cheaper_card(a_server({**SERVER, **said}), POLICY)


@pytest.mark.parametrize(
    ("said", "low"),
    [
        ({}, 0),
        ({"server": "CronJob/train"}, 8760),
        ({"server": "Deployment/train", "purpose": "Evaluation"}, 8760),
    ],
)
def test_the_same_cards_cost_less_elsewhere(said: dict[str, Any], low: int) -> None:
    """Eight cards at 1 dollar instead of 4: a trial, for it needs checkpoints; of one run nothing is certain."""
    advice = asked(**said)
    assert isinstance(advice, Advice)
    assert (advice.lever, advice.basis, advice.change) == (Lever.USE_SMALLER_GPU, Basis.HYPOTHESIS, None)
    assert advice.proposed == "nvidia.com/gpu: 8 on nodes with pool=spot"
    assert (advice.saving.low, advice.saving.high) == (dollars(low), dollars(17520))
    assert "checkpoints" in advice.requires[1]


@pytest.mark.parametrize(
    "said",
    [
        {"server": "Deployment/chat"},
        {"monthly": 5840},
        {"told": 20},
        {"offers": [{**SPOT, "product": "NVIDIA-L4"}]},
        {"offers": [{**SPOT, "where": {}}]},
    ],
)
def test_all_else_is_asked_for_a_smaller_card(said: dict[str, Any]) -> None:
    """What people wait for, what costs no less, what is not known enough, other cards."""
    assert isinstance(asked(**said), Refused)
