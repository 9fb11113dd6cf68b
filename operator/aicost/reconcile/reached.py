"""How far everything reaches at an evaluation: asked of what gathers it."""

from __future__ import annotations

from aicost.core.window import Instant, Period
from aicost.reconcile.bills import BillDesk
from aicost.reconcile.decide import Observation
from aicost.reconcile.missing import Reach
from aicost.reconcile.pacing import Pacing
from aicost.reconcile.recorder import Recorder


def reached(seen: Observation, recorder: Recorder, desk: BillDesk, pacing: Pacing) -> Reach:
    """How far the observation reaches, and what recorder and bill desk know of counts and bills."""
    return Reach(
        until=seen.open.end,
        settled=seen.settled,
        covered=seen.covered,
        counted=recorder.counted_through(Period.of(seen.open.end).window.start),
        bills=desk.through(),
        bill_settles_after=pacing.bill_settles_after,
        late=Instant(seen.open.end - pacing.lateness),
        reading=None if recorder.passed else recorder.progress,
    )
