"""Gaps: data known to be missing, as values with a reason that reaches the user. Missing is never zero."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import StrEnum

from aicost.core.declarations import Workload
from aicost.core.identity import WorkloadRef
from aicost.core.reasons import GapReason
from aicost.core.window import Instant

NOTICES = frozenset(
    (GapReason.BUILT_IN_PRICE, GapReason.USAGE_ESTIMATED, GapReason.TIER_UNCERTAIN, GapReason.SIZES_UNKNOWN)
)
"""Reasons of which nothing is missing: an amount is there, and only less certain than it might be."""


class Feed(StrEnum):
    """What kind of data is missing. Without the first or the last, cost itself is incomplete."""

    GPU = "gpu"
    USAGE = "usage"
    BILLS = "bills"


_DECIDES_WHO_PAYS = frozenset({GapReason.METER_UNAVAILABLE, GapReason.NO_HOST_USE})


@dataclass(frozen=True, slots=True)
class Gap:
    """Something missing: since when, how much (`24.00 card hours`), and whom it concerns.

    `workload`, `unit` or `source` name the one concerned; with none of them it concerns everybody who uses the feed.
    `lost` are dimensions that a source could not be split by: all of its cost is there, and claims by these find nothing.
    """

    reason: GapReason
    feed: Feed
    since: Instant
    message: str
    quantity: str = ""
    workload: WorkloadRef | None = None
    unit: str | None = None
    source: str | None = None
    lost: frozenset[str] = frozenset()

    @property
    def hides_cost(self) -> bool:
        """Whether a total may be too small because of it: counts hide none, but some of them decide who pays."""
        if self.is_notice or self.lost:
            return False
        return self.feed is not Feed.USAGE or self.reason in _DECIDES_WHO_PAYS

    @property
    def is_notice(self) -> bool:
        """Whether nothing is missing."""
        return self.reason in NOTICES

    def concerns(self, workload: Workload) -> bool:
        """Whether the workload should be told."""
        if self.workload or self.unit:
            return self.workload == workload.ref
        if self.source:
            matches = (claim.match for claim in workload.usage if claim.source == self.source)
            return any(not self.lost or any(name in self.lost for name, _ in match) for match in matches)
        return workload.pods is not None


def coalesced(gaps: Iterable[Gap]) -> tuple[Gap, ...]:
    """Gaps that differ only in when and in words as one, since the earliest; its quantity counts them if several."""
    alike: dict[Gap, list[Gap]] = {}
    for gap in gaps:
        alike.setdefault(replace(gap, since=Instant(0), message="", quantity=""), []).append(gap)
    return tuple(_one(of) for of in alike.values())


def _one(alike: list[Gap]) -> Gap:
    first = min(alike, key=lambda gap: gap.since)
    if len(alike) == 1:
        return first
    return replace(first, quantity=f"{len(alike)} days", message=f"{first.message} (and {len(alike) - 1} more)")
