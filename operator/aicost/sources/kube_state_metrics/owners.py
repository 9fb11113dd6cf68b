"""The chain of controllers above a pod, as kube-state-metrics tells it: by kind and name, without API groups. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from aicost.core.identity import ObjectRef
from aicost.sources.kube_state_metrics.facts import Answers, Samples, facts, pod_key

_GROUPS = {
    "ReplicaSet": "apps",
    "Deployment": "apps",
    "StatefulSet": "apps",
    "DaemonSet": "apps",
    "Job": "batch",
    "CronJob": "batch",
}
"""The groups of Kubernetes' own kinds. Any other kind is given no group: a target of a group that Kubernetes does not
ship (JobSet, PyTorchJob) is not found in history; a foreign kind of the same name as one of these is taken for it."""

Owner = tuple[str, str]
"""Kind and name."""


def owner_chains(answers: Answers) -> dict[str, tuple[ObjectRef, ...]]:
    """The controllers of each pod, nearest first."""
    above = _above("ReplicaSet", "replicaset", answers.replica_set_owners)
    above |= _above("Job", "job_name", answers.job_owners)
    return {
        pod_key(labels): tuple(_chain(labels.get("namespace", ""), _owner(labels), above))
        for labels, _ in facts(answers.pod_owners)
    }


def _above(kind: str, label: str, samples: Samples) -> dict[tuple[str, Owner], Owner]:
    return {
        (labels.get("namespace", ""), (kind, labels.get(label, ""))): _owner(labels) for labels, _ in facts(samples)
    }


def _owner(labels: Mapping[str, str]) -> Owner:
    return labels.get("owner_kind", ""), labels.get("owner_name", "")


def _chain(namespace: str, owner: Owner, above: Mapping[tuple[str, Owner], Owner]) -> Iterator[ObjectRef]:
    """A pod, a ReplicaSet and a Job have one controller each, and nothing is told of those above: two steps at most."""
    for kind, name in (owner, above.get((namespace, owner), ("", ""))):
        if kind and name:
            yield ObjectRef(_GROUPS.get(kind, ""), kind, name)
