"""FOCUS files as a bill: of Bedrock, Azure OpenAI, Vertex, and whatever else exports one. They are mounted, not fetched."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

from aicost.core.billed_files import ToldDay, last_used
from aicost.core.declarations import FocusFiles, Source
from aicost.core.gaps import Feed
from aicost.core.window import Instant, Window
from aicost.ports import BillReading, Forbidden, Malformed, Unavailable
from aicost.sources.tokens.client import Access
from aicost.sources.tokens.daily import days_of, gap, late, merged, spoiled
from aicost.sources.tokens.focus import files
from aicost.sources.tokens.focus.accounts import account_of
from aicost.sources.tokens.focus.gone import There, missed
from aicost.sources.tokens.focus.invoices import comparable, told_otherwise
from aicost.sources.tokens.focus.lateness import Charged, awaited
from aicost.sources.tokens.focus.rewritten import Rewritten
from aicost.sources.tokens.focus.rows import Charges
from aicost.sources.tokens.focus.stale import Stale
from aicost.sources.tokens.focus.stamps import called, named_now, since, stamp, written

BETWEEN = "though files tell of days before and after it: is one missing?"
BEFORE = "though one did: {} Where it was wrong, a row of BilledCost 0 takes its place in a file of that name"
MISSING, TAKEN = "is {} missing?", "{} holds something else now: put what it held back, under a name of its own."
OTHERWISE = "the same is told of another billing account or billing period: where only that is written otherwise, put nothing back. Else: "
TWICE = (
    "other parts of the export of {} tell what it tells, or just as much, since they were written. Look at which files the newest run "
    "wrote: if it is left from an earlier one, remove it, or it would be charged twice. Remove nothing that the newest run wrote: to "
    "such a part add a row of BilledCost 0, by which it is known to be of that run"
)
LAST_COUNTS = "; where each file holds the month so far, focusFile.exports: MonthToDate says that the last one counts"


@dataclass(frozen=True, slots=True)
class _Read:
    """What was read of files, each with its size and time, by which it is read anew, and its stamp."""

    there: Mapping[str, tuple[int, int]]
    stamps: Mapping[str, str]
    charges: Charges

    def told(self, day: Window) -> ToldDay:
        """What is remembered of a day."""
        files = {file: self.stamps[file] for file in self.charges.files(day)}
        return ToldDay.of(day.start, files, self.charges.shares(day.start))


class FocusBill:
    """Reads files anew only when one of them changed; what they told of each day is remembered, over restarts too."""

    def __init__(self, access: Access) -> None:
        self._root = access.bill_files
        self._kept = access.files_told
        self._read: dict[FocusFiles, _Read] = {}
        self._before: dict[str, dict[Instant, ToldDay]] = {}

    async def read(self, source: Source, over: Window) -> BillReading:
        """The days from the first charge on, as far as charges reach; a day that is over and lies behind that is a gap, and one between files."""
        if source.focus is None:
            raise ValueError(f"UsageSource {source.name} names no files")
        try:
            return await asyncio.to_thread(self._reading, source.name, source.focus, over)
        except (Forbidden, Unavailable, Malformed) as fault:
            return spoiled(source.name, over, (Feed.BILLS,), fault)

    def _reading(self, source: str, of: FocusFiles, over: Window) -> BillReading:
        before = self._remembered(of)
        read = self._files(of, before)
        days = list(_days(source, read, over, named_now(before, read.stamps)))
        self._remember(of, [told for _, told in days if told], over.start)
        return merged(reading for reading, _ in days)

    def _files(self, of: FocusFiles, before: Mapping[Instant, ToldDay]) -> _Read:
        found = files.matching(self._root, of.path, of.exports)
        there = {str(path): files.size_and_time(path) for path in found}
        known = self._read.get(of)
        if known is None or known.there != there:
            now = {str(path): stamp(files.digest(path), there[str(path)][1]) for path in found}
            stamps = since(named_now(before, now).values(), now)
            try:
                charges = _counted(found, stamps, of)
            finally:
                files.refuse_changed(there)
            known = self._read[of] = _Read(there, stamps, charges)
        return known

    def _remembered(self, of: FocusFiles) -> Mapping[Instant, ToldDay]:
        account = _account(of)
        if account not in self._before:
            try:
                told = self._kept.files_told(account) if self._kept else ()
            except (Forbidden, Unavailable, Malformed) as fault:
                raise Unavailable(f"what files told before is not known: {fault}") from fault
            self._before[account] = {day.day: day for day in told}
        return self._before[account]

    def _remember(self, of: FocusFiles, told: Iterable[ToldDay], since: Instant) -> None:
        """Before anybody hears of it: what is in the ledger's entries was remembered, whenever the operator ends."""
        account = _account(of)
        before = self._before[account]
        changed = {day.day: day for day in told if before.get(day.day) != day}
        if changed and self._kept:
            try:
                self._kept.tell_files(account, changed.values(), since)
            except (Forbidden, Unavailable, Malformed) as fault:
                raise Unavailable(f"what files tell cannot be remembered: {fault}") from fault
        self._before[account] = {at: day for at, day in {**before, **changed}.items() if at >= since}


def _account(of: FocusFiles) -> str:
    return json.dumps([of.path, sorted(of.services)])


def _counted(found: Sequence[Path], stamps: Mapping[str, str], of: FocusFiles) -> Charges:
    charges = Charges(dict(of.tags), of.services, of.exports)
    with files.database() as connection:
        for path in sorted(found, key=lambda each: written(stamps[str(each)])):
            account, file = account_of(path), str(path)
            for row in files.rows(path, connection):
                charges.add(row, account, file)
    return charges


def _days(
    source: str, read: _Read, over: Window, before: Mapping[Instant, ToldDay]
) -> Iterator[tuple[BillReading, ToldDay | None]]:
    """Before the first charge nothing was bought, as far as the files tell; the last day of the window is not over.

    With each day that is told what is remembered of it. `before` is that of days before: where the files that told it are
    gone, its lack is not taken for nothing.
    """
    charges, gone = read.charges, _gone(read.charges, before)
    before, now = comparable(before, cache(charges.shares))
    stale = Stale(read.stamps, charges.tellers, now, before)
    left = stale.parts()
    before = Rewritten(read.stamps, charges.tellers, now).apart(stale.missed_no_more(left))
    there = There(read.stamps, charges.tellers, charges.exports, before.values(), now)
    for day in days_of(over):
        if message := charges.spoiled.get(day.start):
            yield BillReading(gaps=(gap(source, Feed.BILLS, day, Malformed(message)),)), None
        elif charges.reach is None or day.start >= charges.reach:
            yield BillReading(gaps=(late(source, Feed.BILLS, day, charges.reach),) if day.end < over.end else ()), None
        elif charges.first is not None and day.start >= charges.first:
            told = read.told(day)
            if twice := min(left & told.telling, default=""):
                yield BillReading(gaps=(gap(source, Feed.BILLS, day, Malformed(TWICE.format(Path(twice).name))),)), None
            elif lacking := _lacking(charges, there, day, told.files, before.get(day.start)):
                yield _untold(source, day, *lacking), None
            else:
                yield _told(source, day, charges, gone), told


def _gone(charges: Charges, before: Mapping[Instant, ToldDay]) -> Mapping[str, Instant]:
    """Services of which no file tells any more, and that may be charged yet: until when they were."""
    gone = (
        Charged(service, until, charges.reach_of(by) or until)
        for service, (until, by) in last_used(before.values()).items()
        if not charges.charged(service)
    )
    return awaited(gone, charges.reach or Instant(0))


def _lacking(
    charges: Charges, there: There, day: Window, files: Mapping[str, str], before: ToldDay | None
) -> tuple[str, str] | None:
    """What no file tells of on a day, and why it should."""
    if not charges.tells(day):
        return "it", BETWEEN
    if hole := charges.hole(day):
        return f"{hole} on it", BETWEEN
    lacks = before and missed(before, ToldDay.of(day.start, files, there.now(day.start)), there)
    if not lacks or not before:
        return None
    named = lacks.charge.service or "a service without a name"
    told = charges.tellers(lacks.charge.anywhere, day.start)
    file = min(lacks.files)
    name, why = Path(called(file)).name, MISSING if called(file) == file else TAKEN
    counted = LAST_COUNTS * (not charges.exports)
    otherwise = OTHERWISE * told_otherwise(lacks.charge, before.shares, there.now(day.start))
    what = f"what {called(file)} told of it" if told else f"{named} on it"
    return what, BEFORE.format(otherwise + why.format(name)) + counted


def _told(source: str, day: Window, charges: Charges, gone: Mapping[str, Instant]) -> BillReading:
    """A service that is charged later than others leaves a gap, so that its lack does not look like nothing."""
    over, account = charges.reach is not None and day.end <= charges.reach, charges.day(source, day)
    behind = {service: until for service, until in gone.items() if until < day.end}
    slow = {**behind, **charges.late(day)} if over else {}
    gaps = tuple(late(source, Feed.BILLS, day, until, f"charges of {service}") for service, until in slow.items())
    return BillReading(days=(replace(account, whole=account.whole and not slow),), gaps=gaps)


def _untold(source: str, day: Window, what: str, why: str) -> BillReading:
    return BillReading(gaps=(gap(source, Feed.BILLS, day, Unavailable(f"no file tells of {what}, {why}")),))
