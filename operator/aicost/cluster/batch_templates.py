"""Where jobs of each kind have their pods: Kubernetes' own, JobSet's, Volcano's and Kubeflow's."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

from aicost.cluster.pod_templates import UNKNOWN, Json, Template, at, number, one, templated
from aicost.cluster.quantities import pod_devices
from aicost.core.recommendations.shapes import Pointer

_NODE = "node"


def _at_once(of: Json, job: Pointer) -> int:
    """Pods of a Job: no more run than are still to complete."""
    count = number(of, (*job, "parallelism"))
    return min(count, number(of, (*job, "completions"), count))


def one_job(job: Pointer) -> Callable[[Json], Iterator[Template]]:
    """A Job of Kubernetes at a place."""

    def found(of: Json) -> Iterator[Template]:
        count = _at_once(of, job)
        yield from (replace(each, numbers=(count, count)) for each in one((*job, "template"))(of))

    return found


def job_set(of: Json) -> Iterator[Template]:
    """As many pods as all replicas of a job run at once."""
    jobs: Pointer = ("spec", "replicatedJobs")
    for place, job in enumerate(at(of, jobs) or ()):
        count = number(job, ("replicas",)) * _at_once(job, ("template", "spec"))
        here: Pointer = (*jobs, place)
        yield from templated(
            of, (*here, "template", "spec", "template"), (count, count), (((*here, "name"), job["name"]),)
        )


def volcano_job(of: Json) -> Iterator[Template]:
    """Tasks without a name get one when they are created."""
    tasks: Pointer = ("spec", "tasks")
    for place, task in enumerate(at(of, tasks) or ()):
        here: Pointer = (*tasks, place)
        count = number(task, ("replicas",), 0)
        checks = (((*here, "name"), task["name"]),) if task.get("name") else ()
        yield from templated(of, (*here, "template"), (count, count), checks)


def replica_specs(name: str) -> Callable[[Json], Iterator[Template]]:
    """Kubeflow's training-operator: roles by name."""

    def found(of: Json) -> Iterator[Template]:
        for role in sorted(at(of, ("spec", name)) or ()):
            here: Pointer = ("spec", name, role)
            count = number(of, (*here, "replicas"))
            yield from templated(of, (*here, "template"), (count, count))

    return found


def ranked(name: str, *counts: Pointer) -> Callable[[Json], Iterator[Template]]:
    """Roles of which each pod has as many processes as devices, where one of the counts is meant as such."""

    def found(of: Json) -> Iterator[Template]:
        for each in replica_specs(name)(of):
            yield next((ranked for count in counts if (ranked := _with_processes(of, each, count)).count), each)

    return found


def train_job(of: Json) -> Iterator[Template]:
    """What it writes over the container of its trainer; its pods are in its runtime, so that nobody knows how many there are.

    Which container that is: constants of Kubeflow's trainer.
    """
    here: Pointer = ("spec", "trainer")
    if trainer := at(of, here):
        found = Template(here, trainer, {}, UNKNOWN, only=_NODE, resources="resourcesPerNode")
        yield _with_processes(of, found, (*here, "numProcPerNode"))


def _with_processes(of: Json, found: Template, count: Pointer) -> Template:
    """With the number of its processes, where that is as many as its devices: any other means something else."""
    processes = at(of, count)
    for place, container in enumerate(found.pod.get("containers") or ()):
        if (devices := pod_devices({"containers": [container]}).total()) and str(devices) == str(processes):
            return replace(found, count=count, counted=place, in_words=isinstance(processes, str))
    return found
