"""Kinds that advice may change."""

from __future__ import annotations

import pytest

from aicost.core.identity import ObjectRef
from aicost.core.recommendations.kinds import KINDS, api_version, is_built_in


@pytest.mark.parametrize(
    ("group", "kind", "version"),
    [
        ("apps", "Deployment", "apps/v1"),
        ("", "Pod", "v1"),
        ("serving.kserve.io", "InferenceService", "serving.kserve.io/v1beta1"),
        ("", "ReplicationController", "v1"),
        ("example.org", "Unheard", "example.org"),
    ],
)
def test_a_kind_has_its_version(group: str, kind: str, version: str) -> None:
    """Of a kind that nobody listed none is guessed."""
    assert api_version(ObjectRef(group, kind, "x")) == version


def test_lists_are_patched_in_kinds_of_kubernetes_only() -> None:
    """In a merge patch one container would take the place of all."""
    assert all(is_built_in(ObjectRef(group, kind, "x")) for (group, kind), of in KINDS.items() if of.pod)
