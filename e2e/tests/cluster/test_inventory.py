"""Real pods on kwok's nodes become holdings."""

from __future__ import annotations

import asyncio
import json

from aicost.core.identity import ObjectRef
from aicost.core.window import Instant, instant, rfc3339
from e2e.tests.cluster.conftest import Seen, Space, a_deployment, a_node, pod_spec, until


async def test_pods_of_a_deployment_hold_cards(space: Space, seen: Seen) -> None:
    """With the scheduler's second, the owner chain up to the Deployment, and the node's cards from its creation."""
    space.apply(a_node(space), a_deployment(space))
    await until(lambda: len([h for h in seen.holdings() if len(h.pod.owners) == 2]) == 3)
    pods = {pod["metadata"]["uid"]: pod for pod in space.get("pods")["items"]}
    for holding in seen.holdings():
        pod = pods[holding.pod.uid]
        scheduled = next(c for c in pod["status"]["conditions"] if c["type"] == "PodScheduled")
        assert holding.window.start == instant(scheduled["lastTransitionTime"])
        assert (holding.count, holding.node) == (2, space.node)
        assert ("app", "chat") in holding.pod.labels
        assert holding.pod.owners == (
            ObjectRef("apps", "ReplicaSet", pod["metadata"]["ownerReferences"][0]["name"]),
            ObjectRef("apps", "Deployment", "chat"),
        )
    created = instant(space.get("node", space.node)["metadata"]["creationTimestamp"])
    assert [(g.cards, g.product, g.window.start) for g in seen.groups()] == [(8, "NVIDIA-H100-80GB-HBM3", created)]


async def test_scaling_down_ends_holdings(space: Space, seen: Seen) -> None:
    """The second in which the watch saw the pod go, or the one in which its container ended."""
    space.apply(a_node(space), a_deployment(space))
    await until(lambda: len(seen.still_held()) == 3)
    await asyncio.sleep(1.1)  # whoever comes and goes within a second held nothing
    space.kubectl("scale", "deployment/chat", "--replicas=1")
    await until(lambda: len(seen.still_held()) == 1)
    assert len(seen.holdings()) == 3
    assert all(h.assumed_from is None for h in seen.holdings())


async def test_a_finished_pod_ends_its_holding(space: Space, seen: Seen) -> None:
    """It stays in the API; its card does not stay held."""
    pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "train"}}
    space.apply(a_node(space), {**pod, "spec": pod_spec(space, restartPolicy="Never")})
    await until(lambda: len(seen.still_held()) == 1)
    end = Instant(seen.still_held()[0].window.start + 3)
    ended = {"name": "app", "state": {"terminated": {"exitCode": 0, "finishedAt": rfc3339(end)}}}
    patch = json.dumps({"status": {"phase": "Succeeded", "containerStatuses": [ended]}})
    space.kubectl("patch", "pod", "train", "--subresource=status", "--type=merge", "-p", patch)
    await until(lambda: not seen.still_held())
    assert [holding.window.end for holding in seen.holdings()] == [end]


async def test_a_restart_of_the_api_server_loses_nothing(space: Space, seen: Seen) -> None:
    """Out of step while it is away, in step again by itself; what happens afterwards is seen."""
    space.apply(a_node(space), a_deployment(space))
    await until(lambda: len(seen.still_held()) == 3)
    before = {h.pod.uid: h.window.start for h in seen.holdings()}
    await asyncio.to_thread(space.control_plane.stop_apiserver, kill=True)
    await until(lambda: seen.inventory.synced_at is None)
    await asyncio.to_thread(space.control_plane.start_apiserver)
    await until(lambda: seen.inventory.synced_at is not None)
    assert {h.pod.uid: h.window.start for h in seen.holdings()} == before
    assert all(h.assumed_from is None for h in seen.holdings())
    space.kubectl("scale", "deployment/chat", "--replicas=2")
    await until(lambda: len(seen.still_held()) == 2)


async def test_a_deleted_node_ends_its_cards(space: Space, seen: Seen) -> None:
    """And the same name created again is another node."""
    space.apply(a_node(space))
    await until(lambda: len(seen.groups()) == 1)
    await asyncio.sleep(1.1)  # who comes and goes within a second cost nothing
    space.control_plane.kubectl("delete", "node", space.node)
    space.apply(a_node(space, gpus=4))
    await until(lambda: len(seen.groups()) == 2)
    first, second = sorted(seen.groups(), key=lambda g: g.window.start)
    assert (first.cards, second.cards) == (8, 4)
    assert first.window.end <= second.window.end
    assert first.node != second.node
