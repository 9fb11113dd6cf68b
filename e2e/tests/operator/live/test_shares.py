"""Cards that several pods share, as MIG instances and in time: each costs its share of a card for its seconds."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from aicost.core.window import Instant
from e2e.operator_process import OperatorProcess
from e2e.tests.operator.live.conftest import CARDS, GPU, PER_SECOND, PRODUCT, Live, idle, known_until
from e2e.tests.operator.live.test_seconds import assert_nothing_lost
from e2e.tests.operator.resources import charged

MIG, SHARED = "nvidia.com/mig-", "nvidia.com/gpu.shared"
CUT, SLICED = "live-cut", "live-sliced"
INSTANCES = {"3g.40gb": 1, "2g.20gb": 1, "1g.10gb": 2}
"""What one of the two cards is cut into: all of its memory, in eighths 4, 2 and twice 1."""
CUT_LABELS = {
    PRODUCT: "NVIDIA-A100-SXM4-80GB",
    "nvidia.com/gpu.count": "2",
    "nvidia.com/gpu.replicas": "0",
    **{f"{MIG}{profile}.count": str(count) for profile, count in INSTANCES.items()},
}
SLICED_LABELS = {
    PRODUCT: "NVIDIA-L4",
    "nvidia.com/gpu.count": "2",
    "nvidia.com/gpu.replicas": "4",
    "nvidia.com/gpu.sharing-strategy": "time-slicing",
}
EIGHTH, QUARTER = PER_SECOND / 8, PER_SECOND / 4


@pytest.fixture
def shared(scene: Live) -> Iterator[Live]:
    """With a node of one whole card and one that is cut, and one of two cards in four time slices each."""
    scene.join(CUT, CUT_LABELS, {GPU: 1, **{f"{MIG}{profile}": count for profile, count in INSTANCES.items()}})
    scene.join(SLICED, SLICED_LABELS, {SHARED: 8})
    yield scene
    scene.resources.kubectl("delete", "pods", "--all", "-n", "live", "--force", "--grace-period=0")
    scene.resources.kubectl("delete", "node", CUT, SLICED)


def test_instances_and_time_slices_cost_their_share_of_a_card(shared: Live, operator: OperatorProcess) -> None:
    """To the second: a successor on an instance pays from its binding, two replicas pay two, and the rest is idle."""
    pace = {"tag": 2 * EIGHTH, "distil": PER_SECOND, "see": QUARTER, "hear": 2 * QUARTER}
    shared.declare("encode", *pace)
    encode_from = shared.run("encode-1", "encode", 1, f"{MIG}3g.40gb", CUT)
    bound = {
        "tag": shared.run("tag", "tag", 2, f"{MIG}1g.10gb", CUT),
        "distil": shared.run("distil", "distil", 1, GPU, CUT),
        "see": shared.run("see", "see", 1, SHARED, SLICED),
        "hear": shared.run("hear", "hear", 2, SHARED, SLICED),
    }
    operator.start()
    operator.ready()
    rest_before = shared.resources.status("bu", "unallocated")
    begin = known_until(rest_before)
    encode_until = Instant(max(begin, known_until(shared.workload("encode"))) + 2)
    shared.finish("encode-1", encode_until)
    again_from = shared.run("encode-2", "encode", 1, f"{MIG}3g.40gb", CUT)
    encode, rest = shared.reaching("encode", again_from + 3), shared.resources.status("bu", "unallocated")
    assert charged(encode) == (encode_until - encode_from + known_until(encode) - again_from) * 4 * EIGHTH
    for app, pays in pace.items():
        status = shared.workload(app)
        assert charged(status) == (known_until(status) - bound[app]) * pays
    now = known_until(rest)
    held = (now - begin) * sum(pace.values()) + (encode_until - begin + now - again_from) * 4 * EIGHTH
    assert idle(rest) - idle(rest_before) == (now - begin) * (CARDS + 4) * PER_SECOND - held
    assert_nothing_lost(operator)
