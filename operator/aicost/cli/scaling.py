"""Autoscalers as manifests: what they scale, and between which numbers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeAlias

Json: TypeAlias = Mapping[str, Any]
_FIELDS = {
    ("autoscaling", "HorizontalPodAutoscaler"): ("minReplicas", 1, "maxReplicas", None),
    ("keda.sh", "ScaledObject"): ("minReplicaCount", 0, "maxReplicaCount", 100),
}
"""Names of the fewest and the most, and what they are where nothing says: the most of the first has to be said."""


def scalers(of: Json, namespace: str, name: str) -> list[Json]:
    """As the read API takes it; nothing of other kinds. Raises KeyError, TypeError or ValueError for what is none.

    KEDA scales a Deployment where it does not say what.
    """
    fields = _FIELDS.get((of["apiVersion"].rpartition("/")[0], of["kind"]))
    if fields is None:
        return []
    (fewest, least, most_of, most), spec = fields, of["spec"]
    target = spec["scaleTargetRef"]
    scaled = {
        "namespace": namespace,
        "group": (target.get("apiVersion") or "apps/v1").rpartition("/")[0],
        "kind": target.get("kind") or "Deployment",
        "name": target["name"],
        "least": int(spec.get(fewest, least)),
        "most": int(spec[most_of] if most is None else spec.get(most_of, most)),
        "by": f"{of['kind']} {name}",
    }
    return [scaled]
