"""Names and labels as exporters and scrapes print them."""

from __future__ import annotations

import pytest

from aicost.sources.exposition import object_labels, own_labels, resource_name, sanitised


@pytest.mark.parametrize(
    ("printed", "name"),
    [
        ("nvidia_com_gpu", "nvidia.com/gpu"),
        ("nvidia_com_gpu_shared", "nvidia.com/gpu.shared"),
        ("nvidia_com_mig_1g_5gb", "nvidia.com/mig-1g.5gb"),
        ("nvidia_com_mig_1g_10gb_me", "nvidia.com/mig-1g.10gb.me"),
        ("nvidia_com_mig_1g_24gb_me_all", "nvidia.com/mig-1g.24gb.me.all"),
    ],
)
def test_resource_names_are_restored(printed: str, name: str) -> None:
    """NVIDIA's resources get back the name that Kubernetes knows, and printing that gives the same again."""
    assert resource_name(printed) == name
    assert sanitised(name) == printed


def test_labels_that_a_scrape_moved_are_put_back() -> None:
    """Without honor_labels the exporter's own label counts, not the target's."""
    moved = {"namespace": "monitoring", "exported_namespace": "search", "node": "n"}
    assert own_labels(moved) == {"namespace": "search", "node": "n"}
    assert own_labels({"namespace": "search"}) == {"namespace": "search"}


def test_labels_that_cannot_be_told_apart_are_left_out() -> None:
    """`a.b` and `a_b` on one object come as numbered conflicts: neither may decide who pays."""
    printed = {"label_a_b_conflict1": "x", "label_a_b_conflict2": "y", "label_app": "chat", "uid": "u"}
    assert object_labels(printed) == {"app": "chat"}
