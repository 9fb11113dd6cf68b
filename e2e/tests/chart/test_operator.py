"""The operator with the rights of its release: they are enough."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from e2e.controlplane import ControlPlane, Run
from e2e.operator_process import OperatorProcess
from e2e.tests.chart.conftest import NAMESPACE, SECRET, Manifest, Release, a_namespace, apply, get

API = "aicost.dev/v1alpha1"
CHAT = {"name": "chat", "namespace": "search"}
POD = {
    "metadata": {"labels": {"app": "chat"}},
    "spec": {
        "containers": [{"name": "app", "image": "example.com", "resources": {"limits": {"nvidia.com/gpu": "1"}}}],
    },
}
USES: list[Manifest] = [
    {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": SECRET, "namespace": "vault"}, "type": "Opaque"},
    {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": CHAT,
        "spec": {"selector": {"matchLabels": {"app": "chat"}}, "template": POD},
    },
    {"apiVersion": API, "kind": "PriceBook", "metadata": {"name": "default"}, "spec": {"currency": "USD"}},
    {
        "apiVersion": API,
        "kind": "BusinessUnit",
        "metadata": {"name": "search"},
        "spec": {"namespaces": [{"name": "search"}]},
    },
    {
        "apiVersion": API,
        "kind": "UsageSource",
        "metadata": {"name": "openai"},
        "spec": {
            "type": "OpenAI",
            "role": "Bill",
            "url": "http://127.0.0.1:1",
            "secretRef": {"name": SECRET, "key": "token"},
        },
    },
    {
        "apiVersion": API,
        "kind": "AIWorkload",
        "metadata": CHAT,
        "spec": {
            "businessUnit": "search",
            "pods": {"targetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "chat"}},
        },
    },
]


@pytest.fixture
def operator(release: Release) -> Iterator[OperatorProcess]:
    """`aicost run`, as the release's ServiceAccount and with its settings."""
    settings = {"NAMESPACE": NAMESPACE, "CREDENTIAL_NAMESPACE": "vault", "ALLOWED_HOSTS": "127.0.0.1:1", "CYCLE": "1"}
    with Run() as run:
        yield OperatorProcess(run, release.kubeconfig, settings)


def _verdicts(plane: ControlPlane) -> set[str]:
    """What the API server's authorizers have answered, ever, to anybody."""
    metrics = plane.kubectl("get", "--raw", "/metrics")
    return set(re.findall(r'^authorization_attempts_total\{result="(.*)"\}', metrics, re.MULTILINE))


def _events(plane: ControlPlane) -> list[str]:
    """The notes that the operator has written about its UsageSource."""
    shown = get(plane, "events.events.k8s.io", "-n", "default")["items"]
    return [event["note"] for event in shown if event["regarding"].get("kind") == "UsageSource"]


def test_the_release_gives_the_operator_all_it_needs(release: Release, operator: OperatorProcess) -> None:
    """It leads, follows owners, reads its Secret, answers every kind and tells by an Event; nothing is ever refused."""
    plane = release.plane
    apply(plane, a_namespace("search"), *USES)
    plane.kubectl("rollout", "status", "deployment/chat", "-n", "search", "--timeout=60s")
    operator.start()
    operator.ready()
    kinds = "pricebooks,businessunits,usagesources,aiworkloads"
    operator.until(
        lambda: all("observedGeneration" in of.get("status", {}) for of in get(plane, kinds, "-A")["items"]),
        "done with every status",
    )
    operator.until(lambda: any("is not of type aicost.dev/credential" in note for note in _events(plane)), "heard")
    assert get(plane, "lease", "aicost", "-n", NAMESPACE)["spec"]["holderIdentity"]
    assert operator.stop() == 0
    assert _verdicts(plane) == {"allowed"}


def test_a_refusal_would_have_shown(release: Release) -> None:
    """The API server counts what it refuses: the test above is not blind."""
    release.send("GET", "/api/v1/secrets")
    assert _verdicts(release.plane) != {"allowed"}
