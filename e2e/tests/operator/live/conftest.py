"""Pods that really run on kwok's nodes, real scrapes of the emulated exporters, the real clock.

A card costs 3.60 an hour, so 0.001 a second: every cost is card-seconds, and can be told from the API server's objects.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import pytest

from aicost.core.window import Instant, instant, rfc3339
from e2e.controlplane import ControlPlane, Prometheus, Tools
from e2e.emulators.exporters import Exporters, api_server, scrape_configs
from e2e.operator_process import OperatorProcess
from e2e.scenario.live import Cluster
from e2e.tests.operator.conftest import Operators, forget
from e2e.tests.operator.resources import Body, Resources, until

NODE, CARDS, NAMESPACE = "live-a", 8, "live"
GPU = "nvidia.com/gpu"
PRODUCT, H100 = "nvidia.com/gpu.product", "NVIDIA-H100-80GB-HBM3"
PRICED = ("H100-80GB", "A100-80GB", "L4-24GB")
PER_SECOND = Decimal("0.001")
EVERY_SECOND = {"global": {"scrape_interval": "1s", "scrape_timeout": "1s"}}
API = "aicost.dev/v1alpha1"


@dataclass(frozen=True, slots=True)
class Live:
    """The world around the operator, and what must be true of it by the API server's own clock."""

    resources: Resources
    prometheus: Prometheus

    def settings(self, **more: str) -> dict[str, str]:
        """What an operator in this world is told: numbers move each second."""
        pace = {"SAMPLE_INTERVAL": "1", "DATA_STEP": "1", "RESYNC": "2", "CLOSE_DAY": "1"}
        return {"PROMETHEUS_URL": self.prometheus.url, **pace, **more}

    def join(self, name: str, labels: Mapping[str, str], devices: Mapping[str, int]) -> Instant:
        """Add a node with these labels that offers these devices; when it was created."""
        self.resources.apply(_node(name, labels, devices))
        return instant(self.resources.get("node", name)["metadata"]["creationTimestamp"])

    def run(self, name: str, app: str, devices: int, of: str = GPU, on: str = NODE) -> Instant:
        """Run a pod that asks for so many devices of a name; when it was bound, in seconds."""
        return self.run_with(name, app, {"limits": {of: devices}}, {"nodeSelector": {"kubernetes.io/hostname": on}})

    def run_with(self, name: str, app: str, asked: Body, more: Body) -> Instant:
        """Run a pod whose container asks for these resources, with more in its spec; when it was bound, in seconds."""
        container = {"name": "app", "image": "example.com/app", "resources": asked}
        spec = {"restartPolicy": "Never", "terminationGracePeriodSeconds": 0, "containers": [container], **more}
        meta = {"name": name, "namespace": NAMESPACE, "labels": {"app": app}}
        self.resources.apply({"apiVersion": "v1", "kind": "Pod", "metadata": meta, "spec": spec})
        return until(lambda: _bound(self.pod(name)), f"pod {name} is bound") or Instant(0)

    def declare(self, *apps: str) -> None:
        """A workload for each of these; the history of the world is that of all tests, so each has its own."""
        for app in apps:
            spec = {"businessUnit": "team", "pods": {"selector": {"matchLabels": {"app": app}}}}
            workload = _object(API, "AIWorkload", app, spec=spec)
            workload["metadata"]["namespace"] = NAMESPACE
            self.resources.apply(workload)

    def pod(self, name: str) -> Body:
        return self.resources.get("pod", f"{NAMESPACE}/{name}")

    def finish(self, name: str, at: Instant) -> None:
        """Let its container end at an instant, which must be over."""
        until(lambda: time.time() > at, "that time is over")
        ended = {"name": "app", "state": {"terminated": {"exitCode": 0, "finishedAt": rfc3339(at)}}}
        text = json.dumps({"status": {"phase": "Succeeded", "containerStatuses": [ended]}})
        self.resources.kubectl(
            "patch", "pod", name, "-n", NAMESPACE, "--subresource=status", "--type=merge", "-p", text
        )

    def scraped(self, name: str) -> bool:
        """Whether Prometheus has seen the pod hold its cards."""
        return bool(
            self.prometheus.query(f'kube_pod_container_resource_limits{{namespace="{NAMESPACE}",pod="{name}"}}')
        )

    def end(self, *names: str) -> None:
        self.resources.kubectl("delete", "pod", *names, "-n", NAMESPACE, "--ignore-not-found", "--force")

    def stir(self) -> None:
        """Let the watches hear something: in a cluster this quiet they are told once a minute that they are complete."""
        of = f"stirred={time.time()}"
        self.resources.kubectl("annotate", "--overwrite", "nodes,resourceslices", "--all", of)
        self.resources.kubectl("annotate", "--overwrite", "pods,resourceclaims", "--all", "-n", NAMESPACE, of)

    def reaching(self, name: str, at: int) -> Body:
        """The status of an AIWorkload whose GPU cost is known up to an instant, or later."""

        def known() -> Body | None:
            self.stir()
            status = self.workload(name)
            return status if status and known_until(status) >= at else None

        return until(known, f"the cost of {name} is known up to {at}") or {}

    def workload(self, name: str) -> Body:
        """The status of an AIWorkload."""
        return self.resources.status("aicost", f"{NAMESPACE}/{name}")


def known_until(status: Body) -> Instant:
    """How far GPU cost is known, in seconds."""
    return instant(status["dataThrough"]["gpu"])


def idle(status: Body) -> Decimal:
    """What `unallocated` says that idle cards cost."""
    return Decimal(status["pools"]["idle"])


@pytest.fixture(scope="package")
def live(operator_plane: ControlPlane, resources: Resources, tools: Tools) -> Iterator[Live]:
    """The scrapes begin before the node exists, so that they know all of its life."""
    with api_server(operator_plane.kubeconfig) as api, Exporters(api, Cluster()).serving() as serving:
        configs = scrape_configs(serving.url.removeprefix("http://"), [NODE])
        with Prometheus(configs, settings=EVERY_SECOND, tools=tools) as prometheus:
            until(lambda: prometheus.query('up{job="kube-state-metrics"} == 1'), "the first scrape")
            resources.apply(_object("v1", "Namespace", NAMESPACE), _node(NODE, {PRODUCT: H100}, {GPU: CARDS}))
            yield Live(resources, prometheus)
    forget(resources)
    resources.kubectl("delete", "pods", "--all", "-n", NAMESPACE, "--force", "--grace-period=0")
    resources.kubectl("delete", "node", NODE)


@pytest.fixture
def scene(live: Live) -> Iterator[Live]:
    """The world with prices and units, no workload and no pod."""
    forget(live.resources)
    live.resources.apply(*_declared())
    yield live
    forget(live.resources)
    live.resources.kubectl("delete", "pods", "--all", "-n", NAMESPACE, "--force", "--grace-period=0")


@pytest.fixture
def operator(scene: Live, operators: Operators) -> OperatorProcess:
    """An operator in this world, not started yet."""
    return operators(**scene.settings())


def _object(version: str, kind: str, name: str, **more: Any) -> Body:
    return {"apiVersion": version, "kind": kind, "metadata": {"name": name}, **more}


def _node(name: str, labels: Mapping[str, str], devices: Mapping[str, int]) -> Body:
    resources = {"cpu": "64", "memory": "512Gi", "pods": "110", **{of: str(count) for of, count in devices.items()}}
    node = _object("v1", "Node", name, status={"capacity": resources, "allocatable": resources})
    node["metadata"]["labels"] = {"kubernetes.io/hostname": name, **labels}
    return node


def _declared() -> Iterator[Body]:
    rate = {"from": "2026-01-01", "perHour": "3.60"}
    prices = [{"model": model, "includesHost": True, "rates": [rate]} for model in PRICED]
    yield _object(API, "PriceBook", "default", spec={"currency": "USD", "gpus": prices})
    yield _object(API, "BusinessUnit", "team", spec={"displayName": "Team", "namespaces": [{"name": NAMESPACE}]})
    yield _object(API, "BusinessUnit", "unallocated", spec={})


def _bound(pod: Body) -> Instant | None:
    for condition in pod.get("status", {}).get("conditions", ()):
        if condition["type"] == "PodScheduled" and condition["status"] == "True":
            return instant(condition["lastTransitionTime"])
    return None
