"""Pods and nodes as the API server would show them, as plain as they can be."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from aicost.core.window import Instant, rfc3339
from tests.support.builders import at

Json = dict[str, Any]


def a_pod(
    name: str = "chat-0",
    *,
    namespace: str = "support",
    node: str | None = "node-a",
    gpus: int = 1,
    bound: int = 0,
    phase: str = "Running",
    finished: int | None = None,
    owner: Json | None = None,
    **metadata: Any,
) -> Json:
    """A pod bound `bound` seconds after T0; `finished`: its only container ended so many seconds after T0."""
    state = {"running": {}} if finished is None else {"terminated": {"finishedAt": rfc3339(at(finished))}}
    scheduled = {"type": "PodScheduled", "status": "True", "lastTransitionTime": rfc3339(at(bound))}
    return {
        "metadata": {
            "name": name,
            "namespace": namespace,
            "uid": f"uid-{name}",
            "creationTimestamp": rfc3339(at(bound - 5)),
            "labels": {"app": "chat"},
            "ownerReferences": [owner] if owner else [],
            **metadata,
        },
        "spec": {**({"nodeName": node} if node else {}), "containers": [a_container(gpus)]},
        "status": {"phase": phase, "conditions": [scheduled], "containerStatuses": [{"name": "app", "state": state}]},
    }


def a_container(gpus: int, *, resource: str = "nvidia.com/gpu", **more: Any) -> Json:
    """A container that asks for GPUs."""
    return {"name": "app", "resources": {"limits": {resource: str(gpus), "cpu": "500m"}}, **more}


def an_owner(kind: str, name: str, api: str = "apps/v1") -> Json:
    """A reference to a controller; its UID is made of its name."""
    return {"apiVersion": api, "kind": kind, "name": name, "uid": f"uid-{name}", "controller": True}


def a_node(
    name: str = "node-a",
    labels: dict[str, str] | None = None,
    *,
    gpus: int = 8,
    created: Instant | None = None,
    uid: str = "",
) -> Json:
    """A node whose device plugin offers GPUs, an hour old at T0; the labels come to that of its product."""
    return {
        "metadata": {
            "name": name,
            "uid": uid or f"uid-{name}",
            "creationTimestamp": rfc3339(at(-3600) if created is None else created),
            "labels": {"nvidia.com/gpu.product": "NVIDIA-H100-80GB-HBM3", **(labels or {})},
        },
        "status": {"capacity": {"cpu": "64", "nvidia.com/gpu": str(gpus)}},
    }


def a_device(name: str, *, kind: str = "gpu", **attributes: str) -> Json:
    """A device as NVIDIA's driver publishes it."""
    told = {"type": kind, "productName": "NVIDIA H100 80GB HBM3", **attributes}
    return {"name": name, "attributes": {key: {"string": value} for key, value in told.items()}}


def a_slice(*devices: Json, name: str = "slice", node: str = "node-a", of: int = 1, generation: int = 1) -> Json:
    """One of `of` slices of a node's pool."""
    pool = {"name": node, "generation": generation, "resourceSliceCount": of}
    spec = {"driver": "gpu.nvidia.com", "nodeName": node, "pool": pool, "devices": list(devices)}
    return {"metadata": {"name": name}, "spec": spec}


def a_claim(
    *devices: str, name: str = "shared", allocated: int | None = None, pods: Sequence[str] = (), node: str = "node-a"
) -> Json:
    """A claim, allocated if there are devices; `pods` are the UIDs of those that it is reserved for."""
    results = [{"request": "r", "driver": "gpu.nvidia.com", "pool": "node-a", "device": device} for device in devices]
    fields = [{"key": "metadata.name", "operator": "In", "values": [node]}]
    stamp = {} if allocated is None else {"allocationTimestamp": rfc3339(at(allocated))}
    selector = {"nodeSelectorTerms": [{"matchFields": fields}]}
    allocation = {"allocation": {"devices": {"results": results}, "nodeSelector": selector, **stamp}}
    reserved = [{"resource": "pods", "name": uid, "uid": uid} for uid in pods]
    return {
        "metadata": {"name": name, "namespace": "support", "uid": f"uid-{name}"},
        "status": {**(allocation if devices else {}), "reservedFor": reserved},
    }
