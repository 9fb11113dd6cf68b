"""Which device id of the kubelet means which card."""

from __future__ import annotations

import pytest

from aicost.agent.holders import Handed, Holder, holders_of
from aicost.agent.readings import Card

CARD = Card(0, "GPU-1", "", "", frozenset({"GPU-1", "nvidia0", "gpu-0"}))


def handed(pod: str, device: str) -> Handed:
    return Handed("ml", pod, "main", device)


@pytest.mark.parametrize(
    ("device", "vgpu"),
    [("GPU-1", ""), ("GPU-1::2", "2"), ("nvidia0", ""), ("nvidia0/vgpu11", "11"), ("gpu-0", "")],
)
def test_a_card_is_found_by_each_of_its_names(device: str, vgpu: str) -> None:
    """With the number of the replica, where it is one."""
    assert holders_of(CARD, [handed("a", device)]) == (Holder("ml", "a", "main", vgpu),)


@pytest.mark.parametrize("device", ["GPU-11", "GPU-", "nvidia01", "nvidia0/gi0", "gpu-00", "GPU-1::x", "::1", ""])
def test_another_device_is_not_this_card(device: str) -> None:
    """However alike the ids are."""
    assert holders_of(CARD, [handed("a", device)]) == ()


def test_all_who_share_a_card_are_told_in_a_stable_order() -> None:
    """Whatever the order of the kubelet's answer, so that its pages can be compared."""
    shared = [handed("b", "GPU-1::1"), handed("a", "GPU-1::0"), handed("c", "GPU-2"), handed("a", "GPU-1::3")]
    told = holders_of(CARD, shared)
    assert [(holder.pod, holder.vgpu) for holder in told] == [("a", "0"), ("a", "3"), ("b", "1")]
    assert holders_of(CARD, reversed(shared)) == told
