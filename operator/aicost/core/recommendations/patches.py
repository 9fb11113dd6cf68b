"""A change as a patch of its target: a strategic merge patch for kinds of Kubernetes, a merge patch for all others.

Where what is to be changed lies in lists of a custom kind it is a JSON patch: its operations.
"""

from __future__ import annotations

from typing import Any, TypeAlias

from aicost.core.recommendations.advice import Advice
from aicost.core.recommendations.changes import Change, Operation, Resize, Scale, SetVariable
from aicost.core.recommendations.kinds import KindOfObject, Path, api_version, kind_of

Patch: TypeAlias = dict[str, Any]
Operations: TypeAlias = list[dict[str, Any]]


def patch_of(advice: Advice) -> Patch | Operations | None:
    """The patch with what names its target, in its own namespace; None where no patch can say it.

    A list is a JSON patch, which names no target.

    Both in `limits` and in `requests`, which must agree for extended resources wherever both are given.
    """
    if advice.operations:
        return [_step(each) for each in advice.operations]
    target = advice.target.object_ref
    change = body(kind_of(target), advice.change) if advice.change else None
    if change is None:
        return None
    metadata = {**change.get("metadata", {}), "name": target.name}
    return {**change, "apiVersion": api_version(target), "kind": target.kind, "metadata": metadata}


def _step(of: Operation) -> dict[str, Any]:
    step = {"op": of.op, "path": of.path}
    return step if of.value is None else {**step, "value": of.value}


def body(kind: KindOfObject, change: Change) -> Patch | None:
    """The patch without its target's name."""
    match change:
        case Scale(replicas):
            return _scaled(kind, replicas)
        case Resize(container, resources):
            asked = dict(resources)
            return _in_container(kind, container, {"resources": {"limits": asked, "requests": dict(asked)}})
        case SetVariable(container, name, value):
            # what takes its value from elsewhere may not have one beside it
            return _in_container(kind, container, {"env": [{"name": name, "value": value, "valueFrom": None}]})


def _scaled(kind: KindOfObject, replicas: int) -> Patch | None:
    if kind.replicas:
        return _nested(kind.replicas, replicas)
    return _nested(kind.rest, kind.at_rest) if kind.rest and replicas == 0 else None


def _in_container(kind: KindOfObject, container: str, of: Patch) -> Patch | None:
    return _nested((*kind.pod, "containers"), [{"name": container, **of}]) if kind.pod else None


def _nested(path: Path, value: object) -> Patch:
    nested: Any = value
    for name in reversed(path):
        nested = {name: nested}
    return dict(nested)
