"""Changes as patches."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from aicost.core.identity import ObjectRef
from aicost.core.recommendations.advice import Target
from aicost.core.recommendations.changes import Change, Resize, Scale, SetVariable
from aicost.core.recommendations.patches import patch_of
from tests.support.advising import ADVICE

SLICE = Resize("app", (("nvidia.com/gpu", None), ("nvidia.com/mig-3g.40gb", 1)))
ASKED = {"nvidia.com/gpu": None, "nvidia.com/mig-3g.40gb": 1}
MODEL = SetVariable("app", "MODEL", "claude-sonnet-5-5")


def patched(change: Change | None, group: str = "apps", kind: str = "Deployment") -> dict[str, Any] | None:
    """The patch of an object `x` without what names it."""
    patch = patch_of(replace(ADVICE, target=Target(ObjectRef(group, kind, "x")), change=change))
    assert not isinstance(patch, list)
    return patch and {name: of for name, of in patch.items() if name not in ("apiVersion", "kind")}


def named(**of: object) -> dict[str, Any]:
    """A patch of the object `x`."""
    return {"metadata": {"name": "x"}, "spec": of}


def test_a_patch_names_its_target_and_no_namespace() -> None:
    """So that kustomize finds it in a base that has none."""
    patch = patch_of(replace(ADVICE, change=Scale(0)))
    assert patch == {
        "apiVersion": "apps/v1",
        "kind": "StatefulSet",
        "metadata": {"name": "notebook"},
        "spec": {"replicas": 0},
    }


@pytest.mark.parametrize(
    ("group", "kind", "replicas", "spec"),
    [
        ("apps", "Deployment", 3, {"replicas": 3}),
        ("batch", "CronJob", 0, {"suspend": True}),
        ("serving.kserve.io", "InferenceService", 1, {"predictor": {"minReplicas": 1}}),
        ("leaderworkerset.x-k8s.io", "LeaderWorkerSet", 1, {"replicas": 1}),
        ("kubeflow.org", "PyTorchJob", 0, {"runPolicy": {"suspend": True}}),
        ("jobset.x-k8s.io", "JobSet", 0, {"suspend": True}),
        ("ray.io", "RayCluster", 0, {"suspend": True}),
    ],
)
def test_replicas_stand_where_the_kind_has_them(group: str, kind: str, replicas: int, spec: dict[str, Any]) -> None:
    """What has no number of replicas can still be put to rest."""
    assert patched(Scale(replicas), group, kind) == named(**spec)


def test_a_notebook_of_kubeflow_rests_by_an_annotation() -> None:
    """It has no replicas, and its controller looks whether the annotation is there."""
    stopped = {"metadata": {"name": "x", "annotations": {"kubeflow-resource-stopped": "true"}}}
    assert patched(Scale(0), "kubeflow.org", "Notebook") == stopped


@pytest.mark.parametrize(
    ("change", "group", "kind"),
    [
        (None, "apps", "Deployment"),
        (Scale(2), "batch", "CronJob"),
        (Scale(0), "apps", "DaemonSet"),
        (SLICE, "leaderworkerset.x-k8s.io", "LeaderWorkerSet"),
        (MODEL, "example.org", "Unheard"),
        (Scale(0), "example.org", "Unheard"),
    ],
)
def test_what_no_patch_can_say_has_none(change: Change | None, group: str, kind: str) -> None:
    """A patch that does not apply, or that drops the other containers of a list, would be worse."""
    assert patched(change, group, kind) is None


def test_a_container_asks_for_another_device() -> None:
    """As limit and as request, which must agree wherever both are given; what it no longer asks for is null."""
    container = {"name": "app", "resources": {"limits": ASKED, "requests": ASKED}}
    assert patched(SLICE) == named(template={"spec": {"containers": [container]}})
    assert patched(SLICE, "batch", "Job") == patched(SLICE)
    assert patched(SLICE, "", "Pod") == named(containers=[container])


def test_a_variable_is_set_beside_the_others() -> None:
    """Variables merge by name, and what takes its value from elsewhere no longer does; a CronJob's pods are one level deeper."""
    variable = {"name": "MODEL", "value": MODEL.value, "valueFrom": None}
    pods = {"template": {"spec": {"containers": [{"name": "app", "env": [variable]}]}}}
    assert patched(MODEL) == named(**pods)
    assert patched(MODEL, "batch", "CronJob") == named(jobTemplate={"spec": pods})
