"""Who hears which advice."""

from __future__ import annotations

from dataclasses import replace

import pytest

from aicost.core.declarations import Declarations
from aicost.core.recommendations.advice import Obstacle, Refused
from aicost.core.window import Instant
from aicost.core.wishes import Ignored, RightSizing
from aicost.reconcile.hearing import hearing
from tests.support.advising import ADVICE
from tests.support.builders import a_unit, a_workload, at

NOW = Instant(at(0))
REFUSED = Refused(ADVICE.lever, ADVICE.target, Obstacle.BUSY, "", ADVICE.evidence)
HIGH = ADVICE.saving.high


@pytest.mark.parametrize(
    ("wishes", "told"),
    [
        (RightSizing(), (True, True)),
        (RightSizing(wanted=False), (False, False)),
        (RightSizing(ignored=(Ignored(ADVICE.id),)), (False, True)),
        (RightSizing(ignored=(Ignored(ADVICE.id, NOW), Ignored("other"))), (True, True)),
        (RightSizing(minimum_nanos=HIGH), (True, True)),
        (RightSizing(minimum_nanos=HIGH + 1), (False, True)),
    ],
    ids=["all", "off", "silenced", "no longer silenced", "as much", "too little"],
)
def test_a_workload_hears_what_it_wishes(wishes: RightSizing, told: tuple[bool, bool]) -> None:
    """Of what is refused it hears unless it wants nothing."""
    workload = replace(a_workload("chat", app="chat"), right_sizing=wishes)
    hears = hearing(Declarations((workload,), (a_unit("care", "support"),)), NOW, NOW)
    assert (hears(workload.ref, ADVICE), hears(workload.ref, REFUSED)) == told
