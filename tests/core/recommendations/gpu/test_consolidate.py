"""One server for the work of two."""

from __future__ import annotations

from typing import Any

import pytest

from aicost.core.recommendations.advice import Basis
from aicost.core.recommendations.gpu.consolidate import consolidated
from aicost.core.recommendations.gpu.policy import POLICY
from tests.support.gpu_cases import a_server, dollars

SERVER = {
    "product": "NVIDIA-H100-80GB-HBM3",
    "days": 2,
    "models": ["m-70B"],
    "tokens": 5,
    "kvCache": 40,
    "load": {"smActive": 50, "p95": 35, "memory": 70_000},
}


def gone(*said: dict[str, Any]) -> list[str]:
    servers = [
        a_server({"server": f"Deployment/{name}", **SERVER, **each}) for name, each in zip("abc", said, strict=False)
    ]
    return [advice.target.object_ref.name for advice in consolidated(servers, POLICY)]


def test_the_cheaper_one_goes_and_each_has_one_part() -> None:
    """Of three alike one goes, one takes over, and the third stays as it is."""
    assert gone({}, {"monthly": 100}) == ["b"]
    assert gone({}, {}, {}) == ["a"]


def test_where_nobody_wants_to_hear_that_one_goes_the_next_one_may() -> None:
    """Each is named once, and of those that are heard none has a part in another."""
    servers = [a_server({"server": f"Deployment/{name}", **SERVER}) for name in "abc"]
    found = list(consolidated(servers, POLICY, lambda _, answer: answer.target.object_ref.name != "a"))
    assert [(of.target.object_ref.name, of.evidence.numbers["takenOverBy"]) for of in found] == [("a", "b"), ("b", "a")]


def test_it_is_a_trial_that_may_save_nothing() -> None:
    """Who calls which of them is not known."""
    servers = [a_server({"server": f"Deployment/{name}", **SERVER}) for name in "ab"]
    (advice,) = consolidated(servers, POLICY)
    assert (advice.basis, advice.saving.low, advice.saving.high) == (Basis.HYPOTHESIS, 0, dollars(2920))
    assert advice.evidence.numbers["takenOverBy"] == "b"


@pytest.mark.parametrize(
    "other",
    [
        {"models": ["n-70B"]},
        {"workload": "rank"},
        {"product": "NVIDIA-H200"},
        {"load": {"smActive": 50, "p95": 35.1, "memory": 70_000}},
        {"kvCache": 40.1},
        {"autoscaled": None},
        {"purpose": "Training"},
        {"server": "Job/b"},
        {"models": []},
        {"told": 20},
        {"load": {"smActive": 0}},
        {"load": {"smActive": 0.5, "gpuUtil": 50}},
        {"monthly": 0},
    ],
)
def test_who_cannot_stand_for_another(other: dict[str, Any]) -> None:
    """Another model, workload or card, no room together, who is scaled, batch work, too little known."""
    assert gone({}, other) == []
