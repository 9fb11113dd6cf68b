"""Fewer replicas."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from aicost.core.identity import ObjectRef
from aicost.core.recommendations.advice import Advice, Basis, Obstacle, Refused, Target
from aicost.core.recommendations.changes import Scale
from aicost.core.recommendations.gpu.policy import POLICY
from aicost.core.recommendations.gpu.replicas import fewer_replicas
from aicost.core.window import DAY
from tests.support.gpu_cases import a_server, dollars

SERVER = {
    "server": "Deployment/a",
    "product": "NVIDIA-H100-80GB-HBM3",
    "days": 2,
    "replicas": 4,
    "monthly": 4000,
    "load": {"smActive": 60, "p95": 35},
}


def asked(**said: Any) -> Any:
    return fewer_replicas(a_server({**SERVER, **said}), POLICY)


@pytest.mark.parametrize(("p95", "needed"), [(1, 2), (35, 2), (36, 3), (52, 3), (53, None)])
def test_the_busiest_hour_fits_on_those_that_stay(p95: int, needed: int | None) -> None:
    """At 70 percent each, and two at least."""
    answer = asked(load={"smActive": 60, "p95": p95})
    if needed is None:
        assert isinstance(answer, Refused)
    else:
        assert answer.change == Scale(needed)
        assert answer.saving.low == answer.saving.high == dollars(1000 * (4 - needed))


def test_the_fullest_caches_fit_too() -> None:
    """At 80 percent each."""
    assert asked(kvCache=40).change == Scale(2)
    assert asked(kvCache=41).change == Scale(3)


@pytest.mark.parametrize(
    ("said", "obstacle"),
    [
        ({"autoscaled": True}, Obstacle.AUTOSCALED),
        ({"days": 3, "replicasByDay": [2, 3, 4]}, Obstacle.AUTOSCALED),
        ({"purpose": "Training"}, Obstacle.CHECKPOINTS),
        ({"told": 40}, Obstacle.TOO_LITTLE_DATA),
        ({"load": {"smActive": 0, "gpuUtil": 40}}, Obstacle.DOUBTFUL_SIGNAL),
        ({"load": {"smActive": 2, "p95": 1}, "pods": {2: {"smActive": 80, "p95": 70}}}, Obstacle.BUSY),
    ],
)
def test_what_speaks_against_it(said: dict[str, Any], obstacle: Obstacle) -> None:
    """Who scales it, what it works on, a hot one, signals that contradict."""
    refusal = asked(**said)
    assert isinstance(refusal, Refused)
    assert refusal.obstacle is obstacle


def test_hours_that_lack_a_replica_tell_of_no_sum() -> None:
    """Where there is no other hour nothing can be said."""
    e = a_server({**SERVER, "deviceHours": 150})
    short = tuple(load for load in e.loads if not load.pod.endswith("-3"))
    refusal = fewer_replicas(replace(e, loads=short), POLICY)
    assert isinstance(refusal, Refused)
    assert refusal.obstacle is Obstacle.TOO_LITTLE_DATA


def test_who_scales_it_is_asked_where_nobody_knows() -> None:
    """As a trial."""
    answer = asked(autoscaled=None)
    assert isinstance(answer, Advice)
    assert answer.basis is Basis.HYPOTHESIS


@pytest.mark.parametrize("said", [{"replicas": 1}, {"server": "Pod/a"}, {"server": "DaemonSet/a"}])
def test_it_is_about_what_has_several_replicas(said: dict[str, Any]) -> None:
    """Nothing is said of all else."""
    assert asked(**said) is None


@pytest.mark.parametrize(
    ("group", "kind"),
    [("leaderworkerset.x-k8s.io", "LeaderWorkerSet"), ("ray.io", "RayService"), ("example.com", "Deployment")],
)
def test_replicas_that_may_be_groups_of_pods_are_left_alone(group: str, kind: str) -> None:
    """Eight pods in two groups of four are two replicas: five would be more of them, not fewer."""
    e = replace(a_server({**SERVER, "replicas": 8}), target=Target(ObjectRef(group, kind, "a")))
    refusal = fewer_replicas(e, POLICY)
    assert isinstance(refusal, Refused)
    assert refusal.obstacle is Obstacle.INTERCONNECT


@pytest.mark.parametrize(("peak", "basis"), [(70, Basis.ACTIONABLE), (71, Basis.HYPOTHESIS)])
def test_a_peak_above_the_target_makes_it_a_trial(peak: int, basis: Basis) -> None:
    """A 95th percentile hides bursts, in which fewer replicas may have no room."""
    answer = asked(load={"smActive": peak, "p95": 5})
    assert isinstance(answer, Advice)
    assert answer.basis is basis


def test_only_what_still_runs_is_saved() -> None:
    """Ten replicas for six days and three now: one fewer of three saves one card's month."""
    e = a_server({**SERVER, "days": 7, "replicas": 10, "replicasByDay": [10] * 6 + [3], "deviceHours": 1512})
    loads = tuple(load for load in e.loads if load.hour.start < e.window.end - DAY or load.pod in ("a-0", "a-1", "a-2"))
    e = replace(e, loads=loads, part=replace(e.part, monthly_nanos=dollars(9000)))
    answer = fewer_replicas(replace(e, loads=tuple(replace(load, high_ppm=10_000) for load in loads)), POLICY)
    assert isinstance(answer, Advice)
    assert (answer.proposed, answer.saving.high) == ("replicas: 2", dollars(1000))
