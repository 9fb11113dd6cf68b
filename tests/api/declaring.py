"""Resources as the API server gives them, and what they declare."""

from __future__ import annotations

from typing import Any

from aicost.api.declared import translate
from aicost.core.declarations import Declarations, Workload
from aicost.core.seniority import Remembered

CREATED = "2026-10-20T08:00:00Z"
A_CLAIM = {"name": "openai", "source": "openai", "match": {"project": "p"}}
BY_LABELS = {"selector": {"matchLabels": {"app": "chat", "tier": "gold"}}}
WORKLOAD = {"businessUnit": "care", "pods": BY_LABELS}
SOURCE = {"type": "OpenAI", "secretRef": {"name": "openai-admin", "key": "token"}}


def a_resource(kind: str, spec: Any, name: str = "thing", **metadata: Any) -> dict[str, Any]:
    meta = {"name": name, "generation": 3, "creationTimestamp": CREATED, **metadata}
    return {"apiVersion": "aicost.dev/v1alpha1", "kind": kind, "metadata": meta, "spec": spec}


def declared(*resources: dict[str, Any], first_claimed: dict[str, str] | None = None) -> Declarations:
    translated = translate(by_kind(resources), Remembered(first_claimed or {}))
    assert translated.invalid == ()
    return translated.declared


def by_kind(resources: tuple[dict[str, Any], ...]) -> dict[str, list[dict[str, Any]]]:
    by_kind: dict[str, list[dict[str, Any]]] = {}
    for resource in resources:
        by_kind.setdefault(resource["kind"], []).append(resource)
    return by_kind


def a_workload(first_claimed: dict[str, str] | None = None, **spec: Any) -> Workload:
    resource = a_resource("AIWorkload", {**WORKLOAD, **spec}, "chat", namespace="support")
    return declared(resource, first_claimed=first_claimed).workloads[0]
