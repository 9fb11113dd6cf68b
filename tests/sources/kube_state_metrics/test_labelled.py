"""Which labels a node carried when."""

from __future__ import annotations

import pytest

from aicost.core.window import Window
from aicost.sources.kube_state_metrics.facts import Answers
from aicost.sources.kube_state_metrics.labelled import Carried, Labelled, stretches, told_labels
from tests.sources.kube_state_metrics.samples import DAY, NODE, a_sample, minute

CARE: Carried = {"nvidia_com_gpu_product": "L4", "pool": "care"}
SPOT: Carried = {"nvidia_com_gpu_product": "L4", "pool": "spot"}
BARE: Carried = {"zone": "a"}


def a_set(labels: Carried, since: float, until: float) -> Labelled:
    return Labelled(labels, Window(minute(since), minute(until)))


def span(since: float, until: float) -> Window:
    return Window(minute(since), minute(until))


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        ([], [({}, DAY)]),
        ([a_set(CARE, 0, 1440)], [(CARE, DAY)]),
        ([a_set(CARE, 30, 900)], [(CARE, DAY)]),
        ([a_set(CARE, 0, 600), a_set(SPOT, 600, 1440)], [(CARE, span(0, 600)), (SPOT, span(600, 1440))]),
        ([a_set(CARE, 0, 500), a_set(SPOT, 700, 1440)], [(CARE, span(0, 700)), (SPOT, span(700, 1440))]),
        (
            [a_set(CARE, 0, 1440), a_set(SPOT, 300, 360)],
            [(CARE, span(0, 300)), (SPOT, span(300, 360)), (CARE, span(360, 1440))],
        ),
        ([a_set(BARE, 0, 3), a_set(SPOT, 3, 1440)], [(SPOT, DAY)]),
        (
            [a_set(BARE, 0, 600), a_set({"zone": "b"}, 600, 1440)],
            [(BARE, span(0, 600)), ({"zone": "b"}, span(600, 1440))],
        ),
    ],
    ids=["none", "all day", "not seen at the edges", "changed", "changed unseen", "and back", "product later", "bare"],
)
def test_labels_count_from_their_first_sample(told: list[Labelled], expected: list[tuple[Carried, Window]]) -> None:
    """Until others are seen; only while the product is unknown later ones count from before."""
    assert list(stretches(told, DAY)) == expected


def test_a_set_is_told_once() -> None:
    """Two kube-state-metrics tell the same labels, and a daemon's start is no label of the node."""
    labels = {"label_pool": "care"}
    first = (
        a_sample(minute(5), NODE, labels, instance="a", label_nvidia_com_gfd_timestamp="1"),
        a_sample(minute(4), NODE, labels, instance="b", label_nvidia_com_gfd_timestamp="2"),
    )
    last = (
        a_sample(minute(9), NODE, labels, instance="a", label_nvidia_com_gfd_timestamp="1"),
        a_sample(minute(8), NODE, labels, instance="b", label_nvidia_com_gfd_timestamp="2"),
    )
    told = told_labels(Answers(node_labels_first_seen=first, node_labels_last_seen=last), 60)
    assert told == {"n1": [a_set({"pool": "care"}, 4, 10)]}
