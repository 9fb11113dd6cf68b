"""Which objects ask for GPUs in ways that cannot be counted: each is said to, and none is taken to ask for nothing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from typing import Any, TypeAlias

from aicost.cluster.pod_templates import Template
from aicost.cluster.quantities import devices

Json: TypeAlias = Mapping[str, Any]
_UNLISTED = "where such a kind has its pods, and how many, is not known"
_WORKFLOWS = frozenset(("Workflow", "CronWorkflow", "WorkflowTemplate", "ClusterWorkflowTemplate"))
_TEMPLATES = frozenset(("templateRef", "workflowTemplateRef"))
"""By which Argo's take them from a WorkflowTemplate."""
_NAME_THEM = 'name nvidia.com/gpu in its resources, "0" where it needs none'


class NotCountedError(Exception):
    """Why it is not known which devices an object's pods ask for, or how many pods there are."""


def refuse_unlisted(of: Json) -> None:
    """Of a kind whose pods nobody knows. Raises NotCountedError if it asks for GPUs anywhere, or another object may for it."""
    if _asks(of):
        raise NotCountedError(_UNLISTED)
    if (of["kind"] in _WORKFLOWS and _names(of, _TEMPLATES)) or _is_flow(of):
        raise NotCountedError("what the templates that it names ask for is not known")


def _is_flow(of: Json) -> bool:
    """Volcano's, which makes its Jobs of JobTemplates that it names."""
    return of["kind"] == "JobFlow" and bool(of["apiVersion"].startswith("flow.volcano.sh/"))


def refuse_completed(of: Json, found: Iterable[Template]) -> None:
    """Raises NotCountedError for what takes its pods, or what these ask for, from an object that nothing names."""
    spec = of.get("spec") or {}
    if of["kind"] == "InferenceService" and any(each.only and not _names_gpus(each.pod) for each in found):
        raise NotCountedError(f"what the runtime of its model asks for is not known: {_NAME_THEM}")
    if of["kind"] == "LLMInferenceService":
        parts = [part for part in (spec, spec.get("prefill")) if part]
        if not all(_names_gpus(part.get("template") or {}) for part in parts):
            raise NotCountedError(f"what KServe's own template asks for is not known: {_NAME_THEM}")


def refuse_strange(pod: Json) -> None:
    """Raises NotCountedError for GPUs of a pod that have another name than NVIDIA's own, or that nobody believes."""
    for name, count in _gpus(pod):
        if str(count) != "0" and name not in devices({name: count}):
            raise NotCountedError(f"what {count} of {name} are is not known")


def _names_gpus(pod: Json) -> bool:
    """Whether it says how many, be it none."""
    return bool(pod.get("resourceClaims")) or any(True for _ in _gpus(pod))


def _gpus(pod: Json) -> Iterator[tuple[str, Any]]:
    for container in (*(pod.get("initContainers") or ()), *(pod.get("containers") or ())):
        yield from _listed(container.get("resources") or {})


def _listed(resources: Json) -> Iterator[tuple[str, Any]]:
    for asked in (resources.get("limits"), resources.get("requests")):
        yield from ((name, count) for name, count in (asked or {}).items() if _is_gpu(name))


def _is_gpu(resource: str) -> bool:
    vendor, _, name = resource.partition("/")
    return bool(name) and (vendor == "nvidia.com" or "gpu" in resource)


def _names(of: object, keys: AbstractSet[str]) -> bool:
    if isinstance(of, Mapping):
        return bool(keys & of.keys()) or any(_names(value, keys) for value in of.values())
    return isinstance(of, list) and any(_names(each, keys) for each in of)


def _asks(of: object) -> bool:
    """Whether resources or claims in it name GPUs, wherever these are: not labels, quotas or what nodes have."""
    if isinstance(of, Mapping):
        return any(_asks_by(str(key), value) or _asks(value) for key, value in of.items())
    return isinstance(of, list) and any(map(_asks, of))


def _asks_by(key: str, value: object) -> bool:
    """TrainJobs and others call what a pod asks for `resourcesPerNode` and the like."""
    if key == "resourceClaims":
        return isinstance(value, list) and bool(value)
    return key.startswith("resources") and isinstance(value, Mapping) and any(True for _ in _listed(value))
