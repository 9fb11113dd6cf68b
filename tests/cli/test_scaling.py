"""Autoscalers as people write them."""

from __future__ import annotations

from typing import Any

import pytest

from aicost.ports import Malformed
from tests.cli.test_manifests import manifest, parsed

ROLLOUT = {"apiVersion": "argoproj.io/v1alpha1", "kind": "Rollout", "name": "chat"}


def hpa(**spec: Any) -> dict[str, Any]:
    """One named x."""
    return manifest("HorizontalPodAutoscaler", "autoscaling/v2", scaleTargetRef=ROLLOUT, **spec)


@pytest.mark.parametrize(
    ("of", "told"),
    [
        (hpa(minReplicas=2, maxReplicas=5), ("argoproj.io", "Rollout", 2, 5, "HorizontalPodAutoscaler x")),
        (hpa(maxReplicas=5), ("argoproj.io", "Rollout", 1, 5, "HorizontalPodAutoscaler x")),
        (
            manifest("ScaledObject", "keda.sh/v1alpha1", scaleTargetRef={"name": "chat"}),
            ("apps", "Deployment", 0, 100, "ScaledObject x"),
        ),
    ],
)
def test_it_scales_between_two_numbers(of: dict[str, Any], told: tuple[Any, ...]) -> None:
    """What nothing says is what Kubernetes and KEDA take; it runs nothing itself."""
    found = parsed(of)
    (each,) = found.scalers
    assert (each["group"], each["kind"], each["least"], each["most"], each["by"]) == told
    assert (each["namespace"], each["name"], found.servers, found.beyond) == ("support", "chat", (), ())


def test_one_without_a_most_is_none() -> None:
    """The API server would not take it."""
    with pytest.raises(Malformed, match="maxReplicas"):
        parsed(hpa())
