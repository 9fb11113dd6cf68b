"""Fewer cards of a pod."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from aicost.core.recommendations.advice import Advice, Obstacle, Refused
from aicost.core.recommendations.changes import Resize
from aicost.core.recommendations.gpu.count import fewer_cards
from aicost.core.recommendations.gpu.evidence import ServerEvidence
from aicost.core.recommendations.gpu.policy import POLICY
from aicost.core.window import DAY, HOUR
from tests.support.gpu_cases import END, a_server, dollars

WORK = {"smActive": 60, "gpuUtil": 99, "memory": 70000}
SERVER = {
    "server": "StatefulSet/a",
    "product": "NVIDIA-H100-80GB-HBM3",
    "count": 3,
    "monthly": 3000,
    "load": {"smActive": 0, "gpuUtil": 0, "memory": 500},
    "cards": {0: WORK},
}


def asked(**said: Any) -> Any:
    return fewer_cards(a_server({**SERVER, **said}), POLICY)


def test_as_many_cards_stay_as_any_pod_used() -> None:
    """A third of three cards: two thirds of the cost."""
    advice = asked()
    assert isinstance(advice, Advice)
    assert (advice.saving.low, advice.saving.high) == (dollars(2000), dollars(2000))
    assert advice.change == Resize("app", (("nvidia.com/gpu", 1),))
    assert asked(container="").change is None
    of_two_pods = asked(replicas=2, pods={1: {}}, cards={0: WORK, 1: WORK})
    assert of_two_pods.proposed == "nvidia.com/gpu: 2"


@pytest.mark.parametrize(
    ("said", "obstacle"),
    [
        ({"toldCards": 2, "deviceHours": 400}, Obstacle.TOO_LITTLE_DATA),
        ({"days": 6}, Obstacle.TOO_LITTLE_DATA),
        ({"cards": {}}, Obstacle.BUSY),
        ({"load": WORK}, Obstacle.BUSY),
        ({"cards": {0: WORK, 1: {"memory": 2049}}}, Obstacle.MEMORY_NEEDED),
        ({"load": {"smActive": 0}, "cards": {0: WORK}}, Obstacle.MEMORY_NEEDED),
        ({"cards": {0: WORK, 1: {"gpuUtil": 5}}}, Obstacle.DOUBTFUL_SIGNAL),
    ],
)
def test_what_speaks_against_it(said: dict[str, Any], obstacle: Obstacle) -> None:
    """Cards that nobody tells of, memory in use or not told, signals that contradict."""
    refusal = asked(**said)
    assert isinstance(refusal, Refused)
    assert refusal.obstacle is obstacle


@pytest.mark.parametrize("said", [{"count": 1}, {"profile": "3g.40gb"}])
def test_it_is_about_several_whole_cards(said: dict[str, Any]) -> None:
    """Nothing is said of one card or of instances."""
    assert asked(**said) is None


def moved(e: ServerEvidence, ago: int) -> ServerEvidence:
    """The same pod names on other cards for so many seconds."""
    loads = (replace(load, card=f"{load.card}-new") if load.hour.start >= END - ago else load for load in e.loads)
    return replace(e, loads=tuple(loads))


def test_a_pod_that_came_back_on_other_cards_used_no_more_of_them() -> None:
    """A StatefulSet's pod keeps its name: what it used counts by where it was, also if it moved within an hour."""
    still = a_server({**SERVER, "count": 2, "load": WORK})
    after = moved(still, 3 * DAY).loads
    of_the_hour = tuple(load for load in still.loads if load.hour.start == END - 3 * DAY)
    for loads in (after, (*after, *of_the_hour)):
        busy = fewer_cards(replace(still, loads=loads), POLICY)
        assert isinstance(busy, Refused)
        assert busy.obstacle is Obstacle.BUSY
    advice = fewer_cards(moved(a_server({**SERVER, "count": 2}), 3 * DAY), POLICY)
    assert isinstance(advice, Advice)
    assert advice.proposed == "nvidia.com/gpu: 1"


@pytest.mark.parametrize("ago", [3 * DAY, 36 * HOUR])
def test_of_every_place_where_a_pod_was_all_cards_are_told(ago: int) -> None:
    """Of the new place only the idle card is: the other one may work."""
    e = moved(a_server({**SERVER, "count": 2, "deviceHours": 200}), ago)
    untold = replace(e, loads=tuple(load for load in e.loads if load.card != "GPU-a-0-0-new"))
    refusal = fewer_cards(untold, POLICY)
    assert isinstance(refusal, Refused)
    assert refusal.obstacle is Obstacle.TOO_LITTLE_DATA
