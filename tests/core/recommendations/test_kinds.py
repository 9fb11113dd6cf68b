"""Kinds that advice may change."""

from __future__ import annotations

import pytest

from aicost.core.identity import ObjectRef
from aicost.core.recommendations.gpu.evidence import BATCH_KINDS
from aicost.core.recommendations.kinds import KINDS, MANIFEST, api_version, group_of, is_built_in


@pytest.mark.parametrize(
    ("group", "kind", "version"),
    [
        ("apps", "Deployment", "apps/v1"),
        ("", "Pod", "v1"),
        ("serving.kserve.io", "InferenceService", "serving.kserve.io/v1beta1"),
        ("", "ReplicationController", "v1"),
        ("example.org", "Unheard", "example.org"),
        ("kubeflow.org", "MPIJob", "kubeflow.org"),
    ],
)
def test_a_kind_has_its_version(group: str, kind: str, version: str) -> None:
    """Of a kind that nobody listed none is guessed, nor of one that two operators serve; its group is known by it."""
    assert api_version(ObjectRef(group, kind, "x")) == version
    assert group_of(version) == group


def test_what_cannot_be_changed_in_place_says_so_alike() -> None:
    """So that files with such a patch say how to try it; each kind has a version, or several."""
    assert all(of.fixed.startswith(MANIFEST) for of in KINDS.values() if of.fixed)
    assert all(bool(of.version) != bool(of.versions) for of in KINDS.values())


def test_nothing_that_runs_is_to_be_deleted_for_a_patch() -> None:
    """A training would lose all since its last checkpoint."""
    fixed = [of.fixed for of in KINDS.values() if of.fixed]
    assert len(fixed) == 4
    assert all(": let it end, then delete it" in each for each in fixed)


def test_lists_are_patched_in_kinds_of_kubernetes_only() -> None:
    """In a merge patch one container would take the place of all."""
    assert all(is_built_in(ObjectRef(group, kind, "x")) for (group, kind), of in KINDS.items() if of.pod)


def test_what_runs_once_is_batch_work() -> None:
    """Which is never told to stop, and has no number of replicas."""
    assert {kind for (_, kind), of in KINDS.items() if of.runs_once} <= BATCH_KINDS
