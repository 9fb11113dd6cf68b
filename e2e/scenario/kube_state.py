"""kube-state-metrics' series of nodes and pods, as its documentation describes them (v2)."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping

from e2e.scenario.model import Node, Pod
from e2e.scenario.series import Piece, piece

PHASES = ("Pending", "Running", "Succeeded", "Failed", "Unknown")
_UNITS = {"cpu": "core", "memory": "byte"}


def node_pieces(node: Node) -> Iterator[Piece]:
    """Everything about a node, while it is there."""
    of = {"node": node.name}
    yield piece("kube_node_info", {**of, "kernel_version": "6.8.0", "kubelet_version": "v1.36.3"}, 1, *_life(node))
    yield piece("kube_node_created", of, node.created, *_life(node))
    yield piece("kube_node_labels", {**of, **printed_labels(node.labels)}, 1, *_life(node))
    for metric in ("kube_node_status_capacity", "kube_node_status_allocatable"):
        for resource, amount in node.capacity.items():
            yield piece(metric, {**of, **_resource(resource)}, amount, *_life(node))


def pod_pieces(pod: Pod) -> Iterator[Piece]:
    """Everything about a pod, from its binding until the object is deleted; terminal pods are still shown."""
    of = {"namespace": pod.namespace, "pod": pod.name, "uid": pod.uid}
    life = pod.scheduled, pod.gone
    controller = pod.owners[0] if pod.owners else None
    created_by = {"created_by_kind": controller.kind, "created_by_name": controller.name} if controller else {}
    yield piece("kube_pod_info", {**of, "node": pod.node, **created_by}, 1, *life)
    for metric in ("kube_pod_created", "kube_pod_start_time", "kube_pod_status_scheduled_time"):
        yield piece(metric, of, pod.scheduled, *life)
    yield piece("kube_pod_labels", {**of, **printed_labels(pod.labels)}, 1, *life)
    if controller:
        yield piece("kube_pod_owner", {**of, **_owned_by(controller.kind, controller.name)}, 1, *life)
    for metric in ("kube_pod_container_resource_requests", "kube_pod_container_resource_limits"):
        for resource, amount in pod.requests.items():
            place = {"container": pod.container, "node": pod.node}
            yield piece(metric, {**of, **place, **_resource(resource)}, amount, *life)
    yield from _phases(pod, of)


def controller_pieces(pods: Iterable[Pod]) -> Iterator[Piece]:
    """What owns the ReplicaSets and Jobs that own pods, while any of their pods is there."""
    owned: dict[tuple[str, str, str], list[Pod]] = defaultdict(list)
    for pod in pods:
        if len(pod.owners) > 1:
            owned[pod.namespace, pod.owners[0].kind, pod.owners[0].name].append(pod)
    for (namespace, kind, name), of in owned.items():
        metric, label = {"ReplicaSet": ("kube_replicaset_owner", "replicaset"), "Job": ("kube_job_owner", "job_name")}[
            kind
        ]
        ends = [pod.gone for pod in of]
        until = None if None in ends else max(end for end in ends if end is not None)
        above = of[0].owners[1]
        labels = {"namespace": namespace, label: name, **_owned_by(above.kind, above.name)}
        yield piece(metric, labels, 1, min(pod.scheduled for pod in of), until)


def _phases(pod: Pod, of: Mapping[str, str]) -> Iterator[Piece]:
    for phase in PHASES:
        labels = {**of, "phase": phase}
        yield piece("kube_pod_status_phase", labels, float(phase == "Running"), pod.scheduled, pod.ended or pod.gone)
        if pod.ended is not None:
            yield piece("kube_pod_status_phase", labels, float(phase == pod.phase), pod.ended, pod.gone)
    if pod.ended is not None:
        yield piece("kube_pod_completion_time", of, pod.ended, pod.ended, pod.gone)


def printed_labels(labels: Mapping[str, str]) -> dict[str, str]:
    """Label keys as kube-state-metrics prints them."""
    return {f"label_{sanitised(key)}": value for key, value in labels.items()}


def sanitised(name: str) -> str:
    """A name in Prometheus' alphabet."""
    return re.sub("[^a-zA-Z0-9_]", "_", name)


def _resource(name: str) -> dict[str, str]:
    return {"resource": sanitised(name), "unit": _UNITS.get(name, "integer")}


def _owned_by(kind: str, name: str) -> dict[str, str]:
    return {"owner_kind": kind, "owner_name": name, "owner_is_controller": "true"}


def _life(node: Node) -> tuple[int, int | None]:
    return node.created, node.gone
