"""Gaps: data known to be missing, as values with a reason that reaches the user. Missing is never zero."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from aicost.core.declarations import Workload
from aicost.core.identity import WorkloadRef
from aicost.core.reasons import GapReason
from aicost.core.window import Instant


class Feed(StrEnum):
    """What kind of data is missing. Without the first or the last, cost itself is incomplete."""

    GPU = "gpu"
    USAGE = "usage"
    BILLS = "bills"


@dataclass(frozen=True, slots=True)
class Gap:
    """Something missing: since when, how much (`24.00 card hours`), and whom it concerns.

    `workload`, `unit` or `source` name the one concerned; with none of them it concerns everybody who uses the feed.
    """

    reason: GapReason
    feed: Feed
    since: Instant
    message: str
    quantity: str = ""
    workload: WorkloadRef | None = None
    unit: str | None = None
    source: str | None = None

    @property
    def hides_cost(self) -> bool:
        """Whether a total may be too small because of it."""
        return self.feed is not Feed.USAGE

    def concerns(self, workload: Workload) -> bool:
        """Whether the workload should be told."""
        if self.workload or self.unit:
            return self.workload == workload.ref
        if self.source:
            return any(claim.source == self.source for claim in workload.usage)
        return workload.pods is not None
