"""The chart's life in a cluster: installed, upgraded, uninstalled and installed again. kwok plays the kubelet."""

from __future__ import annotations

import json
from typing import Any

import pytest

from e2e.controlplane import CommandFailedError, ControlPlane
from e2e.tests.chart.conftest import CHART, NAMESPACE, a_namespace, apply, get, install

UNIT = {
    "apiVersion": "aicost.dev/v1alpha1",
    "kind": "BusinessUnit",
    "metadata": {"name": "customer-care"},
    "spec": {"displayName": "Customer care"},
}


def _items(plane: ControlPlane, *args: str) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = get(plane, *args)["items"]
    return items


def _crds(plane: ControlPlane) -> set[str]:
    names = {crd["metadata"]["name"] for crd in _items(plane, "crds")}
    return {name for name in names if name.endswith(".aicost.dev")}


def _has_a_volume(plane: ControlPlane) -> None:
    spec = {"capacity": {"storage": "10Gi"}, "accessModes": ["ReadWriteOncePod"], "hostPath": {"path": "/ledger"}}
    apply(plane, {"apiVersion": "v1", "kind": "PersistentVolume", "metadata": {"name": "ledger"}, "spec": spec})


def _runs(plane: ControlPlane) -> dict[str, str]:
    """The environment of the one pod that runs, on the claim that is bound."""
    live = [pod for pod in _items(plane, "pods", "-n", NAMESPACE) if "deletionTimestamp" not in pod["metadata"]]
    assert [pod["status"]["phase"] for pod in live] == ["Running"]
    assert get(plane, "pvc", "aicost-ledger", "-n", NAMESPACE)["status"]["phase"] == "Bound"
    return {variable["name"]: variable.get("value", "") for variable in live[0]["spec"]["containers"][0]["env"]}


def _uninstall(plane: ControlPlane) -> None:
    plane.helm("uninstall", "aicost", "--namespace", NAMESPACE, "--wait")


def _left(plane: ControlPlane) -> set[str]:
    """Kinds of which something with the release's label is still there."""
    kinds = "deployments,services,serviceaccounts,roles,rolebindings,clusterroles,clusterrolebindings,pvc"
    found = _items(plane, kinds, "-A", "-l", "app.kubernetes.io/instance=aicost")
    return {item["kind"] for item in found}


def test_a_release_comes_changes_and_goes(plane: ControlPlane) -> None:
    """It runs where only restricted pods may, an upgrade replaces its pod, and an uninstall leaves objects and ledger.

    The next installation takes these over; CRDs go only with a release that says so.
    """
    _has_a_volume(plane)
    install(plane)
    assert _runs(plane)["AICOST_CLUSTER"] == "default"
    assert len(_crds(plane)) == 4
    apply(plane, UNIT)

    install(plane, clusterName="eu-1")
    assert _runs(plane)["AICOST_CLUSTER"] == "eu-1"

    _uninstall(plane)
    assert _left(plane) == {"PersistentVolumeClaim"}
    assert get(plane, "bu", "customer-care")["spec"] == UNIT["spec"]

    install(plane, crds={"keep": False})
    assert _runs(plane)["AICOST_CLUSTER"] == "default"
    assert get(plane, "bu", "customer-care")["spec"] == UNIT["spec"]

    _uninstall(plane)
    assert _crds(plane) == set()


def test_the_namespace_is_as_strict_as_it_says(plane: ControlPlane) -> None:
    """A pod that asks for less than the chart's does is refused there, so that the release's pod proves something."""
    pod = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "lax"},
        "spec": {"containers": [{"name": "app", "image": "example.com/app"}]},
    }
    with pytest.raises(CommandFailedError, match="violates PodSecurity"):
        plane.kubectl("create", "-n", NAMESPACE, "-f", "-", stdin=json.dumps(pod))


def test_a_second_release_in_the_cluster_is_refused(plane: ControlPlane) -> None:
    """Two operators would write the same statuses: the second finds the kinds taken, and says by whom."""
    apply(plane, a_namespace("second"))
    install(plane, persistence={"enabled": False})
    with pytest.raises(CommandFailedError, match=r"release-namespace.*aicost"):
        plane.helm("install", "aicost", CHART, "--namespace", "second")
