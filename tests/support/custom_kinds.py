"""Objects of custom kinds as their own examples write them: with all that their schemas require, and a card for each `app`.

Beside each `app` stands a sidecar that any patch has to leave alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from typing import Any

from aicost.core.identity import ObjectRef

Json = dict[str, Any]
GPU = "nvidia.com/gpu"


def an_app(name: str = "app", cards: int = 1) -> Json:
    """A container with a card, which also asks for a processor, and sets its model by a variable."""
    return {
        "name": name,
        "image": "example.com/app",
        "env": [
            {"name": "TOKEN", "valueFrom": {"secretKeyRef": {"name": "s", "key": "k"}}},
            {"name": "KEPT", "value": "canary"},
            {"name": "MODEL", "value": "old"},
        ],
        "resources": {"limits": {GPU: cards, "cpu": "2"}, "requests": {"cpu": "1"}},
    }


def a_template(*, cards: int = 1, **more: Any) -> Json:
    """A pod template: first a sidecar, then the application; without cards a plain one."""
    sidecar = {"name": "sidecar", "image": "example.com/sidecar"}
    plain = {"name": "coordinator", "image": "example.com/plain"}
    containers = [sidecar, an_app(cards=cards)] if cards else [plain]
    return {"metadata": {"labels": {"app": "kept"}}, "spec": {"containers": containers, **more}}


def _ray_cluster() -> Json:
    def group(name: str, cards: int, **more: Any) -> Json:
        sized = {"replicas": 2, "minReplicas": 1, "maxReplicas": 4, "rayStartParams": {}}
        return {"groupName": name, "template": a_template(cards=cards), **sized, **more}

    head = {"rayStartParams": {}, "template": a_template(cards=0)}
    return {"headGroupSpec": head, "workerGroupSpecs": [group("cpu", 0), group("gpu", 1, numOfHosts=2)]}


def _trained(name: str, *roles: str) -> Json:
    runs = {role: {"replicas": 3 if role == "Worker" else 1, "template": a_template()} for role in roles}
    return {name: runs, "runPolicy": {"cleanPodPolicy": "None"}}


def _job(name: str, cards: int, replicas: int) -> Json:
    template = a_template(cards=cards, restartPolicy="Never")
    return {"name": name, "replicas": replicas, "template": {"spec": {"parallelism": 4, "template": template}}}


def _task(name: str, cards: int, replicas: int) -> Json:
    template = a_template(cards=cards, restartPolicy="OnFailure")
    return {"name": name, "replicas": replicas, "minAvailable": replicas, "template": template}


_MODEL = an_app("kserve-container") | {"modelFormat": {"name": "huggingface"}, "storageUri": "hf://example/model"}
del _MODEL["image"]
_WORKERS = {"leaderTemplate": a_template(), "workerTemplate": a_template(), "size": 4}
_POD = a_template()["spec"]
SPECS: Mapping[tuple[str, str], Json] = {
    ("argoproj.io/v1alpha1", "Rollout"): {"replicas": 3, "selector": {}, "template": a_template()},
    ("batch.volcano.sh/v1alpha1", "Job"): {
        "minAvailable": 4,
        "queue": "default",
        "tasks": [_task("driver", 0, 1), _task("workers", 1, 3)],
    },
    ("jobset.x-k8s.io/v1alpha2", "JobSet"): {"replicatedJobs": [_job("driver", 0, 1), _job("workers", 1, 2)]},
    ("kubeflow.org/v1", "JAXJob"): _trained("jaxReplicaSpecs", "Worker"),
    ("kubeflow.org/v2beta1", "MPIJob"): {
        "slotsPerWorker": 1,
        "mpiReplicaSpecs": {
            "Launcher": {"replicas": 1, "template": a_template(cards=0)},
            "Worker": {"replicas": 3, "template": a_template()},
        },
    },
    ("kubeflow.org/v1", "Notebook"): {"template": {"spec": _POD}},
    ("kubeflow.org/v1", "PaddleJob"): _trained("paddleReplicaSpecs", "Master", "Worker"),
    ("kubeflow.org/v1", "PyTorchJob"): {"nprocPerNode": "1", **_trained("pytorchReplicaSpecs", "Master", "Worker")},
    ("kubeflow.org/v1", "TFJob"): _trained("tfReplicaSpecs", "Chief", "Worker"),
    ("kubeflow.org/v1", "XGBoostJob"): _trained("xgbReplicaSpecs", "Master", "Worker"),
    ("leaderworkerset.x-k8s.io/v1", "LeaderWorkerSet"): {"replicas": 2, "leaderWorkerTemplate": _WORKERS},
    ("ray.io/v1", "RayCluster"): _ray_cluster(),
    ("ray.io/v1", "RayJob"): {"entrypoint": "python job.py", "rayClusterSpec": _ray_cluster()},
    ("ray.io/v1", "RayService"): {"serveConfigV2": "applications: []", "rayClusterConfig": _ray_cluster()},
    ("serving.kserve.io/v1beta1", "InferenceService"): {
        "predictor": {"minReplicas": 2, "maxReplicas": 4, "labels": {"app": "kept"}, "model": _MODEL}
    },
    ("serving.kserve.io/v1alpha1", "LLMInferenceService"): {
        "model": {"uri": "hf://example/model"},
        "replicas": 3,
        "labels": {"app": "kept"},
        "template": _POD,
    },
    ("trainer.kubeflow.org/v1alpha1", "TrainJob"): {
        "runtimeRef": {"name": "torch-distributed"},
        "trainer": {
            "env": an_app()["env"],
            "numNodes": 2,
            "numProcPerNode": 1,
            "resourcesPerNode": {"limits": {GPU: 1, "cpu": "2"}},
        },
    },
}
"""By `apiVersion` and kind."""


def an_object(kind: str, **spec: Any) -> Json:
    """One of that kind, `served`; of its spec these fields are others."""
    version, body = next((version, body) for (version, name), body in SPECS.items() if name == kind)
    metadata = {"name": "served", "namespace": "support", "labels": {"app": "kept"}}
    return {"apiVersion": version, "kind": kind, "metadata": metadata, "spec": deepcopy(body) | spec}


def container_of(kind: str) -> str:
    """The container that asks for its cards."""
    return {"InferenceService": "kserve-container", "TrainJob": "node"}.get(kind, "app")


def ref_of(kind: str) -> ObjectRef:
    """As advice names it."""
    return next(ObjectRef(version.partition("/")[0], name, "served") for version, name in SPECS if name == kind)
