"""Which months are closed, and the closing of one: by its schedule, or because somebody asked."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field

from aicost.core.closing import Check, Closing, is_due
from aicost.core.window import Instant, Period, Window
from aicost.ports import Ledger, Unavailable
from aicost.reconcile.facts import open_window

logger = logging.getLogger(__name__)
NEVER = Instant(0)


@dataclass(slots=True)
class Months:
    """The closed months of a ledger, which are restored from it. `backups` copies of the ledger are kept, one a closing."""

    ledger: Ledger
    close_day: int
    backups: int = 0
    closings: tuple[Closing, ...] = field(default=())

    def restore(self) -> None:
        """Learn from the ledger which months are closed."""
        self.closings = self.ledger.closings()

    @property
    def closed_until(self) -> Instant:
        """The end of the last closed month."""
        return max((closing.period.window.end for closing in self.closings), default=NEVER)

    def closing(self, period: Period) -> Closing | None:
        """The closing of a month, if it is closed."""
        return next((closing for closing in self.closings if closing.period == period), None)

    def covers(self, day: Window) -> bool:
        """Whether a day is of a closed month."""
        return self.closing(Period.of(day.start)) is not None

    def open(self, until: Instant, settled: Instant | None) -> Window:
        """The time that is evaluated up to an instant."""
        return open_window(until, self.close_day, settled, self.closed_until)

    def oldest(self) -> Period | None:
        """The oldest month that has entries and is not closed."""
        earliest = self.ledger.earliest(self.closed_until)
        return None if earliest is None else Period.of(earliest)

    def due(self, until: Instant, settled: Instant) -> Period | None:
        """The month that the schedule closes now, if any."""
        if self.closed_until >= Period.of(until).window.start:
            return None
        oldest = self.oldest()
        return oldest if oldest and is_due(oldest, self.close_day, until, settled) else None

    def close(
        self, period: Period, at: Instant, by: str, checks: tuple[Check, ...], accounts: tuple[str, ...]
    ) -> Closing:
        """Close a month for good, then copy the ledger. Without a copy it is closed all the same, and the log says so."""
        left = tuple(f"{check.reason}: {check.message}" for check in checks if check.blocks)
        closing = self.ledger.close_month(period, at, by, left, accounts)
        self.closings = self.ledger.closings()
        logger.info("closed %s for %s with %d open points, digest %s", period, by, len(left), closing.digest)
        try:
            if copy := self.ledger.back_up(period, self.backups):
                logger.info("the ledger was copied to %s", copy)
        except Unavailable:
            logger.exception("%s is closed, and no back-up was made", period)
        return closing
