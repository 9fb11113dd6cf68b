"""Where objects of each kind have their pods, and how many: pure functions over JSON.

Sources: the schemas that Kubernetes 1.34, KServe, LeaderWorkerSet, KubeRay, JobSet, Kubeflow, Volcano and Argo Rollouts publish.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace

from aicost.cluster.batch_templates import job_set, one_job, ranked, replica_specs, train_job, volcano_job
from aicost.cluster.pod_templates import UNKNOWN, Json, Numbers, Template, at, number, one, templated
from aicost.core.recommendations.shapes import Pointer

_KSERVE_CONTAINER = "kserve-container"


def templates(of: Json) -> tuple[Template, ...] | None:
    """Of an object as JSON; None of a kind that nobody listed.

    Raises KeyError, TypeError, ValueError or AttributeError for what is no such object.
    """
    listed = _KINDS.get((of["apiVersion"].rpartition("/")[0], of["kind"]))
    return None if listed is None else tuple(listed(of))


_TEMPLATE: Pointer = ("spec", "template")


def _leader_worker_set(of: Json) -> Iterator[Template]:
    """Without a template of its own a leader has that of the workers."""
    whole: Pointer = ("spec", "leaderWorkerTemplate")
    groups, size = number(of, ("spec", "replicas")), number(of, (*whole, "size"))
    leads = at(of, (*whole, "leaderTemplate")) is not None
    if leads:
        yield from templated(of, (*whole, "leaderTemplate"), (groups, groups))
    count = groups * (size - leads)
    yield from templated(of, (*whole, "workerTemplate"), (count, count))


def _ray(cluster: Pointer) -> Callable[[Json], Iterator[Template]]:
    """A head, and groups of workers, whose number Ray's own autoscaler may set."""

    def found(of: Json) -> Iterator[Template]:
        yield from _told(
            of, (*cluster, "headGroupSpec"), templated(of, (*cluster, "headGroupSpec", "template"), (1, 1))
        )
        scaled = bool(at(of, (*cluster, "enableInTreeAutoscaling")))
        groups: Pointer = (*cluster, "workerGroupSpecs")
        for place, group in enumerate(at(of, groups) or ()):
            here: Pointer = (*groups, place)
            checks = (((*here, "groupName"), group["groupName"]),)
            numbers = _workers(group, scaled=scaled)
            yield from _told(of, here, templated(of, (*here, "template"), numbers, checks, here))

    return found


def _told(of: Json, group: Pointer, found: Iterator[Template]) -> Iterator[Template]:
    """With what Ray is told of its GPUs, where it is told: elsewhere it takes what its container asks for."""
    count: Pointer = (*group, "rayStartParams", "num-gpus")
    yield from (replace(each, count=count if at(of, count) is not None else ()) for each in found)


def _workers(group: Json, *, scaled: bool) -> Numbers:
    hosts = number(group, ("numOfHosts",))
    least, most = number(group, ("minReplicas",), 0), at(group, ("maxReplicas",))
    if scaled:
        return hosts * least, None if most is None else hosts * int(most)
    wanted = max(number(group, ("replicas",), least), least)
    count = hosts * (wanted if most is None else min(wanted, int(most)))
    return count, count


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
        least, most = number(found, ("minReplicas",)), number(found, ("maxReplicas",), 0)
        numbers: Numbers = (least, max(least, most) if most else None)
        labels = found.get("labels") or {}
        if worker := found.get("workerSpec"):
            yield Template((*here, "workerSpec"), worker, labels, UNKNOWN)
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
        count, labels = number(found, ("replicas",)), found.get("labels") or {}
        for part in ("template", "worker"):
            if (spec := found.get(part)) is not None:
                alone = not found.get("worker") and not found.get("scaling")
                yield Template((*here, part), spec, labels, (count, count) if alone else UNKNOWN)


def _daemon_set(of: Json) -> Iterator[Template]:
    """One pod on each node that its selector and tolerations let in: how many these are no manifest says."""
    yield from (replace(each, numbers=UNKNOWN) for each in one(_TEMPLATE)(of))


_KINDS: Mapping[tuple[str, str], Callable[[Json], Iterator[Template]]] = {
    ("", "Pod"): one(()),
    **{("apps", kind): one(_TEMPLATE, ("spec", "replicas")) for kind in ("Deployment", "ReplicaSet", "StatefulSet")},
    ("apps", "DaemonSet"): _daemon_set,
    ("argoproj.io", "Rollout"): one(_TEMPLATE, ("spec", "replicas"), needed=False),
    ("batch", "Job"): one_job(("spec",)),
    ("batch", "CronJob"): one_job(("spec", "jobTemplate", "spec")),
    ("batch.volcano.sh", "Job"): volcano_job,
    ("jobset.x-k8s.io", "JobSet"): job_set,
    ("kubeflow.org", "Notebook"): one(_TEMPLATE),
    **{
        ("kubeflow.org", kind): replica_specs(name)
        for kind, name in (
            ("JAXJob", "jaxReplicaSpecs"),
            ("PaddleJob", "paddleReplicaSpecs"),
            ("TFJob", "tfReplicaSpecs"),
            ("XGBoostJob", "xgbReplicaSpecs"),
        )
    },
    ("kubeflow.org", "MPIJob"): ranked("mpiReplicaSpecs", ("spec", "slotsPerWorker")),
    ("kubeflow.org", "PyTorchJob"): ranked(
        "pytorchReplicaSpecs", ("spec", "nprocPerNode"), ("spec", "elasticPolicy", "nProcPerNode")
    ),
    ("leaderworkerset.x-k8s.io", "LeaderWorkerSet"): _leader_worker_set,
    ("ray.io", "RayCluster"): _ray(("spec",)),
    ("ray.io", "RayJob"): _ray(("spec", "rayClusterSpec")),
    ("ray.io", "RayService"): _ray(("spec", "rayClusterConfig")),
    ("serving.kserve.io", "InferenceService"): _inference_service,
    ("serving.kserve.io", "LLMInferenceService"): _llm_inference_service,
    ("trainer.kubeflow.org", "TrainJob"): train_job,
}
