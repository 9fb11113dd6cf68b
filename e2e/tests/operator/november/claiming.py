"""A workload that claims, and the denial that it gets."""

from __future__ import annotations

from typing import Any

from e2e.tests.operator.resources import Body, Resources, condition, until


def workload(name: str, unit: str, **spec: Any) -> Body:
    """A manifest; `name` with its namespace."""
    namespace, _, own = name.partition("/")
    meta = {"name": own, "namespace": namespace}
    return {
        "apiVersion": "aicost.dev/v1alpha1",
        "kind": "AIWorkload",
        "metadata": meta,
        "spec": {"businessUnit": unit, **spec},
    }


def usage(project: str) -> list[Body]:
    """A claim of a project of OpenAI's bill."""
    return [{"name": "openai", "source": "openai-prod", "match": {"project": project}}]


def denial(resources: Resources, name: str) -> Body:
    """The condition ClaimDenied, once it holds."""
    return until(
        lambda: (found := condition(resources.status("aicost", name), "ClaimDenied")).get("status") == "True" and found,
        f"{name} is denied",
    ) or {}  # fmt: skip
