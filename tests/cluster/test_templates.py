"""Where objects of each kind have their pods."""

from __future__ import annotations

from typing import Any

import pytest

from aicost.cluster.pod_templates import Numbers
from aicost.cluster.quantities import pod_devices
from aicost.cluster.templates import templates
from tests.support.custom_kinds import SPECS, a_template, an_object

WORKERS = {"workerTemplate": a_template(), "size": 4}


def counted(of: dict[str, Any]) -> list[Numbers]:
    """How many pods there are of each template that has a card."""
    found = templates(of)
    assert found is not None
    return [each.numbers for each in found if pod_devices(each.pod)]


@pytest.mark.parametrize(
    ("kind", "numbers"),
    [
        ("Rollout", [(3, 3)]),
        ("Job", [(3, 3)]),
        ("JobSet", [(8, 8)]),
        ("JAXJob", [(3, 3)]),
        ("MPIJob", [(3, 3)]),
        ("Notebook", [(1, 1)]),
        ("PaddleJob", [(1, 1), (3, 3)]),
        ("PyTorchJob", [(1, 1), (3, 3)]),
        ("TFJob", [(1, 1), (3, 3)]),
        ("XGBoostJob", [(1, 1), (3, 3)]),
        ("LeaderWorkerSet", [(2, 2), (6, 6)]),
        ("RayCluster", [(4, 4)]),
        ("RayJob", [(4, 4)]),
        ("RayService", [(4, 4)]),
        ("InferenceService", [(2, 4)]),
        ("LLMInferenceService", [(3, 3)]),
        ("TrainJob", [(0, None)]),
    ],
)
def test_each_kind_counts_its_pods_in_its_own_way(kind: str, numbers: list[Numbers]) -> None:
    """Jobs times parallelism, groups times size, replicas times hosts."""
    assert counted(an_object(kind)) == numbers


def test_every_kind_of_the_examples_is_counted() -> None:
    """So that the table above is whole."""
    assert [kind for _, kind in SPECS if templates(an_object(kind)) is None] == []


@pytest.mark.parametrize(
    ("kind", "spec", "numbers"),
    [
        ("LeaderWorkerSet", {"replicas": 2, "leaderWorkerTemplate": WORKERS}, [(8, 8)]),
        ("InferenceService", {"predictor": {"containers": [a_template()["spec"]["containers"][1]]}}, [(1, None)]),
        (
            "InferenceService",
            {"predictor": a_template()["spec"] | {"workerSpec": a_template()["spec"]}},
            [(0, None), (1, None)],
        ),
        ("LLMInferenceService", {"worker": a_template()["spec"]}, [(0, None)] * 2),
    ],
    ids=["a leader like its workers", "no most", "workers of a model", "workers beside a head"],
)
def test_what_an_object_does_not_say(kind: str, spec: dict[str, Any], numbers: list[Numbers]) -> None:
    """Has the default of its kind, or is not known: never a guess."""
    assert counted(an_object(kind, **spec)) == numbers


def test_a_task_of_volcano_without_a_name_is_counted() -> None:
    """It gets one when it is created, which nothing can be held to before; and as many pods as it says, none where it says nothing."""
    found = templates(an_object("Job", tasks=[{"template": a_template()}, {"replicas": 2, "template": a_template()}]))
    assert found is not None
    assert [(each.numbers, each.checks) for each in found] == [((0, 0), ()), ((2, 2), ())]


def test_rays_autoscaler_sets_workers_between_two_numbers() -> None:
    """The number of replicas is its own then."""
    assert counted(an_object("RayCluster", enableInTreeAutoscaling=True)) == [(2, 8)]


def test_a_kind_that_nobody_listed_has_no_templates() -> None:
    """Nothing is guessed from its shape."""
    assert templates({"apiVersion": "example.org/v1", "kind": "Unheard", "spec": {"template": a_template()}}) is None
