"""Pods become holders: when they were bound, when they ended, whose they are."""

from __future__ import annotations

from typing import Any

import pytest

from aicost.cluster.pods import BoundPod, bound_pod
from aicost.core.identity import ObjectRef
from aicost.core.window import rfc3339
from tests.cluster.manifests import a_pod, an_owner
from tests.support.builders import at


def projected(pod: dict[str, Any]) -> BoundPod:
    found = bound_pod(pod)
    assert found is not None
    return found


def test_a_pod_without_a_node_or_a_gpu_is_nobody() -> None:
    """Pending is not charged, and neither is a pod that asks for no device."""
    assert bound_pod(a_pod(node=None)) is None
    assert bound_pod(a_pod(gpus=0)) is None


def test_it_holds_from_its_binding() -> None:
    """The scheduled condition counts; without it the kubelet's start."""
    pod = a_pod(bound=60)
    assert projected(pod).bound_at == at(60)
    pod["status"] = {"phase": "Running", "startTime": rfc3339(at(70))}
    assert projected(pod).bound_at == at(70)


def test_a_node_that_only_the_pod_names_is_not_held() -> None:
    """Whoever writes `nodeName` himself holds nothing before the node's kubelet says so, and nothing if it never does."""
    pod = a_pod()
    for status in ({}, {"phase": "Pending"}, {"phase": "Failed", "reason": "OutOfnvidia.com/gpu"}):
        pod["status"] = status
        assert bound_pod(pod) is None


def test_a_running_pod_has_no_end() -> None:
    """Neither a running container nor one between restarts ends a pod that is not terminal."""
    pod = a_pod()
    pod["status"]["initContainerStatuses"] = [{"state": {"terminated": {"finishedAt": rfc3339(at(5))}}}]
    assert projected(pod).ended_at is None


def test_a_finished_pod_ends_with_its_last_container() -> None:
    """Containers end at different times; the device is free after the last."""
    pod = a_pod(phase="Succeeded", finished=100)
    pod["status"]["containerStatuses"].append({"state": {"terminated": {"finishedAt": rfc3339(at(130))}}})
    seen = projected(pod)
    assert (seen.finished, seen.ended_at) == (True, at(130))


def test_a_pod_that_the_kubelet_refused_held_nothing() -> None:
    """Failed, no container ever: its only transition is that it was scheduled."""
    pod = a_pod(phase="Failed", bound=60)
    del pod["status"]["containerStatuses"]
    assert projected(pod).ended_at == at(60)


def test_an_evicted_pod_ends_with_its_last_transition() -> None:
    """Where a container's end is not told, the pod's conditions tell when it was disrupted."""
    pod = a_pod(phase="Failed", bound=60)
    pod["status"]["containerStatuses"] = [{"state": {"terminated": {"finishedAt": None}}}]
    pod["status"]["conditions"].append({"type": "DisruptionTarget", "lastTransitionTime": rfc3339(at(500))})
    assert projected(pod).ended_at == at(500)


def test_a_deletion_in_progress_is_kept() -> None:
    """It bounds the end where the deletion itself is missed."""
    assert projected(a_pod(deletionTimestamp=rfc3339(at(90)))).gone_by == at(90)


def test_only_the_controller_owns() -> None:
    """Other owner references say who cleans up, not whose pod it is."""
    owner = an_owner("ReplicaSet", "chat-7d")
    assert projected(a_pod(owner=owner)).identity.owners == (ObjectRef("apps", "ReplicaSet", "chat-7d"),)
    assert projected(a_pod(owner={**owner, "controller": False})).identity.owners == ()


@pytest.mark.parametrize("part", ["spec", "metadata"])
def test_what_cannot_be_read_is_said(part: str) -> None:
    """A malformed object raises what the watch knows how to leave out."""
    pod = a_pod()
    del pod[part]
    with pytest.raises(KeyError):
        bound_pod(pod)
