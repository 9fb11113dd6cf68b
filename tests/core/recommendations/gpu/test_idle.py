"""Stopping what does nothing."""

from __future__ import annotations

from typing import Any

import pytest

from aicost.core.recommendations.advice import Advice, Answer, Basis, Lever, Obstacle, Refused
from aicost.core.recommendations.changes import Resize, Scale
from aicost.core.recommendations.gpu.idle import idle, unpriced
from aicost.core.recommendations.gpu.policy import POLICY
from tests.support.gpu_cases import a_server, dollars

H100 = "NVIDIA-H100-80GB-HBM3"
WORK = {"smActive": 80, "gpuUtil": 99}


def asked(**said: Any) -> Answer:
    return idle(
        a_server({"server": "StatefulSet/lab", "product": H100, "load": {"smActive": 0, "gpuUtil": 0}, **said}), POLICY
    )


def advice(**said: Any) -> Advice:
    answer = asked(**said)
    assert isinstance(answer, Advice)
    return answer


def test_a_whole_week_without_work_is_needed() -> None:
    """95 percent of its hours have to be known, the last ones."""
    assert isinstance(asked(), Advice)
    assert isinstance(asked(told=96), Advice)
    refusal = asked(told=94)
    assert isinstance(refusal, Refused)
    assert refusal.obstacle is Obstacle.TOO_LITTLE_DATA


def test_the_threshold_is_one_percent() -> None:
    """Of the peak, in every hour."""
    assert isinstance(asked(when=[{"days": [3], "from": 3, "to": 4, "load": {"smActive": 0.99}}]), Advice)
    refusal = asked(when=[{"days": [3], "from": 3, "to": 4, "load": {"smActive": 1}}])
    assert isinstance(refusal, Refused)
    assert refusal.obstacle is Obstacle.BUSY


def test_it_says_what_to_write() -> None:
    """Replicas where there are any, a container without the resource elsewhere; nothing where the container is not known."""
    assert advice().change == Scale(0)
    assert advice(server="Pod/lab").change == Resize("app", (("nvidia.com/gpu", None),))
    assert advice(server="Pod/lab", container="").change is None
    assert advice(autoscaled=True).change is None
    parts = advice(server="InferenceService/m", inParts=True)
    assert parts.change is None
    assert parts.requires == ("each part of m that has cards is stopped by its own number of replicas",)
    assert advice(product="NVIDIA-H100-80GB-HBM3", server="Pod/lab").lever is Lever.REMOVE_GPU


def test_work_before_the_idle_week_makes_it_a_trial() -> None:
    """It says since when it is idle."""
    before = advice(days=14, when=[{"days": [2], "from": 1, "to": 2, "before": 7, "load": WORK}])
    assert before.requires[0].startswith("trial: it worked before this idle week")
    assert "in 11 days" in before.reason
    assert "in 14 days" in advice(days=14).reason


@pytest.mark.parametrize("tokens", [{"tokens": 1}, {"tokens": 100}])
def test_who_served_tokens_is_not_idle(tokens: dict[str, Any]) -> None:
    """However little the samples saw of it."""
    refusal = asked(**tokens)
    assert isinstance(refusal, Refused)
    assert refusal.obstacle is Obstacle.BUSY


def test_a_schedule_is_for_what_people_work_with_and_nothing_scales() -> None:
    """Otherwise what works is left alone."""
    by_day = [{"days": [0, 1], "from": 8, "to": 12, "load": WORK}]
    schedule = advice(purpose="Development", when=by_day)
    assert schedule.proposed.startswith("replicas: 0 outside 08:00-12:00 UTC")
    assert schedule.saving.low < schedule.saving.high < schedule.touched.monthly_nanos
    for said, obstacle in (
        ({"purpose": "Inference"}, Obstacle.BUSY),
        ({"purpose": "Development", "autoscaled": True}, Obstacle.AUTOSCALED),
        ({"purpose": "Development", "server": "Pod/lab"}, Obstacle.BUSY),
    ):
        refusal = asked(when=by_day, **said)
        assert isinstance(refusal, Refused)
        assert refusal.obstacle is obstacle


def test_what_has_no_price_is_said_to() -> None:
    """With the lever that it would be."""
    refusal = unpriced(a_server({"server": "Pod/lab", "days": 1}))
    assert (refusal.lever, refusal.obstacle) == (Lever.REMOVE_GPU, Obstacle.UNPRICED)


QUIET = {"smActive": 0.6, "gpuUtil": 0.9, "memory": 70_000}


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ({"load": QUIET}, "nobody counts what it serves"),
        ({"load": {"smActive": 0}}, "no other signal (GPU_UTIL, power, PCIe) could contradict"),
        ({"autoscaled": None}, "nobody could list what sets its replicas"),
    ],
)
def test_what_nobody_told_makes_it_a_trial(said: dict[str, Any], why: str) -> None:
    """A live server with few calls looks like this; its saving is half of its cost at least."""
    trial = advice(**said)
    assert trial.basis is Basis.HYPOTHESIS
    assert trial.requires[0].endswith(why)
    assert trial.saving.low * 2 == trial.saving.high


@pytest.mark.parametrize("said", [{}, {"load": QUIET, "tokens": 0}, {"load": QUIET, "purpose": "Development"}])
def test_what_all_signals_agree_on_is_no_trial(said: dict[str, Any]) -> None:
    """Nothing ever ran, or what it served was counted, or it serves nobody."""
    assert advice(**said).basis is Basis.ACTIONABLE


def test_only_what_still_runs_can_be_stopped() -> None:
    """Ten replicas for six days and one now: one card's month."""
    numbers = {"replicas": 10, "replicasByDay": [10] * 6 + [1], "monthly": 6100}
    assert advice(**numbers).saving.high == dollars(700)
