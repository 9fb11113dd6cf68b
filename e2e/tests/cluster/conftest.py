"""A namespace of its own per test, connections as administrator and as a ServiceAccount, and patience."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import json
import time
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from aicost.cluster import access
from aicost.cluster.connection import Connection
from aicost.cluster.inventory import LiveInventory
from aicost.cluster.listwatch import Pace
from aicost.core.holdings import CardGroup, Holding
from aicost.core.window import Instant
from e2e.controlplane import ControlPlane

_NUMBERS = itertools.count(1)
CRDS = Path(__file__).parents[3] / "crds"
QUICK = Pace(page=2, retry_first=0.05, retry_most=0.5)


class RealClock:
    """The time."""

    def now(self) -> Instant:
        return Instant(int(time.time()))


@dataclass(frozen=True)
class Space:
    """A namespace and a node of one test."""

    control_plane: ControlPlane
    namespace: str

    @property
    def node(self) -> str:
        return f"node-{self.namespace}"

    def apply(self, *manifests: Mapping[str, Any]) -> None:
        text = yaml.safe_dump_all([dict(manifest) for manifest in manifests])
        self.control_plane.kubectl("apply", "-n", self.namespace, "-f", "-", stdin=text)

    def kubectl(self, *args: str) -> str:
        return self.control_plane.kubectl("-n", self.namespace, *args)

    def get(self, *args: str) -> Any:
        return json.loads(self.kubectl("get", *args, "-o", "json"))

    def account(self, name: str, *rules: Mapping[str, Any]) -> Path:
        """A kubeconfig of a ServiceAccount that may do this in the whole cluster."""
        role = f"{self.namespace}-{name}"
        subject = {"kind": "ServiceAccount", "name": name, "namespace": self.namespace}
        rbac = "rbac.authorization.k8s.io"
        self.apply(
            {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": name}},
            {"apiVersion": f"{rbac}/v1", "kind": "ClusterRole", "metadata": {"name": role}, "rules": list(rules)},
            {
                "apiVersion": f"{rbac}/v1",
                "kind": "ClusterRoleBinding",
                "metadata": {"name": role},
                "subjects": [subject],
                "roleRef": {"apiGroup": rbac, "kind": "ClusterRole", "name": role},
            },
        )
        return self.control_plane.service_account_kubeconfig(self.namespace, name)


@pytest.fixture
def space(control_plane: ControlPlane) -> Iterator[Space]:
    """An empty namespace, removed with its node at the end."""
    made = Space(control_plane, f"cluster-{next(_NUMBERS)}")
    control_plane.kubectl("create", "namespace", made.namespace)
    yield made
    control_plane.kubectl("delete", "namespace", made.namespace, "--wait=false")
    control_plane.kubectl("delete", "node", made.node, "--ignore-not-found")


@pytest.fixture
async def connection(control_plane: ControlPlane) -> AsyncIterator[Connection]:
    """As the administrator."""
    async with Connection(access.load(control_plane.kubeconfig), timeout=10) as opened:
        yield opened


@contextlib.asynccontextmanager
async def running(work: Coroutine[Any, Any, None]) -> AsyncIterator[asyncio.Task[None]]:
    """Something that runs beside, and is cancelled at the end, which must be prompt."""
    task = asyncio.create_task(work)
    try:
        yield task
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.wait_for(task, 2)


async def until(true: Callable[[], object], seconds: float = 20) -> None:
    """Wait until it is true; fails after so long."""
    async with asyncio.timeout(seconds):
        while not true():  # noqa: ASYNC110 # a test looks from outside
            await asyncio.sleep(0.02)


@dataclass(frozen=True)
class Seen:
    """An inventory, as far as it concerns one test."""

    inventory: LiveInventory
    space: Space

    def holdings(self) -> list[Holding]:
        until = Instant(RealClock().now() + 60)
        return [h for h in self.inventory.devices(until).holdings if h.pod.namespace == self.space.namespace]

    def groups(self) -> list[CardGroup]:
        until = Instant(RealClock().now() + 60)
        return [g for g in self.inventory.devices(until).groups if g.node.name == self.space.node]

    def still_held(self) -> list[Holding]:
        now = RealClock().now()
        return [h for h in self.holdings() if h.window.end > now + 30]


@pytest.fixture
async def seen(space: Space, connection: Connection) -> AsyncIterator[Seen]:
    """A live inventory that is in step."""
    inventory = LiveInventory(connection, RealClock(), QUICK)
    async with running(inventory.run()):
        await until(lambda: inventory.synced_at is not None)
        yield Seen(inventory, space)


def a_node(space: Space, gpus: int = 8) -> dict[str, Any]:
    """A kwok node with GPUs, for this test's pods only."""
    resources = {"cpu": "64", "memory": "512Gi", "pods": "110", "nvidia.com/gpu": str(gpus)}
    labels = {"kubernetes.io/hostname": space.node, "nvidia.com/gpu.product": "NVIDIA-H100-80GB-HBM3"}
    return {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {"name": space.node, "labels": labels},
        "status": {"capacity": resources, "allocatable": resources},
    }


def pod_spec(space: Space, gpus: int = 2, **more: Any) -> dict[str, Any]:
    """One container with GPUs on this test's node."""
    container = {"name": "app", "image": "example.com/app", "resources": {"limits": {"nvidia.com/gpu": str(gpus)}}}
    return {"containers": [container], "nodeSelector": {"kubernetes.io/hostname": space.node}, **more}


def a_deployment(space: Space, replicas: int = 3) -> dict[str, Any]:
    """Chat, whose pods ask for two GPUs each."""
    labels = {"app": "chat"}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "chat"},
        "spec": {
            "replicas": replicas,
            "selector": {"matchLabels": labels},
            "template": {"metadata": {"labels": labels}, "spec": pod_spec(space)},
        },
    }
