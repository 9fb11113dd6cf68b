"""Changes that somebody could make."""

from __future__ import annotations

import pytest

from aicost.core.recommendations.changes import Resize, Scale


def test_nobody_runs_fewer_than_no_replicas() -> None:
    """Zero is the least."""
    assert Scale(0).replicas == 0
    with pytest.raises(ValueError, match="-1 replicas"):
        Scale(-1)


@pytest.mark.parametrize(
    "resources",
    [(), (("nvidia.com/gpu", 1), ("nvidia.com/gpu", None)), (("b", 1), ("a", 1)), (("nvidia.com/gpu", 0),)],
    ids=["none", "one twice", "out of order", "none of one"],
)
def test_a_resize_names_each_resource_once_in_order(resources: tuple[tuple[str, int | None], ...]) -> None:
    """So that equal changes are equal, and their patches too."""
    with pytest.raises(ValueError, match="app"):
        Resize("app", resources)
