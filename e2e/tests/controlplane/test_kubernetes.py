"""The control plane as a whole: what it runs, who one is in it, and what survives a restart."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from e2e.controlplane import CommandFailedError

if TYPE_CHECKING:
    from e2e.controlplane import ControlPlane

NODE = """
apiVersion: v1
kind: Node
metadata: {name: control-plane-test}
status:
  allocatable: {cpu: "8", memory: 32Gi, pods: "110", nvidia.com/gpu: "8"}
  capacity: {cpu: "8", memory: 32Gi, pods: "110", nvidia.com/gpu: "8"}
"""
DEPLOYMENT = """
apiVersion: apps/v1
kind: Deployment
metadata: {name: chat}
spec:
  replicas: 3
  selector: {matchLabels: {app: chat}}
  template:
    metadata: {labels: {app: chat}}
    spec:
      containers:
        - {name: app, image: example.com/chat, resources: {limits: {nvidia.com/gpu: "2"}}}
"""


def test_the_server_reports_its_version(control_plane: ControlPlane) -> None:
    """Charts with a kubeVersion can be installed."""
    answer = json.loads(control_plane.kubectl("version", "--output=json"))
    assert answer["serverVersion"]["gitVersion"].startswith("v1.36.")


def pods_of_a_new_deployment(control_plane: ControlPlane, namespace: str) -> list[dict[str, Any]]:
    """They are asked for only when kwok plays the node: a pod that it hears of before its node, it may never run."""
    control_plane.kubectl("create", "namespace", namespace)
    control_plane.kubectl("apply", "-f", "-", stdin=NODE)
    try:
        control_plane.kubectl("wait", "--for=condition=Ready", "node/control-plane-test", "--timeout=60s")
        control_plane.kubectl("apply", "-n", namespace, "-f", "-", stdin=DEPLOYMENT)
        control_plane.kubectl("rollout", "status", "-n", namespace, "deployment/chat", "--timeout=60s")
        pods: list[dict[str, Any]] = json.loads(control_plane.kubectl("get", "pods", "-n", namespace, "-o", "json"))[
            "items"
        ]
        return pods
    finally:
        control_plane.kubectl("delete", "namespace", namespace, "--wait=false")
        control_plane.kubectl("delete", "node", "control-plane-test")


def test_pods_of_a_deployment_are_scheduled_and_run(control_plane: ControlPlane) -> None:
    """The real scheduler counts GPUs, and kwok plays the kubelet."""
    pods = pods_of_a_new_deployment(control_plane, "running")
    assert [pod["status"]["phase"] for pod in pods] == ["Running"] * 3
    assert {pod["spec"]["nodeName"] for pod in pods} == {"control-plane-test"}


def test_a_service_account_kubeconfig_is_that_account(control_plane: ControlPlane) -> None:
    """It is who it says, and may do nothing that was not granted."""
    control_plane.kubectl("create", "namespace", "accounts")
    control_plane.kubectl("create", "serviceaccount", "operator", "-n", "accounts")
    kubeconfig = control_plane.service_account_kubeconfig("accounts", "operator")
    answer = control_plane.kubectl("auth", "whoami", "-o", "json", kubeconfig=kubeconfig)
    assert json.loads(answer)["status"]["userInfo"]["username"] == "system:serviceaccount:accounts:operator"
    with pytest.raises(CommandFailedError, match="forbidden"):
        control_plane.kubectl("get", "secrets", "-A", kubeconfig=kubeconfig)


@pytest.mark.parametrize("kill", [False, True], ids=["stopped", "killed"])
def test_a_restarted_api_server_has_its_data(control_plane: ControlPlane, kill: bool) -> None:
    """Same address, same objects, whether it was stopped or killed; and the other components work again."""
    name = f"kept-{kill}".lower()
    control_plane.kubectl("create", "configmap", name)
    server = control_plane.server
    control_plane.stop_apiserver(kill=kill)
    with pytest.raises(CommandFailedError, match="refused"):
        control_plane.kubectl("get", "configmap", name)
    control_plane.start_apiserver()
    assert control_plane.server == server
    assert control_plane.kubectl("get", "configmap", name, "-o", "name").strip() == f"configmap/{name}"
    assert len(pods_of_a_new_deployment(control_plane, name)) == 3


def test_helm_installs_into_it(control_plane: ControlPlane) -> None:
    """Helm talks to the control plane and keeps its own files in the run's folder."""
    assert json.loads(control_plane.helm("list", "-A", "-o", "json")) == []
    assert control_plane.environment()["HELM_CACHE_HOME"].startswith(str(control_plane.folder))
