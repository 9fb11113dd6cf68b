"""Holes of a closed month: of which time nobody had told who held which GPU, and by which prices the month was charged.

They are kept with the closing, so that what is learnt later is charged as if it had been known: edited prices move no
closed month (accounting rules 6, 8).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from aicost.core.coverage import Coverage, missing, union, within
from aicost.core.prices import PriceBook
from aicost.core.window import DAY, HOUR, Period, Window, hour_of

KEPT_OPEN = 35 * DAY
"""Seconds after a closing in which its holes are still asked for: as long as bills are read again."""


@dataclass(frozen=True, slots=True)
class Holes:
    """The parts of a month that were not covered at its closing, sorted and disjoint, and what cards cost by then."""

    parts: Coverage
    prices: PriceBook | None = None

    def __post_init__(self) -> None:
        if not self.parts or union(self.parts) != self.parts:
            raise ValueError(f"holes are sorted and disjoint, and there is one at least: {self.parts}")

    def told_since(self, covered: Coverage) -> Coverage:
        """The whole hours of which something is covered now that was not covered at the closing."""
        told = (part for hole in self.parts for part in within(covered, hole))
        return union(hour_of(piece.start) for part in told for piece in part.pieces(HOUR))

    def left(self, covered: Coverage) -> Coverage:
        """What is still not covered, oldest first."""
        return tuple(part for hole in self.parts for part in missing(hole, covered))


def holes_of(period: Period, covered: Coverage, lost: Iterable[Window], prices: PriceBook | None) -> Holes | None:
    """The holes of a month that is closed now; None where there are none. Nobody can tell of the time that is `lost`."""
    gone = union(lost)
    parts = tuple(part for hole in missing(period.window, covered) for part in missing(hole, gone))
    return Holes(parts, prices and prices.of_cards) if parts else None
