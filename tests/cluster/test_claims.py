"""What the watch of ResourceClaims showed becomes what claims hold, and for whom."""

from __future__ import annotations

from typing import Any

import pytest

from aicost.cluster.claims import Claims, seen_claim
from aicost.cluster.watches import Change
from aicost.core.dra import SLICE, Device
from aicost.core.holdings import Holding
from aicost.core.window import Instant, Window
from tests.cluster.manifests import a_claim
from tests.support.builders import at, between

PUBLISHED = {
    "gpu-0": Device("node-a", "gpu-0", "GPU-0", "NVIDIA-L4"),
    "gpu-1": Device("node-a", "gpu-1", "GPU-1", "NVIDIA-L4"),
    "made-0": Device("node-a", "made-0", "GPU-3", "NVIDIA-H100-80GB-HBM3", "3g.40gb", on_demand=True),
    "made-1": Device("node-a", "made-1", "GPU-3", "NVIDIA-H100-80GB-HBM3", "1g.10gb", on_demand=True),
    "mig-0": Device("node-a", "mig-0", "GPU-2", "NVIDIA-A30", "1g.6gb"),
}


def look(pool: str, name: str) -> tuple[str, Device] | None:
    return (pool, PUBLISHED[name]) if name in PUBLISHED else None


class Story:
    """A watch told by hand."""

    def __init__(self) -> None:
        self.claims = Claims()

    def tells(self, change: Change, seconds: int, claim: dict[str, Any], *, since: int | None = None) -> Story:
        heard = at(seconds if since is None else since)
        self.claims.on_event(change, self.claims.project(claim), at(seconds), heard)
        return self

    def lists(self, seconds: int, *claims: dict[str, Any], since: int | None = None) -> Story:
        items = [self.claims.project(claim) for claim in claims]
        self.claims.on_list(items, at(seconds), None if since is None else at(since))
        return self

    def held(self, until: int = 1000) -> list[Holding]:
        return [claimed.own for claimed in self.claims.held(at(until), look)]

    def spans(self) -> list[tuple[Window, Instant | None]]:
        return [(holding.window, holding.assumed_from) for holding in self.held()]


@pytest.fixture
def story() -> Story:
    return Story()


def test_a_claim_holds_its_devices_since_it_was_allocated(story: Story) -> None:
    """By the allocation's own time, by resource, as a holder of its own whose name is no pod's."""
    story.lists(100, a_claim("gpu-0", "gpu-1", "mig-0", allocated=40))
    held = story.held()
    assert {(h.node, h.resource, h.count, h.window, h.claim) for h in held} == {
        ("node-a", "nvidia.com/gpu", 2, between(40, 1000), "uid-shared"),
        ("node-a", "nvidia.com/mig-1g.6gb", 1, between(40, 1000), "uid-shared"),
    }
    assert all(holding.is_unreserved and str(holding.pod) == "support/resourceclaim/shared" for holding in held)
    assert story.held(40) == []


def test_instances_that_are_made_on_demand_are_held_in_slices(story: Story) -> None:
    """Two of one claim are the slices of both."""
    story.lists(100, a_claim("made-0", "made-1"))
    assert [(holding.resource, holding.count) for holding in story.held()] == [(SLICE, 5)]


def test_without_a_time_it_holds_since_that_was_seen(story: Story) -> None:
    """The server need not tell when it allocated: earlier nobody knows."""
    story.lists(100, a_claim()).tells("MODIFIED", 200, a_claim("gpu-0"))
    assert story.spans() == [(between(200, 1000), None)]
    assert story.claims.holds


@pytest.mark.parametrize("change", ["DELETED", "MODIFIED"])
def test_it_ends_when_that_is_seen(story: Story, change: Change) -> None:
    """Deleted or deallocated; from when it was last known to hold, the end is assumed."""
    story.lists(100, a_claim("gpu-0", allocated=40)).tells(change, 300, a_claim(), since=250)
    assert story.spans() == [(between(40, 300), at(250))]
    assert not story.claims.holds


def test_a_list_that_lacks_it_ends_it(story: Story) -> None:
    """It went since the watch last heard of anything."""
    story.lists(100, a_claim("gpu-0", allocated=40)).lists(400, since=250)
    assert story.spans() == [(between(40, 400), at(250))]


def test_allocated_again_it_holds_anew(story: Story) -> None:
    """Other devices, or the same after a pause, are another allocation with other pods, and a holder of their own."""
    story.lists(100, a_claim("gpu-0", allocated=40, pods=["a"])).tells("MODIFIED", 300, a_claim("gpu-1", pods=["b"]))
    assert [window for window, _ in story.spans()] == [between(40, 300), between(300, 1000)]
    assert len({holding.pod.uid for holding in story.held()}) == 2
    assert [claimed.pods for claimed in story.claims.held(at(1000), look)] == [{"a"}, {"b"}]


def test_every_pod_that_it_was_reserved_for_is_remembered(story: Story) -> None:
    """A pod that is over is taken off the list, and held it nevertheless."""
    story.lists(100, a_claim("gpu-0", pods=["a"])).tells("MODIFIED", 200, a_claim("gpu-0", pods=["b"]))
    assert [claimed.pods for claimed in story.claims.held(at(1000), look)] == [{"a", "b"}]


def test_only_nvidias_devices_for_use_are_held() -> None:
    """Admin access holds nothing, nor does a device of another driver; only pods can hold in a claim's place."""
    claim = a_claim("gpu-0", "gpu-1", pods=["a"])
    results = claim["status"]["allocation"]["devices"]["results"]
    results[0]["adminAccess"] = True
    results.append({**results[1], "driver": "nic.example.com"})
    claim["status"]["reservedFor"].append({"apiGroup": "example.com", "resource": "pods", "name": "x", "uid": "x"})
    seen = seen_claim(claim)
    assert (seen.devices, seen.pods) == ((("node-a", "gpu-1"),), frozenset({"a"}))


def test_a_device_that_nobody_publishes_is_named(story: Story) -> None:
    """On the node that the allocation is bound to, so that it becomes a gap and is no card that it may not be."""
    story.lists(100, a_claim("gpu-9", node="node-b"))
    assert [(h.node, h.resource) for h in story.held()] == [("node-b", "gpu.nvidia.com/node-a/gpu-9")]


def test_a_device_keeps_its_name_when_it_is_withdrawn(story: Story) -> None:
    """A card that fails, or whose driver restarts, is no longer published, and held still."""
    story.lists(100, a_claim("gpu-0"))
    before = story.held()
    assert [claimed.own for claimed in story.claims.held(at(1000), lambda *_: None)] == before


def test_what_ended_can_be_forgotten(story: Story) -> None:
    """What holds still cannot."""
    story.lists(100, a_claim("gpu-0"), a_claim("gpu-1", name="other")).tells("DELETED", 200, a_claim("gpu-0"))
    story.claims.forget(at(201))
    assert [holding.pod.name for holding in story.held()] == ["resourceclaim/other"]
