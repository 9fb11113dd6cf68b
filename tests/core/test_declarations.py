"""Declarations: a claim names pods in exactly one way, and knows how precisely it matches."""

from __future__ import annotations

import pytest

from aicost.core.declarations import ABOVE_ANY_SELECTOR, PodClaim
from aicost.core.identity import Labels, ObjectRef, labels
from tests.support.builders import a_pod

DEPLOYMENT = ObjectRef("apps", "Deployment", "chat")
REPLICAS = ObjectRef("apps", "ReplicaSet", "chat-5f")


@pytest.mark.parametrize(
    ("selector", "target"),
    [(None, None), (labels({}), None), (labels({}), DEPLOYMENT), (labels({"a": "b"}), DEPLOYMENT)],
)
def test_a_claim_names_pods_in_one_way(selector: Labels | None, target: ObjectRef | None) -> None:
    """Neither, both, or a selector that selects everything cannot be built."""
    with pytest.raises(ValueError, match="exactly one of a non-empty selector and a target"):
        PodClaim(selector, target)


def test_a_selector_is_as_precise_as_its_labels() -> None:
    """A selector that matches counts its labels; one that does not match is no claim at all."""
    pod = a_pod(app="chat", tier="web")
    assert PodClaim(labels({"app": "chat"})).precision(pod) == 1
    assert PodClaim(labels({"app": "chat", "tier": "web"})).precision(pod) == 2
    assert PodClaim(labels({"app": "chat", "tier": "db"})).precision(pod) is None


@pytest.mark.parametrize("target", [DEPLOYMENT, REPLICAS])
def test_a_target_is_any_ancestor(target: ObjectRef) -> None:
    """A target matches wherever it stands in the owner chain, above any selector."""
    assert PodClaim(target=target).precision(a_pod(owners=(REPLICAS, DEPLOYMENT))) == ABOVE_ANY_SELECTOR


@pytest.mark.parametrize("other", ["apps/StatefulSet/chat", "batch/Deployment/chat", "apps/Deployment/chat-2"])
def test_a_target_is_matched_whole(other: str) -> None:
    """Another group, kind or name is another target."""
    assert PodClaim(target=DEPLOYMENT).precision(a_pod(owners=(ObjectRef(*other.split("/")),))) is None
