"""`make demo`, on a control plane of its own."""

from __future__ import annotations

from pathlib import Path

import pytest

from e2e.tests.demonstration.conftest import Player
from e2e.tests.demonstration.printed import masked
from tests.support.expected import expected

EXPECTED = Path(__file__).parent / "expected.txt"


def test_it_prints_what_is_expected_and_leaves_nothing(player: Player) -> None:
    """Nodes, pods, statuses, the table and the difference in this order, on standard output; then the way on."""
    played = player.play("local")
    assert (played.code, played.left) == (0, []), played.progress
    printed = masked(played.results)
    assert printed == expected(EXPECTED, printed)
    assert printed.count("\ndifference 0.000000000\n") == 1
    assert played.progress.splitlines()[-1].endswith("s; nothing is left behind")


@pytest.mark.parametrize("moment", ["installing", "starting the operator"])
def test_ctrl_c_ends_it_with_one_line(player: Player, moment: str) -> None:
    """No process, no file, no result; one line says that it is over, even to somebody who presses the keys twice."""
    played = player.interrupt("local", after=moment, times=2)
    assert (played.code, played.results, played.left) == (130, "", []), played.progress
    assert [line.split("  ")[-1] for line in played.progress.splitlines()[-1:]] == [
        "interrupted; nothing is left behind"
    ]


def test_another_word_is_refused(player: Player) -> None:
    """CLUSTER=curent does not quietly run on another cluster than meant."""
    played = player.play("curent")
    assert (played.code, played.results) == (2, "")
    assert played.progress == "CLUSTER=curent is neither local nor current\n"
