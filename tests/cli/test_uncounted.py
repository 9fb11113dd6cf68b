"""What asks for GPUs elsewhere, or by other names, is said; what runs nothing is not spoken of."""

from __future__ import annotations

from typing import Any

import pytest

from tests.cli.test_manifests import manifest, parsed
from tests.support.custom_kinds import an_object

LABEL = {"matchLabels": {"nvidia.com/gpu.product": "NVIDIA-L4"}}
BASE = {"apiVersion": "apps/v1", "kind": "Deployment", "name": "base"}
NAMED = "what the templates that it names ask for"
OWN = {"model": {"uri": "hf://x"}, "template": None}


def asking(**limits: Any) -> dict[str, Any]:
    """A pod template whose container asks for these."""
    return {"spec": {"containers": [{"name": "app", "resources": {"limits": limits}}]}}


def served(**model: Any) -> dict[str, Any]:
    """An InferenceService whose model a runtime serves."""
    return an_object("InferenceService", predictor={"model": {"runtime": "vllm", **model}, "maxReplicas": 2})


@pytest.mark.parametrize(
    ("of", "why"),
    [
        (served(), "what the runtime of its model asks for"),
        (served(resources={"limits": {"cpu": "1"}}), "what the runtime of its model asks for"),
        (manifest("TrainJob", "trainer.kubeflow.org/v1alpha1", runtimeRef={"name": "x"}), "ClusterTrainingRuntime x"),
        (manifest("Rollout", "argoproj.io/v1alpha1", workloadRef=BASE), "Deployment base, from which"),
        (an_object("LLMInferenceService", baseRefs=[{"name": "x"}]), "LLMInferenceServiceConfig x, from which"),
        (an_object("LLMInferenceService", **OWN), "what KServe's own template asks for"),
        (an_object("LLMInferenceService", prefill={"replicas": 2}), "what KServe's own template asks for"),
        (manifest("Deployment", template=asking(**{"nvidia.com/h100.shared": 1})), "1 of nvidia.com/h100.shared"),
        (manifest("Deployment", template=asking(**{"amd.com/gpu": 8})), "8 of amd.com/gpu"),
        (manifest("Deployment", template=asking(**{"nvidia.com/gpu": 100_000_001})), "100000001 of nvidia.com/gpu"),
        (manifest("CronWorkflow", "argoproj.io/v1alpha1", workflowSpec={"workflowTemplateRef": {"name": "x"}}), NAMED),
        (manifest("Workflow", "argoproj.io/v1alpha1", templates=[{"dag": {"tasks": [{"templateRef": {}}]}}]), NAMED),
        (manifest("JobFlow", "flow.volcano.sh/v1alpha1", flows=[{"name": "x"}]), NAMED),
        (
            manifest("JobTemplate", "flow.volcano.sh/v1alpha1", tasks=[{"template": asking(**{"nvidia.com/gpu": 1})}]),
            "such a kind",
        ),
        (manifest("Unheard", "example.org/v1", resourcesPerNode={"limits": {"amd.com/gpu": 1}}), "such a kind"),
        (manifest("Unheard", "example.org/v1", pods=[{"resourceClaims": [{"name": "x"}]}]), "such a kind"),
    ],
)
def test_what_is_completed_elsewhere_or_strange_is_said(of: dict[str, Any], why: str) -> None:
    """It is not known to ask for nothing."""
    found = parsed(of)
    assert found.servers == ()
    assert why in found.beyond[0]


@pytest.mark.parametrize(
    "of",
    [
        served(resources={"limits": {"nvidia.com/gpu": "0"}}),
        manifest("Deployment", template=asking(**{"nvidia.com/pgpu": 0, "example.com/fpga": 2})),
        manifest("Workflow", "argoproj.io/v1alpha1", templates=[{"name": "main", "container": {"image": "x"}}]),
        manifest("JobFlow", "example.org/v1", flows=[{"name": "x"}]),
        manifest("PriceBook", "aicost.dev/v1alpha1", gpus=[{"model": "L4-24GB", "nodes": LABEL}]),
        manifest("BusinessUnit", "aicost.dev/v1alpha1", reservedNodes=LABEL),
        manifest("ResourceFlavor", "kueue.x-k8s.io/v1beta1", nodeLabels={"nvidia.com/gpu.product": "NVIDIA-L4"}),
        manifest("ResourceQuota", "v1", hard={"requests.nvidia.com/gpu": 8}),
        manifest("NodePool", "karpenter.sh/v1", limits={"nvidia.com/gpu": 8}),
    ],
)
def test_what_asks_for_none_is_not_spoken_of(of: dict[str, Any]) -> None:
    """A model that names none is known; labels, quotas and limits of nodes run nothing."""
    found = parsed(of)
    assert (found.servers, found.beyond) == ((), ())
