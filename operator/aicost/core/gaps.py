"""Gaps: data known to be missing, as values with a reason that reaches the user. Missing is never zero."""

from __future__ import annotations

from dataclasses import dataclass

from aicost.core.identity import WorkloadRef
from aicost.core.reasons import GapReason
from aicost.core.window import Instant


@dataclass(frozen=True, slots=True)
class Gap:
    """Something missing: since when, how much (`24 card hours`), and whom it concerns.

    `component` is `gpu`, `usage` or `bills`. With neither `workload` nor `source` it concerns everybody.
    """

    reason: GapReason
    component: str
    since: Instant
    message: str
    quantity: str = ""
    workload: WorkloadRef | None = None
    source: str | None = None

    def concerns(self, workload: WorkloadRef, sources: frozenset[str]) -> bool:
        """Whether the workload, which uses these sources, should be told."""
        if self.workload is not None:
            return self.workload == workload
        return self.source is None or self.source in sources
