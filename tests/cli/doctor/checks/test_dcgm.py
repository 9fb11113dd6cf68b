"""Which signals DCGM gives, and whether it names pods, in each of the ways that clusters scrape it."""

from __future__ import annotations

import pytest

from aicost.cli.doctor.checks.dcgm import coverage, pods, signals
from aicost.cli.doctor.facts import Fact, Unknown
from aicost.cli.doctor.findings import State
from aicost.core.usage import SIGNALS
from aicost.sources.dcgm_holders import Holders
from tests.cli.doctor.literal import EXPORTER, a_card

MOVED = a_card("GPU-0", exported_namespace="support", exported_pod="chat-0", exported_container="app")
HONOURED = a_card("GPU-0", namespace="support", pod="chat-0", container="app")
IDLE = a_card("GPU-1")
BARE = {"UUID": "GPU-2"}
HOLDERS = Holders([EXPORTER])


@pytest.mark.parametrize(
    ("there", "state", "best"),
    [
        (SIGNALS, State.OK, SIGNALS[0]),
        (SIGNALS[1:], State.OK, SIGNALS[1]),
        (SIGNALS[2:], State.WARN, SIGNALS[2]),
        ((), State.MISSING, "none of"),
    ],
)
def test_the_best_signal_is_named(there: tuple[str, ...], state: State, best: str) -> None:
    """A duty cycle alone is a warning, nothing at all is missing."""
    finding = signals(dict.fromkeys(there, 1))
    assert finding.state is state
    assert best in finding.found


def test_labels_that_were_moved_name_pods() -> None:
    """`exported_pod` is the workload's, the idle card has only the exporter's own."""
    finding = pods([MOVED, IDLE], HOLDERS, 1)
    assert finding.state is State.OK
    assert finding.found == (
        "1 of 2 cards name their pod as exported_pod (honor_labels: false); 1 carry no pod but the exporter's own"
    )


def test_labels_that_were_honoured_name_pods_too() -> None:
    """And the idle card, whose series falls back to the exporter's pod, is not taken for held."""
    assert pods([HONOURED, IDLE], HOLDERS, 1).found.startswith("1 of 2 cards name their pod in its own labels")


@pytest.mark.parametrize(
    ("held", "state"), [(0, State.OK), (3, State.WARN), (Unknown("no kube-state-metrics"), State.WARN)]
)
def test_no_pod_at_all_is_right_only_where_none_holds_a_card(held: Fact[int], state: State) -> None:
    """Series without any pod label, and those with the exporter's alone, count alike."""
    assert pods([IDLE, BARE], HOLDERS, held).state is state


def test_a_card_with_two_series_counts_once() -> None:
    """A card that changed hands has two for five minutes; MIG instances are cards of their own."""
    other = {**MOVED, "exported_pod": "chat-1"}
    assert pods([MOVED, other, IDLE], HOLDERS, 1).found.startswith("1 of 2 cards")
    slices = [{**MOVED, "GPU_I_ID": str(number)} for number in (1, 2)]
    assert pods(slices, HOLDERS, 1).found.startswith("2 of 2 cards")


@pytest.mark.parametrize(("shown", "there", "state"), [(8, 8, State.OK), (8, 16, State.WARN), (8, 0, State.OK)])
def test_cards_that_no_exporter_shows_are_counted(shown: int, there: int, state: State) -> None:
    """More than the nodes have is no fault: Prometheus may scrape other clusters, too."""
    assert coverage(shown, there).state is state
