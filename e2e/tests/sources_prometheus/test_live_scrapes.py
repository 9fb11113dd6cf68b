"""A real API server's pods, shown by the emulated exporters, scraped by a real Prometheus, read by the adapters."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pytest

from aicost.core.holdings import Devices
from aicost.core.window import HOUR, Instant, Window
from aicost.sources.dcgm_history import DcgmHistory
from aicost.sources.kube_state_metrics import KubeStateMetrics
from aicost.sources.prometheus import Prometheus
from e2e.conftest import PrometheusFactory
from e2e.controlplane import ControlPlane
from e2e.emulators.exporters import Exporters, api_server, scrape_configs
from e2e.scenario.live import Cluster

NODE = """
apiVersion: v1
kind: Node
metadata: {name: scraped, labels: {for: scraped, nvidia.com/gpu.product: NVIDIA-H100-80GB-HBM3}}
status:
  allocatable: {cpu: "8", memory: 32Gi, pods: "110", nvidia.com/gpu: "8"}
  capacity: {cpu: "8", memory: 32Gi, pods: "110", nvidia.com/gpu: "8"}
"""
DEPLOYMENT = """
apiVersion: apps/v1
kind: Deployment
metadata: {name: chat}
spec:
  replicas: 2
  selector: {matchLabels: {app: chat}}
  template:
    metadata: {labels: {app: chat}}
    spec:
      nodeSelector: {for: scraped}
      containers:
        - {name: app, image: example.com/chat, resources: {limits: {nvidia.com/gpu: "3"}}}
"""
EVERY_SECOND = {"global": {"scrape_interval": "1s", "scrape_timeout": "1s"}}


@pytest.fixture(scope="module")
def pods(control_plane: ControlPlane) -> Iterator[list[dict[str, Any]]]:
    """Two running pods of three cards each on a node of eight."""
    control_plane.kubectl("create", "namespace", "scraped")
    control_plane.kubectl("apply", "-f", "-", stdin=NODE)
    control_plane.kubectl("apply", "-n", "scraped", "-f", "-", stdin=DEPLOYMENT)
    control_plane.kubectl("rollout", "status", "-n", "scraped", "deployment/chat", "--timeout=60s")
    yield json.loads(control_plane.kubectl("get", "pods", "-n", "scraped", "-o", "json"))["items"]
    control_plane.kubectl("delete", "namespace", "scraped", "--wait=false")
    control_plane.kubectl("delete", "node", "scraped")


async def until_told(history: KubeStateMetrics | DcgmHistory) -> tuple[Devices, Window]:
    """The first account of the last hour with both pods."""
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        now = Instant(int(time.time()))
        over = Window(Instant(now - HOUR), now)
        account = await history.devices(over)
        if account and sum(held.pod.namespace == "scraped" for held in account.devices.holdings) == 2:
            return account.devices, over
        await asyncio.sleep(0.5)
    pytest.fail("the pods never showed")


@pytest.mark.parametrize("honor_labels", [False, True], ids=["moved", "honoured"])
async def test_live_pods_are_told_by_both_exporters(
    control_plane: ControlPlane, prometheus_factory: PrometheusFactory, pods: list[dict[str, Any]], honor_labels: bool
) -> None:
    """kube-state-metrics tells the pods by UID and since their binding; DCGM alone tells them by name."""
    uids = {pod["metadata"]["uid"] for pod in pods}
    bound = {
        pod["metadata"]["uid"]: int(datetime.fromisoformat(condition["lastTransitionTime"]).timestamp())
        for pod in pods
        for condition in pod["status"]["conditions"]
        if condition["type"] == "PodScheduled"
    }
    with api_server(control_plane.kubeconfig) as api, Exporters(api, Cluster()).serving() as serving:
        address = serving.url.removeprefix("http://")
        configs = scrape_configs(address, ["scraped"], honor_labels=honor_labels)
        server = prometheus_factory(configs, settings=EVERY_SECOND)
        server.start()
        prometheus = Prometheus(server.url)
        devices, over = await until_told(KubeStateMetrics(prometheus, interval=1))
        ours = [held for held in devices.holdings if held.pod.namespace == "scraped"]
        assert {held.pod.uid for held in ours} == uids
        assert {held.pod.uid: held.window.start for held in ours} == bound
        assert {(held.count, held.node, held.pod.owners[-1].name) for held in ours} == {(3, "scraped", "chat")}
        assert all(over.end - held.window.end <= 3 for held in ours)
        devices, _ = await until_told(DcgmHistory(prometheus, interval=1))
        assert {str(held.pod) for held in devices.holdings} == {f"scraped/{pod['metadata']['name']}" for pod in pods}
        assert [(group.node.name, group.cards) for group in devices.groups] == [("scraped", 8)]
