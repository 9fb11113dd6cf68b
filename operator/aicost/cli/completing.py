"""Objects that take their pods from another one, made whole as their controllers do it: pure functions over JSON.

Sources: Argo Rollouts' `workloadRef`; Kubeflow trainer's `TrainingRuntime.RuntimeInfo` and its builder of JobSets; KServe's
`MergeSpecs`, a strategic merge of each base in its order, and of the service's own spec at last.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeAlias

from aicost.cli.elsewhere import Elsewhere, Named
from aicost.cli.uncounted import NotCountedError
from aicost.cluster.pod_templates import at
from aicost.core.cards import PRODUCT

Json: TypeAlias = Mapping[str, Any]
_ROLLOUT = ("argoproj.io", "Rollout")
_TRAINER, _KSERVE = "trainer.kubeflow.org", "serving.kserve.io"
_STEP = f"{_TRAINER}/trainjob-ancestor-step"
_BASE = "LLMInferenceServiceConfig"
_KSERVE_NAMESPACE = "kserve"
_PATCHES = ("runtimePatches", "podTemplateOverrides", "podSpecOverrides")
_PLAIN = frozenset(("numNodes", "torch", "jax", "xgboost"))
"""Policies whose pods are as many as their nodes; of MPI it depends on the version which pods have a launcher's devices."""
_TEMPLATES = {
    **{("apps", kind): ("spec", "template") for kind in ("Deployment", "ReplicaSet")},
    ("", "PodTemplate"): ("template",),
}
RUN_NOTHING = frozenset(
    (("", "PodTemplate"), (_TRAINER, "ClusterTrainingRuntime"), (_TRAINER, "TrainingRuntime"), (_KSERVE, _BASE))
)
"""Kinds that are there for others to take."""


def completed(of: Json, namespace: str, elsewhere: Elsewhere) -> Json:
    """As one object with all that it takes from others, of which only its pods are as they will be; itself where it takes nothing.

    Raises NotCountedError where one of them is not there, or it depends on more than that what becomes of it.
    """
    complete = _KINDS.get((of["apiVersion"].rpartition("/")[0], of["kind"]))
    if complete is None:
        return of
    try:
        return complete(of, of.get("spec") or {}, namespace, elsewhere)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise NotCountedError(f"what it takes its pods from cannot be understood: {error!r}") from error


def scaled_down(of: Json, namespace: str) -> Named | None:
    """What a Rollout takes over from and scales down to none; Argo leaves it alone where nothing says so."""
    if (of["apiVersion"].rpartition("/")[0], of["kind"]) != _ROLLOUT:
        return None
    ref = (of.get("spec") or {}).get("workloadRef") or {}
    return _referred(ref, namespace) if ref.get("scaleDown") in ("onsuccess", "progressively") else None


def _rollout(of: Json, spec: Json, namespace: str, elsewhere: Elsewhere) -> Json:
    if not (ref := spec.get("workloadRef")):
        return of
    named = _referred(ref, namespace)
    if (template := _TEMPLATES.get((named.group, named.kind))) is None:
        raise NotCountedError(f"where {named}, which its workloadRef names, keeps its pods is not known")
    return {**of, "spec": {**spec, "template": at(elsewhere.first([named]), template)}}


def _referred(ref: Json, namespace: str) -> Named:
    return Named((ref.get("apiVersion") or "").rpartition("/")[0], ref.get("kind") or "object", namespace, ref["name"])


def _train_job(of: Json, spec: Json, namespace: str, elsewhere: Elsewhere) -> Json:
    """As the JobSet that it becomes."""
    ref = spec["runtimeRef"]
    group, kind = ref.get("apiGroup") or _TRAINER, ref.get("kind") or "ClusterTrainingRuntime"
    named = Named(group, kind, "" if kind.startswith("Cluster") else namespace, ref["name"])
    if (group, kind) not in RUN_NOTHING:
        raise NotCountedError(f"what {named}, which its runtimeRef names, makes of it is not known")
    runtime = elsewhere.first([named])["spec"]
    policy = runtime.get("mlPolicy")
    if strange := sorted((policy or {}).keys() - _PLAIN) or ["torch.elasticPolicy"] * _is_elastic(policy):
        raise NotCountedError(f"how many pods with devices {named} makes by mlPolicy.{strange[0]} is not known")
    if PRODUCT in json.dumps([spec.get(name) for name in _PATCHES]):
        raise NotCountedError("it patches which nodes its runtime chooses")
    jobs = [_job(job, spec.get("trainer") or {}, policy) for job in at(runtime, ("template", "spec", "replicatedJobs"))]
    if not any(_step(job) == "trainer" for job in jobs):
        raise NotCountedError(f"which job of {named} is its trainer no label {_STEP} says")
    return {**of, "apiVersion": "jobset.x-k8s.io/v1alpha2", "kind": "JobSet", "spec": {"replicatedJobs": jobs}}


def _is_elastic(policy: Json | None) -> bool:
    return bool(at(policy, ("torch", "elasticPolicy")))


def _step(job: Json) -> str | None:
    found: str | None = at(job, ("template", "metadata", "labels", _STEP))
    return found


def _job(job: Json, trainer: Json, policy: Json | None) -> Json:
    """A job of the runtime: the trainer's has a pod for each node, and what a TrainJob asks for is its container's named node."""
    if not at(job, ("template", "metadata", "labels")):
        return job
    template, spec = job["template"], job["template"]["spec"]
    pods = spec["template"]
    containers = list(_asking(pods["spec"].get("containers") or (), trainer.get("resourcesPerNode") or {}))
    whole = {**spec, "template": {**pods, "spec": {**pods["spec"], "containers": containers}}}
    replicas = {} if _step(job) is None else {"replicas": 1}
    if _step(job) == "trainer":
        nodes = trainer.get("numNodes") or (spec.get("parallelism") if policy is None else policy.get("numNodes")) or 1
        whole |= {"parallelism": nodes, "completions": nodes}
    return {**job, **replicas, "template": {**template, "spec": whole}}


def _asking(containers: Any, asked: Json) -> Iterator[Json]:
    told = asked.get("limits") or asked.get("requests")
    yield from ({**each, "resources": asked} if told and each["name"] == "node" else each for each in containers)


def _llm_inference_service(of: Json, spec: Json, namespace: str, elsewhere: Elsewhere) -> Json:
    """Of its own namespace before KServe's."""
    whole: Any = {}
    for ref in spec.get("baseRefs") or ():
        named = [Named(_KSERVE, _BASE, space, ref["name"]) for space in (namespace, _KSERVE_NAMESPACE)]
        base = elsewhere.first(named).get("spec") or {}
        if base.get("baseRefs"):
            raise NotCountedError(f"what the baseRefs of {named[0]} add is not known")
        whole = merged(whole, base)
    return {**of, "spec": merged(whole, spec)} if whole else of


def merged(base: Any, over: Any) -> Any:
    """What a strategic merge makes of both, as far as devices go: maps by key, lists by name; what is empty says nothing."""
    if over is None:
        return base
    if isinstance(base, Mapping) and isinstance(over, Mapping):
        return {**base, **{key: merged(base.get(key), value) for key, value in over.items()}}
    if isinstance(base, list) and isinstance(over, list) and all(_is_named(each) for each in (*base, *over)):
        return list(merged({each["name"]: each for each in base}, {each["name"]: each for each in over}).values())
    return over


def _is_named(of: object) -> bool:
    return isinstance(of, Mapping) and "name" in of


_KINDS: Mapping[tuple[str, str], Callable[[Json, Json, str, Elsewhere], Json]] = {
    _ROLLOUT: _rollout,
    (_TRAINER, "TrainJob"): _train_job,
    (_KSERVE, "LLMInferenceService"): _llm_inference_service,
}
