"""The node agent in the chart: what Helm makes of it, and that a real API server takes it, where it may."""

from __future__ import annotations

import json
from typing import Any

import pytest

from aicost.cli.agent import agent
from e2e.controlplane import CommandFailedError, ControlPlane
from e2e.tests.chart.conftest import NAMESPACE, Manifest, Render, a_namespace, apply

NAME = "aicost-agent"
ON: dict[str, Any] = {"agent": {"enabled": True}}
FULL: dict[str, Any] = {
    "agent": {
        "enabled": True,
        "namespace": "gpus",
        "intervalSeconds": 5,
        "podMonitor": {"enabled": True, "labels": {"release": "prometheus"}},
        "podAnnotations": {"prometheus.io/scrape": "true"},
        "nodeSelector": {"cloud.google.com/gke-accelerator": "nvidia-h100-80gb"},
        "tolerations": [],
        "priorityClassName": "system-node-critical",
    },
    "commonLabels": {"team": "finops"},
    "imagePullSecrets": [{"name": "registry"}],
}


def pod(rendered: dict[tuple[str, str], Manifest]) -> dict[str, Any]:
    spec: dict[str, Any] = rendered["DaemonSet", NAME]["spec"]["template"]["spec"]
    return spec


def started_with(rendered: dict[tuple[str, str], Manifest]) -> dict[str, Any]:
    """What the command makes of the container's arguments, as the kubelet gives them."""
    [container] = pod(rendered)["containers"]
    name, *words = [word.replace("$(NODE_NAME)", "n1") for word in container["args"]]
    assert name == agent.name
    return agent.make_context(name, words).params


def test_it_is_not_there_unless_it_is_asked_for(render: Render) -> None:
    """Most clusters have a dcgm-exporter."""
    assert not [name for _, name in render() if name == NAME]


def test_the_command_takes_what_the_chart_gives_it(render: Render) -> None:
    """Node, interval and the socket below the mounted folder."""
    rendered = render(**ON)
    told = started_with(rendered)
    [mount], [volume] = pod(rendered)["containers"][0]["volumeMounts"], pod(rendered)["volumes"]
    assert (told["node"], told["interval"], str(told["pods"])) == ("n1", 10, f"{mount['mountPath']}/kubelet.sock")
    assert volume["hostPath"] == {"path": "/var/lib/kubelet/pod-resources", "type": "Directory"}
    assert pod(rendered)["containers"][0]["ports"][0]["containerPort"] == told["port"]
    assert started_with(render(**FULL))["interval"] == 5


def test_it_may_do_nothing_but_read(render: Render) -> None:
    """Root for the socket alone: no capability, no token, no right, nothing to write to."""
    rendered = render(**ON)
    [container] = pod(rendered)["containers"]
    assert container["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "capabilities": {"drop": ["ALL"]},
        "readOnlyRootFilesystem": True,
    }
    assert all(mount["readOnly"] for mount in container["volumeMounts"])
    assert pod(rendered)["automountServiceAccountToken"] is False
    bound = [s["name"] for (kind, _), m in rendered.items() if kind.endswith("Binding") for s in m["subjects"]]
    assert NAME not in bound
    assert pod(rendered)["serviceAccountName"] == NAME


def test_without_the_socket_it_is_nobody(render: Render) -> None:
    """And mounts nothing."""
    rendered = render(agent={"enabled": True, "podResources": ""})
    assert pod(rendered)["securityContext"]["runAsNonRoot"] is True
    assert pod(rendered)["securityContext"]["runAsUser"] == 10001
    assert "volumes" not in pod(rendered)
    assert started_with(rendered)["pods"] is None


def test_it_runs_where_gpus_are(render: Render) -> None:
    """By the label of GPU Feature Discovery and past its usual taint, or as the user says."""
    assert pod(render(**ON))["nodeSelector"] == {"nvidia.com/gpu.present": "true"}
    assert [each["key"] for each in pod(render(**ON))["tolerations"]] == ["nvidia.com/gpu"]
    full = pod(render(**FULL))
    assert full["nodeSelector"] == FULL["agent"]["nodeSelector"]
    assert "tolerations" not in full


def test_its_pods_are_not_the_operators(render: Render) -> None:
    """The Service of the operator's metrics would else send every other scrape to them."""
    rendered = render(**FULL)
    labels = rendered["DaemonSet", NAME]["spec"]["template"]["metadata"]["labels"]
    service = rendered["Service", "aicost-metrics"]["spec"]["selector"]
    assert not service.items() <= labels.items()
    assert rendered["DaemonSet", NAME]["spec"]["selector"]["matchLabels"].items() <= labels.items()
    assert labels["team"] == "finops"


def test_its_pods_are_scraped_under_a_job_of_its_name(render: Render) -> None:
    """So that dcgmMatchers can say job=aicost-agent; who holds a card must not pass for the agent, so labels are moved."""
    monitor = render(**FULL)["PodMonitor", NAME]
    labels = render(**FULL)["DaemonSet", NAME]["spec"]["template"]["metadata"]["labels"]
    assert labels[monitor["spec"]["jobLabel"]] == NAME
    [endpoint] = monitor["spec"]["podMetricsEndpoints"]
    assert (endpoint["port"], endpoint.get("honorLabels", False)) == ("metrics", False)
    assert monitor["metadata"]["labels"]["release"] == "prometheus"
    assert ("PodMonitor", NAME) not in render(**ON)


def test_all_of_it_is_in_the_namespace_that_was_named(render: Render) -> None:
    """The operator stays in the release's."""
    rendered = render(**FULL)
    assert {m["metadata"]["namespace"] for (_, name), m in rendered.items() if name == NAME} == {"gpus"}
    assert rendered["Deployment", "aicost"]["metadata"]["namespace"] == NAMESPACE


def test_an_api_server_takes_it_where_the_kubelets_socket_may_be_mounted(plane: ControlPlane, render: Render) -> None:
    """A pod of it is admitted there, and refused where Pod Security is restricted, as the documentation says."""
    apply(plane, a_namespace("gpus", **{"pod-security.kubernetes.io/enforce": "privileged"}))
    rendered = render(**FULL)
    apply(plane, *(m for (kind, name), m in rendered.items() if name == NAME and kind != "PodMonitor"))
    spec: dict[str, Any] = {**pod(rendered), "serviceAccountName": "default"}
    for of_another_cluster in ("priorityClassName", "runtimeClassName"):
        del spec[of_another_cluster]
    one: Manifest = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "one"}, "spec": spec}
    tried = ("create", "--dry-run=server", "-f", "-", "--namespace")
    plane.kubectl(*tried, "gpus", stdin=json.dumps(one))
    with pytest.raises(CommandFailedError, match="restricted"):
        plane.kubectl(*tried, NAMESPACE, stdin=json.dumps(one))


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"intervalSeconds": 0}, "'/agent/intervalSeconds': minimum: got 0, want 1"),
        ({"podResources": "relative"}, "'/agent/podResources'"),
        ({"privileged": True}, "additional properties 'privileged' not allowed"),
    ],
)
def test_wrong_values_are_refused(render: Render, values: dict[str, Any], message: str) -> None:
    """In words that name them."""
    with pytest.raises(CommandFailedError, match=message):
        render(agent={"enabled": True, **values})
