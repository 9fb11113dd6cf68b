"""The live inventory: watches, owners and time together, against a server that misbehaves."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator

import pytest

from aicost.api.declared import Translated
from aicost.cluster import health
from aicost.cluster.connection import Connection
from aicost.cluster.inventory import LiveInventory
from aicost.cluster.resources import ResourceStore
from aicost.core.declarations import Declarations
from aicost.core.holdings import Holding
from aicost.core.identity import ObjectRef
from tests.cluster.conftest import FAST, SetClock, until
from tests.cluster.fake_api import FakeApi, answering
from tests.cluster.manifests import a_claim, a_device, a_node, a_pod, a_slice, an_owner
from tests.support.builders import at, between

CLAIMS = "/apis/resource.k8s.io/v1/resourceclaims"
SLICES = "/apis/resource.k8s.io/v1/resourceslices"
SET_PATH = "/apis/apps/v1/namespaces/support/replicasets/chat-7d"
CHAIN = (ObjectRef("apps", "ReplicaSet", "chat-7d"), ObjectRef("apps", "Deployment", "chat"))


@pytest.fixture
def inventory(connection: Connection, clock: SetClock) -> LiveInventory:
    return LiveInventory(connection, clock, FAST)


@pytest.fixture
async def running(api: FakeApi, inventory: LiveInventory) -> AsyncIterator[LiveInventory]:
    await api.put("/api/v1/nodes/node-a", a_node())
    await api.put("/api/v1/pods/chat-0", a_pod(owner=an_owner("ReplicaSet", "chat-7d")))
    await api.put(SET_PATH, {"metadata": {"uid": "uid-chat-7d", "ownerReferences": [an_owner("Deployment", "chat")]}})
    task = asyncio.create_task(inventory.run())
    yield inventory
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await asyncio.wait_for(task, 1)


def held(inventory: LiveInventory, until: int = 1000) -> tuple[Holding, ...]:
    return inventory.devices(at(until)).holdings


async def test_in_step_means_with_owners(api: FakeApi, running: LiveInventory) -> None:
    """Once it says that it is complete, every pod has its owner chain, every node its cards."""
    await until(lambda: running.synced_at is not None)
    devices = running.devices(at(1000))
    assert [holding.pod.owners for holding in devices.holdings] == [CHAIN]
    assert [(group.node.name, group.cards) for group in devices.groups] == [("node-a", 8)]
    assert api.count(SET_PATH) == 1


async def test_an_owner_that_cannot_be_read_holds_up_nothing(api: FakeApi, running: LiveInventory) -> None:
    """The pod is held with its direct controller, and gets its chain as soon as it can be had."""
    for _ in range(20):
        api.fail_next(SET_PATH, answering(403))
    await until(lambda: running.synced_at is not None)
    assert [holding.pod.owners for holding in held(running)] == [CHAIN[:1]]
    api.faults.clear()
    await until(lambda: held(running)[0].pod.owners == CHAIN)


async def test_a_pod_comes_and_goes(api: FakeApi, running: LiveInventory, clock: SetClock) -> None:
    """A pending pod holds nothing until it is bound, and ends when it is deleted."""
    await until(lambda: running.synced_at is not None)
    await api.put("/api/v1/pods/late", a_pod("late", node=None))
    await api.put("/api/v1/pods/late", a_pod("late", bound=100))
    await until(lambda: len(held(running)) == 2)
    clock.set(400)
    await api.delete("/api/v1/pods/late")
    await until(lambda: between(100, 400) in [holding.window for holding in held(running)])
    running.forget(at(401))
    assert [holding.pod.name for holding in held(running)] == ["chat-0"]


async def test_health_names_what_is_not_in_step(inventory: LiveInventory) -> None:
    """Before anything was listed, nothing is known to be complete."""
    store = ResourceStore(lambda _: Translated(Declarations()))
    assert health.synced_at(inventory, store) == dict.fromkeys(("pods", "nodes", "claims", "resources"))


async def test_claims_slices_pods_and_nodes_are_one_account(api: FakeApi, running: LiveInventory) -> None:
    """What a slice publishes and a claim holds for a pod is one card with one holder, and the rest is the claim's."""
    await until(lambda: running.synced_at is not None)
    pod = a_pod("train-0", gpus=0, bound=60)
    pod["spec"]["resourceClaims"] = [{"name": "gpu", "resourceClaimName": "shared"}]
    await api.put(f"{SLICES}/slice", a_slice(a_device("gpu-0", uuid="GPU-0"), node="node-b"))
    await api.put("/api/v1/nodes/node-b", a_node("node-b", gpus=0))
    await api.put("/api/v1/pods/train-0", pod)
    claim = a_claim("gpu-0", allocated=50, pods=["uid-train-0"])
    claim["status"]["allocation"]["devices"]["results"][0]["pool"] = "node-b"
    await api.put(f"{CLAIMS}/shared", claim)
    await until(lambda: len(held(running)) == 3)
    by_claim = {(h.pod.name, h.node, h.window) for h in held(running) if h.claim == "uid-shared"}
    assert by_claim == {
        ("train-0", "node-b", between(60, 1000)),
        ("resourceclaim/shared", "node-b", between(50, 1000)),
    }
    groups = {(group.node.name, group.cards, group.claimable) for group in running.devices(at(1000)).groups}
    assert groups == {("node-a", 8, False), ("node-b", 1, True)}
    assert running.synced_at is not None


async def test_quiet_claims_hold_nothing_up(api: FakeApi, running: LiveInventory, clock: SetClock) -> None:
    """Where nothing is published, their watches are complete as of now; where something is, as of what they heard."""
    await until(lambda: running.synced_at is not None)
    clock.set(500)
    assert running.claims_synced_at == at(500)
    await api.put(f"{SLICES}/slice", a_slice(a_device("gpu-0", uuid="GPU-0")))
    await until(lambda: any(group.claimable for group in running.devices(at(1000)).groups))
    clock.set(900)
    assert running.claims_synced_at == at(500)
