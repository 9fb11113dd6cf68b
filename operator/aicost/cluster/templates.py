"""Where objects of each kind have their pods, and how many: pure functions over JSON.

Sources: the schemas that Kubernetes 1.34, KServe, LeaderWorkerSet, KubeRay, JobSet, Kubeflow and Argo Rollouts publish.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

from aicost.cluster.quantities import pod_devices
from aicost.core.recommendations.shapes import Check, Pointer

Json: TypeAlias = Mapping[str, Any]
Numbers: TypeAlias = tuple[int, int | None]
"""At least and at most; None: as many as it takes, or nobody knows."""
_UNKNOWN: Numbers = (0, None)
_KSERVE_CONTAINER = "kserve-container"
_NODE = "node"


@dataclass(frozen=True, slots=True)
class Template:
    """Pods of an object: `spec` lies at `at`, behind `checks`; `numbers` of them run, each with `labels`.

    `group` is what has fields for their number beside other groups; empty where the whole object has it. `only` is the
    one container that stands there in place of a pod's spec, `selector` what the pod says of its nodes then. `count` is what
    says, as text or as a number, how many GPUs the container at place `counted` has; empty where nothing does. `resources` is
    where a container that stands alone has its limits and requests.
    """

    at: Pointer
    spec: Json
    labels: Json
    numbers: Numbers
    checks: tuple[Check, ...] = ()
    group: Pointer = ()
    only: str = ""
    selector: Json | None = None
    count: Pointer = ()
    counted: int = 0
    in_words: bool = True
    resources: str = "resources"

    @property
    def pod(self) -> Json:
        """The pod's spec, as far as it is written."""
        if not self.only:
            return self.spec
        container = {**self.spec, "resources": self.spec.get(self.resources)}
        return {"containers": [container], "nodeSelector": self.selector}


def templates(of: Json) -> tuple[Template, ...] | None:
    """Of an object as JSON; None of a kind that nobody listed.

    Raises KeyError, TypeError, ValueError or AttributeError for what is no such object.
    """
    listed = _KINDS.get((of["apiVersion"].rpartition("/")[0], of["kind"]))
    return None if listed is None else tuple(listed(of))


def at(of: Any, path: Pointer) -> Any:
    """What lies there; None where nothing does."""
    for step in path:
        if of is None:
            return None
        of = of[step] if isinstance(step, int) else of.get(step)
    return of


def _number(of: Json, path: Pointer, otherwise: int = 1) -> int:
    found = at(of, path)
    return otherwise if found is None else int(found)


_TEMPLATE: Pointer = ("spec", "template")


def _one(template: Pointer, count: Pointer = (), *, needed: bool = True) -> Callable[[Json], Iterator[Template]]:
    """A kind with one pod template, and a number that is 1 where nothing says."""

    def found(of: Json) -> Iterator[Template]:
        if needed and at(of, (*template, "spec")) is None:
            raise KeyError("spec")
        count_of = _number(of, count) if count else 1
        yield from _templated(of, template, (count_of, count_of))

    return found


def _templated(
    of: Json, template: Pointer, numbers: Numbers, checks: tuple[Check, ...] = (), group: Pointer = ()
) -> Iterator[Template]:
    """A pod template, which has metadata and a spec; nothing where there is none."""
    if (found := at(of, template)) is not None and found.get("spec") is not None:
        yield Template(
            (*template, "spec"), found["spec"], at(found, ("metadata", "labels")) or {}, numbers, checks, group
        )


def _at_once(of: Json, job: Pointer) -> int:
    """Pods of a Job: no more run than are still to complete."""
    count = _number(of, (*job, "parallelism"))
    return min(count, _number(of, (*job, "completions"), count))


def _job(job: Pointer) -> Callable[[Json], Iterator[Template]]:
    def found(of: Json) -> Iterator[Template]:
        count = _at_once(of, job)
        yield from (replace(each, numbers=(count, count)) for each in _one((*job, "template"))(of))

    return found


def _job_set(of: Json) -> Iterator[Template]:
    jobs: Pointer = ("spec", "replicatedJobs")
    for place, job in enumerate(at(of, jobs) or ()):
        count = _number(job, ("replicas",)) * _at_once(job, ("template", "spec"))
        here: Pointer = (*jobs, place)
        yield from _templated(
            of, (*here, "template", "spec", "template"), (count, count), (((*here, "name"), job["name"]),)
        )


def _leader_worker_set(of: Json) -> Iterator[Template]:
    """Without a template of its own a leader has that of the workers."""
    whole: Pointer = ("spec", "leaderWorkerTemplate")
    groups, size = _number(of, ("spec", "replicas")), _number(of, (*whole, "size"))
    leads = at(of, (*whole, "leaderTemplate")) is not None
    if leads:
        yield from _templated(of, (*whole, "leaderTemplate"), (groups, groups))
    count = groups * (size - leads)
    yield from _templated(of, (*whole, "workerTemplate"), (count, count))


def _ray(cluster: Pointer) -> Callable[[Json], Iterator[Template]]:
    """A head, and groups of workers, whose number Ray's own autoscaler may set."""

    def found(of: Json) -> Iterator[Template]:
        yield from _told(
            of, (*cluster, "headGroupSpec"), _templated(of, (*cluster, "headGroupSpec", "template"), (1, 1))
        )
        scaled = bool(at(of, (*cluster, "enableInTreeAutoscaling")))
        groups: Pointer = (*cluster, "workerGroupSpecs")
        for place, group in enumerate(at(of, groups) or ()):
            here: Pointer = (*groups, place)
            checks = (((*here, "groupName"), group["groupName"]),)
            numbers = _workers(group, scaled=scaled)
            yield from _told(of, here, _templated(of, (*here, "template"), numbers, checks, here))

    return found


def _told(of: Json, group: Pointer, found: Iterator[Template]) -> Iterator[Template]:
    """With what Ray is told of its GPUs, where it is told: elsewhere it takes what its container asks for."""
    count: Pointer = (*group, "rayStartParams", "num-gpus")
    yield from (replace(each, count=count if at(of, count) is not None else ()) for each in found)


def _workers(group: Json, *, scaled: bool) -> Numbers:
    hosts = _number(group, ("numOfHosts",))
    least, most = _number(group, ("minReplicas",), 0), at(group, ("maxReplicas",))
    if scaled:
        return hosts * least, None if most is None else hosts * int(most)
    wanted = max(_number(group, ("replicas",), least), least)
    count = hosts * (wanted if most is None else min(wanted, int(most)))
    return count, count


def _replica_specs(name: str) -> Callable[[Json], Iterator[Template]]:
    """Kubeflow's training-operator: roles by name."""

    def found(of: Json) -> Iterator[Template]:
        for role in sorted(at(of, ("spec", name)) or ()):
            here: Pointer = ("spec", name, role)
            count = _number(of, (*here, "replicas"))
            yield from _templated(of, (*here, "template"), (count, count))

    return found


def _ranked(name: str, *counts: Pointer) -> Callable[[Json], Iterator[Template]]:
    """Roles of which each pod has as many processes as devices, where one of the counts is meant as such."""

    def found(of: Json) -> Iterator[Template]:
        for each in _replica_specs(name)(of):
            yield next((ranked for count in counts if (ranked := _with_processes(of, each, count)).count), each)

    return found


def _train_job(of: Json) -> Iterator[Template]:
    """What it writes over the container of its trainer; its pods are in its runtime, so that nobody knows how many there are.

    Which container that is: constants of Kubeflow's trainer.
    """
    here: Pointer = ("spec", "trainer")
    if trainer := at(of, here):
        found = Template(here, trainer, {}, _UNKNOWN, only=_NODE, resources="resourcesPerNode")
        yield _with_processes(of, found, (*here, "numProcPerNode"))


def _with_processes(of: Json, found: Template, count: Pointer) -> Template:
    """With the number of its processes, where that is as many as its devices: any other means something else."""
    processes = at(of, count)
    for place, container in enumerate(found.pod.get("containers") or ()):
        if (devices := pod_devices({"containers": [container]}).total()) and str(devices) == str(processes):
            return replace(found, count=count, counted=place, in_words=isinstance(processes, str))
    return found


_FRAMEWORKS = frozenset(
    (
        "model",
        "huggingface",
        "lightgbm",
        "onnx",
        "paddle",
        "pmml",
        "pytorch",
        "sklearn",
        "tensorflow",
        "triton",
        "xgboost",
    )
)


def _inference_service(of: Json) -> Iterator[Template]:
    """A component's pod spec is written into it, or one container as its model server; `maxReplicas` 0 has no limit."""
    for component in ("predictor", "transformer", "explainer"):
        here: Pointer = ("spec", component)
        if not (found := at(of, here)):
            continue
        least, most = _number(found, ("minReplicas",)), _number(found, ("maxReplicas",), 0)
        numbers: Numbers = (least, max(least, most) if most else None)
        labels = found.get("labels") or {}
        if worker := found.get("workerSpec"):
            yield Template((*here, "workerSpec"), worker, labels, _UNKNOWN)
        yield Template(here, found, labels, numbers)
        for framework in sorted(_FRAMEWORKS & found.keys()):
            yield Template(
                (*here, framework),
                found[framework],
                labels,
                numbers,
                only=_KSERVE_CONTAINER,
                selector=found.get("nodeSelector"),
            )


def _llm_inference_service(of: Json) -> Iterator[Template]:
    """Pod specs without metadata, of decoding and of prefilling; of workers beside a head nothing says how many there are."""
    for here in (("spec",), ("spec", "prefill")):
        found = at(of, here) or {}
        count, labels = _number(found, ("replicas",)), found.get("labels") or {}
        for part in ("template", "worker"):
            if (spec := found.get(part)) is not None:
                alone = not found.get("worker") and not found.get("scaling")
                yield Template((*here, part), spec, labels, (count, count) if alone else _UNKNOWN)


def _daemon_set(of: Json) -> Iterator[Template]:
    """One pod on each node that its selector and tolerations let in: how many these are no manifest says."""
    yield from (replace(each, numbers=_UNKNOWN) for each in _one(_TEMPLATE)(of))


_KINDS: Mapping[tuple[str, str], Callable[[Json], Iterator[Template]]] = {
    ("", "Pod"): _one(()),
    **{("apps", kind): _one(_TEMPLATE, ("spec", "replicas")) for kind in ("Deployment", "ReplicaSet", "StatefulSet")},
    ("apps", "DaemonSet"): _daemon_set,
    ("argoproj.io", "Rollout"): _one(_TEMPLATE, ("spec", "replicas"), needed=False),
    ("batch", "Job"): _job(("spec",)),
    ("batch", "CronJob"): _job(("spec", "jobTemplate", "spec")),
    ("jobset.x-k8s.io", "JobSet"): _job_set,
    ("kubeflow.org", "Notebook"): _one(_TEMPLATE),
    **{
        ("kubeflow.org", kind): _replica_specs(name)
        for kind, name in (
            ("JAXJob", "jaxReplicaSpecs"),
            ("PaddleJob", "paddleReplicaSpecs"),
            ("TFJob", "tfReplicaSpecs"),
            ("XGBoostJob", "xgbReplicaSpecs"),
        )
    },
    ("kubeflow.org", "MPIJob"): _ranked("mpiReplicaSpecs", ("spec", "slotsPerWorker")),
    ("kubeflow.org", "PyTorchJob"): _ranked(
        "pytorchReplicaSpecs", ("spec", "nprocPerNode"), ("spec", "elasticPolicy", "nProcPerNode")
    ),
    ("leaderworkerset.x-k8s.io", "LeaderWorkerSet"): _leader_worker_set,
    ("ray.io", "RayCluster"): _ray(("spec",)),
    ("ray.io", "RayJob"): _ray(("spec", "rayClusterSpec")),
    ("ray.io", "RayService"): _ray(("spec", "rayClusterConfig")),
    ("serving.kserve.io", "InferenceService"): _inference_service,
    ("serving.kserve.io", "LLMInferenceService"): _llm_inference_service,
    ("trainer.kubeflow.org", "TrainJob"): _train_job,
}
