"""Manifests as files: which pods they run, and which devices these ask for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import yaml

from aicost.cluster.quantities import GPU, MIG, pod_devices
from aicost.ports import Malformed

_TEMPLATE = ("spec", "template")
_POD_AT: Mapping[tuple[str, str], tuple[tuple[str, ...], tuple[str, ...]]] = {
    ("", "Pod"): ((), ()),
    ("apps", "Deployment"): (_TEMPLATE, ("spec", "replicas")),
    ("apps", "ReplicaSet"): (_TEMPLATE, ("spec", "replicas")),
    ("apps", "StatefulSet"): (_TEMPLATE, ("spec", "replicas")),
    ("batch", "Job"): (_TEMPLATE, ("spec", "parallelism")),
    ("batch", "CronJob"): (("spec", "jobTemplate", *_TEMPLATE), ("spec", "jobTemplate", "spec", "parallelism")),
}
"""Where a kind has its pod, and how many of them: 1 where nothing says."""
_PRODUCT = "nvidia.com/gpu.product"


@dataclass(frozen=True, slots=True)
class Manifests:
    """Servers as the read API takes them, and what asks for GPUs in a way that nobody here understands."""

    servers: tuple[Mapping[str, Any], ...]
    beyond: tuple[str, ...]


def read(text: str, name: str, namespace: str) -> Manifests:
    """All documents of a file; `namespace` is that of objects that name none. Raises Malformed for what is no manifest."""
    servers, beyond = [], []
    try:
        for each in _objects(yaml.safe_load_all(text)):
            what = f"{each.get('kind')} {each['metadata']['name']}"
            server = _server(each, namespace)
            if server is None and _asks(each):
                beyond.append(what)
            elif server is not None and server["devices"]:
                servers.append(server)
    except (yaml.YAMLError, KeyError, TypeError, ValueError, AttributeError) as error:
        raise Malformed(f"{name} is no manifest of Kubernetes: {_why(error)}") from error
    return Manifests(tuple(servers), tuple(beyond))


def _why(error: Exception) -> str:
    """What is wrong with it, in words and where that is known."""
    if isinstance(error, yaml.MarkedYAMLError) and error.problem_mark:
        mark = error.problem_mark
        return f"line {mark.line + 1}, column {mark.column + 1}: {error.problem}"
    if isinstance(error, yaml.YAMLError):
        return " ".join(str(error).split())
    if isinstance(error, KeyError):
        return f"it has no {error.args[0]}, which every object and pod there needs"
    return f"a part of it is of the wrong type: {error}"


def _objects(documents: Iterator[Any]) -> Iterator[Mapping[str, Any]]:
    """Each object, those of lists too."""
    for each in documents:
        if each is None:
            continue
        if str(each["kind"]).endswith("List") and "items" in each:
            yield from each["items"]
        else:
            yield each


def _server(of: Mapping[str, Any], namespace: str) -> Mapping[str, Any] | None:
    group = of["apiVersion"].rpartition("/")[0]
    if (group, of["kind"]) not in _POD_AT:
        return None
    pod_at, count_at = _POD_AT[group, of["kind"]]
    pod, count = _at(of, pod_at), _at(of, count_at) if count_at else 1
    return {
        "namespace": of["metadata"].get("namespace") or namespace,
        "group": group,
        "kind": of["kind"],
        "name": of["metadata"]["name"],
        "labels": (pod.get("metadata") or {}).get("labels") or {},
        "replicas": 1 if count is None else int(count),
        "devices": dict(pod_devices(pod["spec"])),
        "product": (pod["spec"].get("nodeSelector") or {}).get(_PRODUCT, ""),
    }


def _at(of: Mapping[str, Any], path: tuple[str, ...]) -> Any:
    found: Any = of
    for name in path:
        found = found.get(name) if found is not None else None
    return found


def _asks(of: object) -> bool:
    """Whether anything in it names NVIDIA's devices, wherever that is."""
    if isinstance(of, Mapping):
        return any(str(key).startswith((GPU, MIG)) or _asks(value) for key, value in of.items())
    return isinstance(of, list) and any(map(_asks, of))
