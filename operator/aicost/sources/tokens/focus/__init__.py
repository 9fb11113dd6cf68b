"""FOCUS files as a bill: of Bedrock, Azure OpenAI, Vertex, and whatever else exports one. They are mounted, not fetched."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeAlias

from aicost.core.bills import BillRow
from aicost.core.declarations import FocusFiles, Source
from aicost.core.gaps import Feed
from aicost.core.window import Instant, Window
from aicost.ports import BillReading, Forbidden, Malformed, Unavailable
from aicost.sources.tokens.client import Access
from aicost.sources.tokens.daily import days_of, gap, late, merged, spoiled
from aicost.sources.tokens.focus import files
from aicost.sources.tokens.focus.accounts import account_of
from aicost.sources.tokens.focus.exports import Line
from aicost.sources.tokens.focus.rows import Charges

Stamps: TypeAlias = tuple[tuple[str, int, int], ...]
"""Name, size and time of change of every file."""

BETWEEN = "though files tell of days before and after it: is one missing?"
BEFORE = "though one did: is it missing? Where it was wrong, a row of BilledCost 0 takes its place"


@dataclass(frozen=True, slots=True)
class Before:
    """What was told of a day before: what cost something, with names of the files that told it; its rows; its parts."""

    used: Mapping[Line, frozenset[str]] = field(default_factory=dict)
    rows: tuple[BillRow, ...] = ()
    parts: frozenset[str] = frozenset()


Used: TypeAlias = dict[Instant, Before]


class FocusBill:
    """Reads files anew only when one of them changed."""

    def __init__(self, access: Access) -> None:
        self._root = access.bill_files
        self._read: dict[FocusFiles, tuple[Stamps, Charges]] = {}
        self._used: dict[FocusFiles, Used] = {}

    async def read(self, source: Source, over: Window) -> BillReading:
        """The days from the first charge on, as far as charges reach; a day that is over and lies behind that is a gap, and one between files."""
        if source.focus is None:
            raise ValueError(f"UsageSource {source.name} names no files")
        try:
            charges = await asyncio.to_thread(self._charges, source.focus)
        except (Forbidden, Unavailable, Malformed) as fault:
            return spoiled(source.name, over, (Feed.BILLS,), fault)
        used = self._used.setdefault(source.focus, {})
        return merged(_days(source.name, charges, over, used))

    def _charges(self, of: FocusFiles) -> Charges:
        found = files.matching(self._root, of.path)
        stamps = tuple((path.name, (stat := path.stat()).st_size, stat.st_mtime_ns) for path in found)
        known = self._read.get(of)
        if known is None or known[0] != stamps:
            known = self._read[of] = stamps, _counted(found, of)
        return known[1]


def _counted(found: Sequence[Path], of: FocusFiles) -> Charges:
    charges = Charges(dict(of.tags), of.services, of.exports)
    for path in sorted(found, key=lambda each: each.stat().st_mtime_ns):
        for row in files.rows(path):
            charges.add(row, account_of(path))
    return charges


def _days(source: str, charges: Charges, over: Window, used: Used) -> Iterator[BillReading]:
    """Before the first charge nothing was bought, as far as the files tell; the last day of the window is not over.

    `used` is what was told before: where the files that told it are gone, its lack is not taken for nothing.
    """
    for day in days_of(over):
        if message := charges.spoiled.get(day.start):
            yield BillReading(gaps=(gap(source, Feed.BILLS, day, Malformed(message)),))
        elif charges.reach is None or day.start >= charges.reach:
            yield BillReading(gaps=(late(source, Feed.BILLS, day, charges.reach),) if day.end < over.end else ())
        elif charges.first is not None and day.start >= charges.first:
            if lacking := _lacking(charges, day, used.get(day.start, Before())):
                yield _untold(source, day, *lacking)
            else:
                cost = {line: names for line, names in charges.used(day).items() if names}
                used[day.start] = Before(cost, charges.day(source, day).rows, charges.parts(day))
                yield _told(source, day, charges)


def _lacking(charges: Charges, day: Window, before: Before) -> tuple[str, str] | None:
    """What no file tells of on a day, and why it should."""
    if not charges.tells(day):
        return "it", BETWEEN
    if hole := charges.hole(day):
        return f"{hole} on it", BETWEEN
    reaching, told = charges.reaching(day), charges.used(day)
    gone = min((line for line, names in before.used.items() if line not in told and not names & reaching), default=None)
    if gone:
        return f"{gone[0] or 'a service without a name'} on it", BEFORE
    part = min(before.parts - charges.files, default=None)
    if part and charges.day("", day).rows != before.rows:  # else it has another name now
        return f"what {part} told of it", BEFORE
    return None


def _told(source: str, day: Window, charges: Charges) -> BillReading:
    """A service that is charged later than others leaves a gap, so that its lack does not look like nothing."""
    slow = charges.late(day) if charges.reach is not None and day.end <= charges.reach else {}
    gaps = tuple(late(source, Feed.BILLS, day, until, f"charges of {service}") for service, until in slow.items())
    return BillReading(days=(charges.day(source, day),), gaps=gaps)


def _untold(source: str, day: Window, what: str, why: str) -> BillReading:
    return BillReading(gaps=(gap(source, Feed.BILLS, day, Unavailable(f"no file tells of {what}, {why}")),))
