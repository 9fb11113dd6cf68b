"""Kinds of objects that advice may change: where each keeps its replicas, its pods and whether it is at rest.

Custom kinds have merge patches, in which a list takes the place of the whole list: so what is in a list there is changed by
a JSON patch, for which the object is read. Sources: the API references of Kubernetes 1.34, and the schemas that KServe,
LeaderWorkerSet, KubeRay, JobSet, Kubeflow (training-operator, trainer, notebooks), Volcano and Argo Rollouts publish; what of a
Volcano Job may be changed once it is there its webhook says (`validateJobUpdate`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias

from aicost.core.identity import ObjectRef

Path: TypeAlias = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class KindOfObject:
    """`replicas`, `rest` and `pod` are paths to a number, to what is true where it rests, and to a pod's spec; or empty.

    `pod` only where it can be changed in place, and lists merge by name: in kinds of Kubernetes itself.
    """

    version: str
    """Empty where the cluster decides: see `versions`."""
    replicas: Path = ()
    rest: Path = ()
    pod: Path = ()
    at_rest: bool | str = True
    """What stands at `rest` then."""
    listed: bool = False
    """Its containers are in lists of a custom kind: what to change there depends on how the object looks."""
    runs_once: bool = False
    """What it runs has the pods that it began with."""
    fixed: str = ""
    """Why its pods are changed in its manifest alone: begins with `MANIFEST`; empty where it can be changed in place."""
    beside: str = ""
    """What else a change of its devices needs, and no patch can say."""
    versions: tuple[str, ...] = ()
    """What clusters serve it as, the newest first, where they differ: then it has no `version`."""


_REPLICAS = ("spec", "replicas")
_SUSPEND = ("spec", "suspend")
_TEMPLATE = ("spec", "template", "spec")
_SERVED = KindOfObject("v1", replicas=_REPLICAS, pod=_TEMPLATE)
_TRAINED = KindOfObject("v1", rest=("spec", "runPolicy", "suspend"), listed=True, runs_once=True)
MANIFEST = "the patch is for its manifest and its next run, for "
"""How it begins that the API server would refuse the patch of what is there."""
_NEXT = "let it end, then delete it"
_OF_JOBS = f"{MANIFEST}pods of a Job cannot be changed once it is there: {_NEXT}"
_OF_PODS = f"{MANIFEST}what a Pod asks for cannot be changed while it is there: {_NEXT}"
_OF_TRAINERS = (
    f"{MANIFEST}spec.trainer of a TrainJob cannot be changed once it is there: {_NEXT}; its runtime must not ask for"
    " other devices"
)
_OF_RANKS = "what starts its processes, such as mpirun -np, starts as many as its workers have slots then"

KINDS: Mapping[tuple[str, str], KindOfObject] = {
    ("", "Pod"): KindOfObject("v1", pod=("spec",), fixed=_OF_PODS),
    ("apps", "DaemonSet"): KindOfObject("v1", pod=_TEMPLATE),
    ("apps", "Deployment"): _SERVED,
    ("apps", "ReplicaSet"): _SERVED,
    ("apps", "StatefulSet"): _SERVED,
    ("batch", "CronJob"): KindOfObject("v1", rest=_SUSPEND, pod=("spec", "jobTemplate", *_TEMPLATE)),
    ("batch", "Job"): KindOfObject("v1", rest=_SUSPEND, pod=_TEMPLATE, fixed=_OF_JOBS),
    ("batch.volcano.sh", "Job"): KindOfObject("v1alpha1", listed=True, fixed=_OF_JOBS),
    ("aicost.dev", "UsageSource"): KindOfObject("v1alpha1"),
    ("argoproj.io", "Rollout"): KindOfObject("v1alpha1", replicas=_REPLICAS, listed=True),
    ("jobset.x-k8s.io", "JobSet"): KindOfObject("v1alpha2", rest=_SUSPEND, listed=True, runs_once=True),
    ("kubeflow.org", "JAXJob"): _TRAINED,
    ("kubeflow.org", "MPIJob"): KindOfObject(
        "", listed=True, runs_once=True, beside=_OF_RANKS, versions=("v2beta1", "v1")
    ),
    ("kubeflow.org", "Notebook"): KindOfObject(
        "v1", rest=("metadata", "annotations", "kubeflow-resource-stopped"), at_rest="true", listed=True
    ),
    ("kubeflow.org", "PaddleJob"): _TRAINED,
    ("kubeflow.org", "PyTorchJob"): _TRAINED,
    ("kubeflow.org", "TFJob"): _TRAINED,
    ("kubeflow.org", "XGBoostJob"): _TRAINED,
    ("leaderworkerset.x-k8s.io", "LeaderWorkerSet"): KindOfObject("v1", replicas=_REPLICAS, listed=True),
    ("ray.io", "RayCluster"): KindOfObject("v1", rest=_SUSPEND, listed=True),
    ("ray.io", "RayJob"): KindOfObject("v1", rest=_SUSPEND, listed=True, runs_once=True),
    ("ray.io", "RayService"): KindOfObject("v1", listed=True),
    ("serving.kserve.io", "InferenceService"): KindOfObject(
        "v1beta1", replicas=("spec", "predictor", "minReplicas"), listed=True
    ),
    ("serving.kserve.io", "LLMInferenceService"): KindOfObject("v1alpha1", replicas=_REPLICAS, listed=True),
    ("trainer.kubeflow.org", "TrainJob"): KindOfObject("v1alpha1", rest=_SUSPEND, listed=True, fixed=_OF_TRAINERS),
}

COUNTED_IN_PODS = frozenset(
    (
        *(("apps", "Deployment"), ("apps", "ReplicaSet"), ("apps", "StatefulSet"), ("argoproj.io", "Rollout")),
        ("serving.kserve.io", "InferenceService"),
    )
)
"""Kinds of which one replica is one pod; elsewhere it may be a group of pods that work together."""

_UNKNOWN = KindOfObject("")
_CORE = "v1"


def kind_of(of: ObjectRef) -> KindOfObject:
    """Of a kind that nobody listed only its name is known."""
    return KINDS.get((of.group, of.kind), _UNKNOWN)


def api_version(of: ObjectRef) -> str:
    """`apps/v1`, `v1`; of a kind that nobody listed the group alone, unless it is of Kubernetes, which has but `v1` there."""
    version = kind_of(of).version or (_CORE if is_built_in(of) else "")
    return "/".join(part for part in (of.group, version) if part)


def group_of(version: str) -> str:
    """The group of an `apiVersion` as `api_version` writes it: `v1` has none, and what has no version is a group alone."""
    group, slash, _ = version.partition("/")
    return group if slash or version != _CORE else ""


def is_built_in(of: ObjectRef) -> bool:
    """Whether it is a kind of Kubernetes itself, whose lists a strategic merge patch merges by their keys."""
    return of.group in ("", "apps", "batch")
