"""ResourceSlices become the devices of nodes, as NVIDIA's driver publishes them."""

from __future__ import annotations

from typing import Any

import pytest

from aicost.cluster.slices import Published, Slices, seen_slice
from aicost.cluster.watches import Change
from aicost.core.dra import Device
from aicost.core.window import Instant
from tests.cluster.manifests import a_device, a_slice
from tests.support.builders import at

H100 = "NVIDIA-H100-80GB-HBM3"
CARD = Device("node-a", "gpu-0", "GPU-0", H100)


class Story:
    """A watch told by hand, and what it says is published."""

    def __init__(self) -> None:
        self.slices = Slices()
        self.slices.on_change = self._changed
        self.published: Published = {}

    def _changed(self, published: Published, at: Instant) -> None:
        self.published, self.at = published, at

    def lists(self, *slices: dict[str, Any]) -> Story:
        self.slices.on_list([item for each in slices if (item := self.slices.project(each))], at(100), None)
        return self

    def tells(self, change: Change, told: dict[str, Any]) -> Story:
        item = self.slices.project(told)
        assert item is not None
        self.slices.on_event(change, item, at(200), at(200))
        return self

    def names(self) -> dict[str, list[str]]:
        return {node: [device.name for device in devices] for node, devices in self.published.items()}


@pytest.fixture
def story() -> Story:
    return Story()


def test_a_card_is_read_as_the_driver_publishes_it() -> None:
    """Its UUID, and its product as feature discovery would label it; names may carry the driver's domain."""
    plain = a_device("gpu-0", uuid="GPU-0")
    qualified = {**plain, "attributes": {f"gpu.nvidia.com/{key}": of for key, of in plain["attributes"].items()}}
    for device in (plain, qualified):
        seen = seen_slice(a_slice(device))
        assert seen is not None
        assert seen.devices == (CARD,)


def test_an_instance_lies_on_its_parent() -> None:
    """A MIG instance has its card's UUID and its profile."""
    instance = a_device("gpu-0-mig-9-4-4", kind="mig", uuid="MIG-1", parentUUID="GPU-0", profile="3g.40gb")
    seen = seen_slice(a_slice(instance))
    assert seen is not None
    assert seen.devices == (Device("node-a", "gpu-0-mig-9-4-4", "GPU-0", H100, "3g.40gb"),)


@pytest.mark.parametrize("spec", [{"driver": "gpu.example.com"}, {"nodeName": None}])
def test_other_slices_are_no_cards(spec: dict[str, Any]) -> None:
    """Another driver's devices, and such as belong to no node, are not NVIDIA's cards of a node."""
    told = a_slice(a_device("gpu-0"))
    assert seen_slice({**told, "spec": {**told["spec"], **spec}}) is None


def test_what_may_be_made_of_a_card_says_so() -> None:
    """A device that takes of its card's counters is made when it is claimed; one that may be divided says that too."""
    counters = {
        "consumesCounters": [{"counterSet": "gpu-0-counter-set", "counters": {"memory-slice-0": {"value": "1"}}}]
    }
    seen = seen_slice(
        a_slice({**a_device("gpu-0"), **counters}, {**a_device("gpu-1"), "allowMultipleAllocations": True})
    )
    assert seen is not None
    assert [(device.on_demand, device.divisible) for device in seen.devices] == [(True, False), (False, True)]


def test_a_card_that_a_virtual_machine_is_given_is_the_card_on_its_bus() -> None:
    """It is published in both ways, by the same bus; what is neither card nor instance is left out."""
    told = a_slice(
        a_device("gpu-0", uuid="GPU-0", pcieBusID="0000:01:00.0"),
        a_device("gpu-vfio-0", kind="vfio", uuid="VFIO-0", pcieBusID="0000:01:00.0"),
        a_device("channel-0", kind="channel"),
    )
    seen = seen_slice(told)
    assert seen is not None
    cards = {(device.name, device.card, device.product) for device in seen.devices}
    assert cards == {("gpu-0", "0000:01:00.0", H100), ("gpu-vfio-0", "0000:01:00.0", "")}


def test_slices_of_a_pool_are_one(story: Story) -> None:
    """A node's devices are those of all slices of its pools."""
    story.lists(a_slice(a_device("gpu-1"), name="b", of=2), a_slice(a_device("gpu-0"), name="a", of=2))
    assert story.names() == {"node-a": ["gpu-0", "gpu-1"]}
    assert story.slices.publishes
    found = story.slices.device("node-a", "gpu-1")
    assert found is not None
    assert (found[0], found[1].name) == ("node-a", "gpu-1")
    assert story.slices.device("node-a", "gpu-2") is None


def test_a_pool_is_replaced_when_its_new_generation_is_complete(story: Story) -> None:
    """Meanwhile it stays as it was; slices of an older generation no longer count."""
    story.lists(a_slice(a_device("gpu-0"), name="a"))
    story.tells("ADDED", a_slice(a_device("gpu-1"), name="b", of=2, generation=2))
    assert story.names() == {"node-a": ["gpu-0"]}
    story.tells("ADDED", a_slice(a_device("gpu-2"), name="c", of=2, generation=2))
    assert story.names() == {"node-a": ["gpu-1", "gpu-2"]}


def test_what_is_deleted_is_published_no_more(story: Story) -> None:
    """By its event, or by a list that lacks it."""
    story.lists(a_slice(a_device("gpu-0"), name="a")).tells("DELETED", a_slice(name="a"))
    assert (story.published, story.slices.publishes) == ({}, False)
    story.lists(a_slice(a_device("gpu-0"), name="a")).lists()
    assert story.published == {}
