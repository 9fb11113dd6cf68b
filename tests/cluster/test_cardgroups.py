"""What the node watch showed becomes card groups."""

from __future__ import annotations

from typing import Any

import pytest

from aicost.cluster.cardgroups import CardGroups
from aicost.cluster.watches import Change
from aicost.core.dra import Device
from aicost.core.window import Instant, Window
from tests.cluster.manifests import a_node
from tests.support.builders import at, between

BEFORE = at(-3600)


class Story:
    """A watch told by hand."""

    def __init__(self) -> None:
        self.nodes = CardGroups()
        self.publishes(0)

    def tells(self, change: Change, seconds: int, node: dict[str, Any]) -> Story:
        self.nodes.on_event(change, self.nodes.project(node), at(seconds), at(seconds))
        return self

    def lists(self, seconds: int, *nodes: dict[str, Any]) -> Story:
        self.nodes.on_list([self.nodes.project(node) for node in nodes], at(seconds), None)
        return self

    def publishes(self, seconds: int, *devices: Device) -> Story:
        self.nodes.publish({device.pool: devices for device in devices}, at(seconds))
        return self

    def groups(self, until: int = 1000) -> list[tuple[int, Instant, Instant]]:
        return [(group.cards, group.window.start, group.window.end) for group in self.nodes.groups(at(until))]


@pytest.fixture
def story() -> Story:
    return Story()


def test_a_node_costs_from_its_creation(story: Story) -> None:
    """Also for the minutes before its device plugin showed the cards."""
    story.lists(100, a_node(gpus=0)).tells("MODIFIED", 200, a_node(gpus=8))
    assert story.groups() == [(8, BEFORE, at(1000))]


def test_another_capacity_is_another_group(story: Story) -> None:
    """From when it is seen; the old one ends there."""
    story.lists(100, a_node(gpus=8)).tells("MODIFIED", 200, a_node(gpus=7)).tells("MODIFIED", 300, a_node(gpus=8))
    assert story.groups() == [(8, BEFORE, at(200)), (7, at(200), at(300)), (8, at(300), at(1000))]


def test_other_labels_count_from_when_they_are_seen(story: Story) -> None:
    """Labels choose prices: a node that moves to another pool is not priced anew for the hours before."""
    story.lists(100, a_node(labels={"pool": "care"})).tells("MODIFIED", 200, a_node(labels={"pool": "spot"}))
    story.lists(300, a_node(labels={"pool": "care"}))
    pools = [(dict(group.labels)["pool"], group.window) for group in story.nodes.groups(at(1000))]
    assert pools == [
        ("care", Window(BEFORE, at(200))),
        ("spot", between(200, 300)),
        ("care", between(300, 1000)),
    ]


def test_a_timestamp_is_no_reason_for_another_group(story: Story) -> None:
    """GPU Feature Discovery labels its nodes with when it started, and starts again at will."""
    stamped = [a_node(labels={"nvidia.com/gfd.timestamp": str(stamp)}) for stamp in (1, 2)]
    story.lists(100, stamped[0]).tells("MODIFIED", 200, stamped[1])
    assert story.groups() == [(8, BEFORE, at(1000))]


def test_a_product_that_becomes_known_counts_from_the_start(story: Story) -> None:
    """The card was the same before anybody named it; another name is another card."""
    unknown = a_node(labels={"nvidia.com/gpu.product": ""})
    story.lists(100, unknown).tells("MODIFIED", 150, a_node(labels={"nvidia.com/gpu.product": "", "pool": "care"}))
    story.tells("MODIFIED", 200, a_node(labels={"pool": "care"}))
    assert story.groups() == [(8, BEFORE, at(1000))]
    assert ("pool", "care") in next(iter(story.nodes.groups(at(1000)))).labels
    story.tells("MODIFIED", 300, a_node(labels={"nvidia.com/gpu.product": "Tesla-T4"}))
    assert len(story.groups()) == 2


def test_a_node_ends_when_it_is_seen_to_be_gone(story: Story) -> None:
    """By its event, or by a list that lacks it."""
    story.lists(100, a_node("a"), a_node("b")).tells("DELETED", 200, a_node("a")).lists(400)
    assert sorted(story.groups()) == [(8, BEFORE, at(200)), (8, BEFORE, at(400))]


def test_a_name_used_again_is_another_node(story: Story) -> None:
    """Another UID, another creation: both cost for their own time."""
    story.lists(100, a_node()).lists(400, a_node(uid="again", created=at(350)))
    assert story.groups() == [(8, BEFORE, at(400)), (8, at(350), at(1000))]


def test_what_ended_can_be_forgotten(story: Story) -> None:
    """What is still there cannot."""
    story.lists(100, a_node("a"), a_node("b")).tells("DELETED", 200, a_node("a"))
    story.nodes.forget(at(201))
    assert len(story.groups()) == 1


def cards(count: int, node: str = "node-a") -> tuple[Device, ...]:
    return tuple(Device(node, f"gpu-{n}", f"GPU-{n}", "NVIDIA-H100-80GB-HBM3") for n in range(count))


def claimable(story: Story) -> list[tuple[int, Window, bool]]:
    return [(group.cards, group.window, group.claimable) for group in story.nodes.groups(at(1000))]


def test_before_slices_were_listed_nobody_knows_cards() -> None:
    """What they publish of a node that is there already counts from its creation, as the first cards that it showed."""
    story = Story()
    story.nodes = CardGroups()
    story.lists(100, a_node(gpus=0))
    assert story.groups() == []
    story.publishes(110, *cards(4))
    assert claimable(story) == [(4, Window(BEFORE, at(1000)), True)]


def test_cards_that_are_published_later_are_claimable_from_then_on(story: Story) -> None:
    """A driver that starts on a node whose labels count its cards changes who may hold them, not how many there are."""
    story.lists(100, a_node(gpus=0, labels={"nvidia.com/gpu.count": "4"})).publishes(200, *cards(4))
    assert claimable(story) == [(4, Window(BEFORE, at(200)), False), (4, between(200, 1000), True)]


def test_a_driver_that_withdraws_its_slices_leaves_the_cards(story: Story) -> None:
    """It may just restart; the cards are there until the node is gone."""
    story.lists(100, a_node(gpus=0)).publishes(110, *cards(4)).publishes(300)
    assert claimable(story) == [(4, Window(BEFORE, at(1000)), True)]
    story.tells("DELETED", 400, a_node(gpus=0)).lists(500, a_node(gpus=0, uid="again", created=at(450)))
    assert claimable(story) == [(4, Window(BEFORE, at(400)), True)]


def test_a_device_plugin_takes_withdrawn_cards_over(story: Story) -> None:
    """Where the plugin offers cards when the slices go, they are no longer claimed."""
    story.lists(100, a_node(gpus=0)).publishes(110, *cards(4))
    story.tells("MODIFIED", 200, a_node(gpus=4)).publishes(300)
    assert claimable(story) == [(4, Window(BEFORE, at(300)), True), (4, between(300, 1000), False)]


def test_a_recreated_node_has_what_is_published_of_it_now(story: Story) -> None:
    """Slices that stand are those of the node that has the name."""
    story.lists(100, a_node(gpus=0)).publishes(110, *cards(4)).tells("DELETED", 400, a_node(gpus=0))
    story.publishes(420, *cards(2)).lists(500, a_node(gpus=0, uid="again", created=at(450)))
    assert [count for count, *_ in claimable(story)] == [4, 2]
