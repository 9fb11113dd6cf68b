"""Which months are closed, and the closing of one: by its schedule, or because somebody asked."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace

from aicost.core.bills import BillDay, dividers
from aicost.core.closing import SCHEDULE, Check, Closing, Month, Outcome, check_list, is_due, refusal
from aicost.core.coverage import Coverage, union
from aicost.core.declarations import Source
from aicost.core.holes import KEPT_OPEN
from aicost.core.ledger import Component, Entry
from aicost.core.ownership import Ownership
from aicost.core.refining import Keys
from aicost.core.window import DAY, Instant, Period, Window
from aicost.ports import Forbidden, Ledger, Malformed, Unavailable
from aicost.reconcile.facts import open_window
from aicost.reconcile.filled import Filled, learnt
from aicost.reconcile.restated import ClosedMonth

logger = logging.getLogger(__name__)
NEVER = Instant(0)


@dataclass(frozen=True, slots=True)
class Request:
    """That somebody asks to close a month, or only what speaks against it; `force`: also with what is open."""

    period: Period
    by: str
    at: Instant
    dry_run: bool = False
    force: bool = False


@dataclass(slots=True)
class Months:
    """The closed months of a ledger, which are restored from it. `backups` copies of the ledger are kept, one a closing."""

    ledger: Ledger
    close_day: int
    backups: int = 0
    closings: tuple[Closing, ...] = field(default=())
    _divided: dict[Period, Mapping[str, Keys]] = field(default_factory=dict)

    def restore(self) -> None:
        """Learn from the ledger which months are closed, and copy it if the last process died before it could."""
        self.closings = self.ledger.closings()
        if self.closings:
            self._back_up(self.closings[-1].period, again=False)

    @property
    def closed_until(self) -> Instant:
        """The end of the last closed month."""
        return max((closing.period.window.end for closing in self.closings), default=NEVER)

    def closing(self, period: Period) -> Closing | None:
        """The closing of a month, if it is closed."""
        return next((closing for closing in self.closings if closing.period == period), None)

    def late(self, days: Iterable[BillDay]) -> tuple[BillDay, ...]:
        """Those of the days that are of closed months."""
        return tuple(day for day in days if self.closing(Period.of(day.day.start)))

    def restated(
        self, days: Iterable[BillDay], sources: Iterable[Source], owned: Callable[[Instant], Ownership]
    ) -> list[ClosedMonth]:
        """What the ledger has of these days of closed months, and which sources bill what these hold.

        `owned` says who owned what as it was known at an instant.
        """
        found, declared, read = [], tuple(sources), tuple(days)
        for period in sorted({Period.of(day.day.start) for day in read}):
            closing = self.closing(period)
            accounts, at = (closing.accounts, closing.at) if closing else ((), NEVER)
            names = frozenset(source.name for source in declared if source.account in accounts)
            among = union(day.day for day in read if Period.of(day.day.start) == period)
            entries = tuple(entry for over in among for entry in self.ledger.entries(over, Component.TOKENS))
            booked, owners = self.ledger.corrections(period), owned(at)
            refined = any(owners.dividing.refiners(day) for day in period.window.pieces(DAY))
            divided_by = self._divided_by(period) if refined else {}
            found.append(ClosedMonth(period, names, entries, booked, owners, divided_by))
        return found

    def _divided_by(self, period: Period) -> Mapping[str, Keys]:
        """By which sources keys divided in a closed month, day by day; it never changes, so it is read once."""
        if period not in self._divided:
            days = (self.ledger.entries(day, Component.TOKENS) for day in period.window.pieces(DAY))
            told = (dividers((entry.origin.key, entry) for entry in entries) for entries in days)
            self._divided = {**self._divided, period: {on: keys for of in told for on, keys in of.items()}}
        return self._divided[period]

    def learnt(self, of: Filled, owned: Callable[[Instant], Ownership], until: Instant) -> tuple[Entry, ...]:
        """The corrections that the month of `until` holds because of what became known of a closed month."""
        entries = (entry for part in of.hours for entry in self.ledger.entries(part, Component.GPU))
        return learnt(of, entries, self.ledger.corrections(of.period), owned(of.at), until)

    def kept_open(self, until: Instant) -> tuple[Closing, ...]:
        """The closings whose holes are still asked for, oldest first."""
        return tuple(closing for closing in self.closings if until - closing.at <= KEPT_OPEN)

    def unfilled(self, until: Instant, covered: Coverage) -> Coverage:
        """What of the months that were closed a short while before may still be told, oldest first."""
        return tuple(part for closing in self.kept_open(until) if closing.holes for part in closing.holes.left(covered))

    def remembered(self, until: Instant, settled: Instant | None) -> Window:
        """The time of which devices are needed: what is open, and the months whose holes may still be filled."""
        over = self.open(until, settled)
        starts = (closing.period.window.start for closing in self.kept_open(until) if closing.holes)
        return Window(min(over.start, *starts, over.start), until)

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

    def asked(self, request: Request, until: Instant, look: Callable[[Period], Month]) -> Outcome:
        """Close the month that somebody asks for, if that can be. Raises Malformed where it never can."""
        period = request.period
        if before := self.closing(period):
            return Outcome(period, closing=before, before=True)
        if why := refusal(period, self.oldest(), until):
            raise Malformed(why)
        month = look(period)
        outcome = Outcome(period, check_list(month))
        if request.dry_run or not (outcome.clean or request.force):
            return outcome
        return replace(outcome, closing=self._close(month, request.at, request.by, outcome.checks))

    def close_due(self, until: Instant, settled: Instant, at: Instant, look: Callable[[Period], Month]) -> None:
        """Close what the schedule says, the oldest month first. What the ledger does not take is tried again."""
        try:
            while period := self.due(until, settled):
                month = look(period)
                self._close(month, at, SCHEDULE, check_list(month))
        except (Unavailable, Forbidden) as problem:
            logger.error("a month that is due was not closed, it is tried again: %s", problem)  # noqa: TRY400 # expected: no traceback

    def _close(self, month: Month, at: Instant, by: str, checks: tuple[Check, ...]) -> Closing:
        """Close a month for good, then copy the ledger. Without a copy it is closed all the same, and the log says so."""
        period, left = month.period, tuple(f"{check.reason}: {check.message}" for check in checks if check.blocks)
        accounts = tuple(source.account for source in month.sources)
        closing = self.ledger.close_month(period, at, by, left, accounts, month.issued, month.holes)
        self.closings = self.ledger.closings()
        logger.info("closed %s for %s with %d open points, digest %s", period, by, len(left), closing.digest)
        self._back_up(period, again=True)
        return closing

    def _back_up(self, period: Period, *, again: bool) -> None:
        try:
            if copy := self.ledger.back_up(period, self.backups, again=again):
                logger.info("the ledger was copied to %s", copy)
        except Unavailable:
            logger.exception("%s is closed, and no back-up was made", period)
