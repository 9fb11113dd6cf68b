"""One evaluation, on one page: gather what is known, decide, act on the ledger and on statuses.

Everything slow happens elsewhere: watches, bill desk and recorder leave here what they learnt.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from aicost.core.closing import Outcome
from aicost.core.declarations import Declarations
from aicost.core.gaps import Gap
from aicost.core.reasons import GapReason
from aicost.core.rivals import rivals
from aicost.core.statement import Facts
from aicost.core.window import DAY, Instant, Period, Window, floor, rfc3339, window
from aicost.ports import Clock, DeclarationStore, Inventory, Ledger, TokenPriceList
from aicost.reconcile.advice import AdviceDesk
from aicost.reconcile.bills import BillDesk
from aicost.reconcile.callers import CallerRecord
from aicost.reconcile.corrected import corrected
from aicost.reconcile.decide import Decision, Observation, decide, done_until, settled_until
from aicost.reconcile.devices import DeviceRecord
from aicost.reconcile.due import Due
from aicost.reconcile.estimates import estimation_of
from aicost.reconcile.evaluated import EPOCH, Evaluated
from aicost.reconcile.filled import Filled, filled
from aicost.reconcile.hosts import HostRecord
from aicost.reconcile.look import Look
from aicost.reconcile.missing import Reach
from aicost.reconcile.months import Months, Request
from aicost.reconcile.owners import DeclarationRecord
from aicost.reconcile.pacing import Pacing
from aicost.reconcile.publication import Publication
from aicost.reconcile.reached import reached
from aicost.reconcile.recharges import NOT_METERED, Metering
from aicost.reconcile.recorder import Recorder
from aicost.reconcile.refinements import refinement_of
from aicost.reconcile.remembered import Remembered
from aicost.reconcile.stating import Stated, Stating
from aicost.reconcile.stored import finest_days, stored, with_earlier
from aicost.reconcile.unsaved import Records

logger = logging.getLogger(__name__)
DONE = "evaluated.done"


def restored_done(marks: Mapping[str, str]) -> Instant | None:
    """The instant before which all is settled and nothing is missing, as the ledger remembers it."""
    return Instant(int(marks[DONE])) if DONE in marks else None


@dataclass(slots=True)
class Evaluation:
    """Call `run` again and again, never twice at once.

    `done` is the instant before which all is settled and nothing is missing, from the ledger's marks; `facts` are those of
    the last evaluation, for metrics.
    """

    clock: Clock
    store: DeclarationStore
    inventory: Inventory
    record: DeviceRecord
    recorder: Recorder
    desk: BillDesk
    callers: CallerRecord
    hosts: HostRecord
    ledger: Ledger
    publication: Publication
    pacing: Pacing
    owners: DeclarationRecord
    months: Months
    listed: TokenPriceList
    advice: AdviceDesk
    done: Instant | None = None
    facts: Facts | None = None
    remembered: Remembered = field(default_factory=Remembered)
    stating: Stating = field(init=False)
    _due: Due = field(default_factory=Due)
    _last: Evaluated = field(default_factory=Evaluated)
    _stated_on: tuple[object, ...] = ()

    def __post_init__(self) -> None:
        self.stating = Stating(self.ledger, self.desk, self.months, self.listed)

    async def run(self) -> int:
        """Evaluate once; returns how many statuses were written. Raises Unavailable or Forbidden for the ledger."""
        translated, new = self.store.declarations(), 0
        declared = self._as_one(translated.declared)
        while True:  # of bills there may be too many to decide at once
            seen, reach = self._gather(declared)
            decision = await asyncio.to_thread(self._decide, seen)
            new += await self._commit(seen, decision)
            if not self._due.waiting:
                break
        await self._close_due(seen)
        advice = await asyncio.to_thread(self.advice.advise, seen, self.inventory.live(self.advice.sought), reach.bills)
        promises = self.advice.promises.all_of()
        basis = (
            seen.declared,
            seen.gaps,
            seen.revisions,
            reach,
            decision.drafts,
            self.months.closings,
            advice,
            promises,
        )
        if new or self.facts is None or basis != self._stated_on:
            stated = Stated(reach, seen, self._last, self.remembered, advice, promises)
            self.facts = await asyncio.to_thread(self.stating.facts, stated, self.facts)
            self._stated_on = basis
        written = await self.publication.publish(self.facts, translated.invalid, self.clock.now())
        if new or written:
            logger.info("evaluated up to %s: %d new entries, %d statuses", rfc3339(seen.open.end), new, written)
        return written

    async def close(self, period: Period, by: str, *, dry_run: bool, force: bool) -> Outcome:
        """Close a month if its check-list is clean, or all the same; or only ask. Raises Malformed for what cannot be."""
        request = Request(period, by, self.clock.now(), dry_run=dry_run, force=force)
        return await asyncio.to_thread(self.months.asked, request, self._until(), self.look().month)

    async def _close_due(self, seen: Observation) -> None:
        """Close what is due; not before every bill was asked for once since the start."""
        if not any(gap.reason is GapReason.BILL_PENDING for gap in seen.gaps):
            until, settled = seen.open.end, self.done or EPOCH
            await asyncio.to_thread(self.months.close_due, until, settled, self.clock.now(), self.look().month)

    def look(self) -> Look:
        """What is known now of any month, for another thread."""
        declared, over = self.remembered.as_one(self.store.declarations().declared), self._open()
        return Look(
            self.ledger,
            declared,
            covered=self.record.covered,
            lost=self.recorder.lost,
            settled=self.done or EPOCH,
            bills=tuple(sorted(self.desk.through().items())),
            gaps=self._unknown(declared, over),
            lacks=self._last.lacks,
            closings=self.months.closings,
            remembered=self.remembered,
            dividing=self.owners.ownership(over.start).dividing,
        )

    def attend(self, loop_time: float) -> None:
        """Have the bills read that are due."""
        sources = self.store.declarations().declared.sources
        counted = self.remembered.accounts.counted(sources)
        self.desk.attend(tuple(source for source in counted if source.meter is None), loop_time)

    def _as_one(self, declared: Declarations) -> Declarations:
        """What is declared, where nothing is left of sources that read what an elder one reads by another credential."""
        self.remembered = self.remembered.noting(declared.sources, self.desk.accounts())
        self.desk.keep(self.remembered.accounts.counted(declared.sources))
        return self.remembered.as_one(declared)

    async def catch_up(self) -> None:
        """Have the recorder ask once for everything that is missing."""
        over, declared = self._open(), self.store.declarations().declared
        await self.recorder.catch_up(over, self.pacing.lateness, self.months.unfilled(over.end, self.record.covered))
        await self.hosts.catch_up(declared.prices, self.record, over, self.pacing.lateness)
        gone = self.owners.ownership(over.start).dividing.gone
        await self.callers.catch_up(declared.sources, over, self.pacing.lateness, gone)

    def watch(self) -> None:
        """Take the live account of devices, as far as it is complete."""
        until, synced_at = self._open().end, self.inventory.synced_at
        if synced_at is None:
            self.record.unwatched()
        else:
            reached = min(until, synced_at)
            self.record.watched(self.inventory.devices(reached), synced_at, reached)

    def _until(self) -> Instant:
        """Now, in data steps."""
        return floor(self.clock.now(), self.pacing.data_step)

    def _open(self) -> Window:
        """From the oldest month that is still evaluated up to now."""
        return self.months.open(self._until(), self.done)

    def _gather(self, declared: Declarations) -> tuple[Observation, Reach]:
        self.watch()
        over = self._open()
        self.owners.observe(declared, self.clock.now())
        devices, covered = self.record.taken(over)
        changed = declared != self._last.declared
        past_changed = changed or self.record.revision != self._last.devices_revision
        due = self._days_due(declared, over)
        read = [day for day in self.desk.days(EPOCH) if day.day.start in due]
        accounts = self.remembered.accounts
        waiting = accounts.waiting(declared.sources, read)
        told = accounts.told(read, waiting)
        unbilled = accounts.gaps(declared.sources, waiting, over.start)
        settled = max(settled_until(over.end, self.pacing.lateness), over.start)
        since = over.start if past_changed else min(max(self._last.settled, over.start), settled)
        since = min(since, self.record.placements.learnt_from or since)
        learnt = self.hosts.changed_since(self._last.hosts_revision)
        since = since if learnt is None else max(min(learnt, since), over.start)
        seen = Observation(
            declared=declared,
            ownership=self.owners.ownership(over.start),
            devices=devices,
            covered=covered,
            open=over,
            since=since,
            settled=settled,
            due=due,
            bill_days=accounts.days(declared.sources, (day for day in told if day.day.start >= over.start)),
            gone_bills=accounts.gone(declared.sources),
            bills_begin=accounts.begins(),
            late_days=self.months.late(told),
            filled=self._filled(over.end),
            metering=self._metering(declared, over, since),
            gaps=(*rivals(declared.sources), *unbilled, *self._unknown(declared, over)),
            revisions=(self.record.revision, self.desk.revision, self.callers.revision, self.hosts.revision),
        )
        return seen, reached(seen, self.recorder, self.desk, self.pacing)

    def _days_due(self, declared: Declarations, over: Window) -> frozenset[Instant]:
        """The days whose bills are decided now: all in turn, where what decides them was edited."""
        deciding = self.owners.ownership(over.start), declared
        known = self._last.bills_revision if self._last.decides_bills_by(*deciding) else -1
        if known != self.desk.revision:
            settles_after = self.pacing.bill_settles_after
            self._due = self._due.looked(self.desk, declared.sources, known, over.end, settles_after)
        return self._due.portion(self.desk)

    def _filled(self, until: Instant) -> tuple[Filled, ...]:
        """Closed months are looked at again where more may be known of who held what."""
        if self.record.revision == self._last.devices_revision:
            return ()
        return filled(self.months.kept_open(until), self.record.known)

    def _unknown(self, declared: Declarations, over: Window) -> tuple[Gap, ...]:
        """What those who watch and ask know to be missing."""
        asked = (*self.recorder.gaps(), *self.desk.gaps(), *self.hosts.gaps(declared.prices))
        return (*asked, *self.callers.gaps(declared.sources, over))

    def _metering(self, declared: Declarations, over: Window, since: Instant) -> Metering:
        """Days are divided anew where their cost may have changed, or what callers had of them."""
        if declared == self._last.declared and not self.callers.metered:
            return NOT_METERED
        changed = self.callers.changed_since(self._last.callers_revision)
        first = floor(since if changed is None else max(min(changed, since), over.start), DAY)
        return Metering(first, self.callers.days(Window(first, max(over.end, Instant(first + 1)))))

    def _decide(self, seen: Observation) -> Decision:
        days, late = finest_days(self.ledger, seen), seen.late_days
        awaited = estimation_of(seen, self.desk, self.ledger, self.listed, self.pacing.bill_settles_after)
        windows = (day.day for day in awaited.awaited)
        refined = refinement_of(seen.ownership.dividing, self.desk, self.ledger, days, late, windows, self.listed)
        hosts = self.hosts.hours(self.ledger, seen.declared.prices, window(seen.since, seen.open.end))
        seen = replace(seen, bill_days=days, refinement=refined, estimation=awaited, hosts=hosts)
        decision = decide(with_earlier(self.ledger, seen), stored(self.ledger, seen))
        found = corrected(seen, self.months, self.owners, self.pacing.bill_settles_after)
        return replace(decision, entries=(*decision.entries, *found))

    async def _commit(self, seen: Observation, decision: Decision) -> int:
        done = self.hosts.done(seen.declared.prices, seen.covered, done_until(seen))
        remembered = self.remembered.following(seen, self.clock.now())
        records = Records(self.record, self.recorder, self.desk, self.callers, self.hosts, self.owners)
        unsaved = records.unsaved(seen, decision, {**remembered.marks, DONE: str(done)}, self.clock.now())
        new = await asyncio.to_thread(self.ledger.commit, unsaved.addition, self.clock.now())
        records.saved(unsaved)
        self.advice.noticed(unsaved.addition, new)
        self.done, self.remembered = done, remembered
        self._due = self._due.without(seen.due)
        self.stating.follow(seen, decision)
        self.inventory.forget(done)
        self._last = self._last.following(seen, decision)
        return new
