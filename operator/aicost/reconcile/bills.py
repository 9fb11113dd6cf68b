"""The bill desk: polls every source's bill on its own schedule and keeps each day's last complete account.

One source that is slow or broken delays neither the others nor the evaluation, which takes what lies here.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace

from aicost.core.bills import BillDay
from aicost.core.declarations import BILL, Source
from aicost.core.gaps import Feed, Gap, coalesced
from aicost.core.names import Names
from aicost.core.reasons import GapReason
from aicost.core.usage import UsageRow
from aicost.core.window import DAY, HOUR, Instant, Period, Window, day_of, floor
from aicost.ports import BillReader, BillReading, Clock

logger = logging.getLogger(__name__)
FIRST_RETRY = 120.0
"""Seconds from a reading that failed to the next; each further failure doubles them, up to the poll interval."""
LONGEST_REST = DAY
"""So many seconds a provider is left alone at most, whatever it asks for: else one wrong header would end all reading."""
FOLLOWS = 6
"""So many hours after its end a day whose bill was seen before still follows what was used: no provider promises how soon."""
_FAILED = frozenset(
    (
        GapReason.BILL_UNAVAILABLE,
        GapReason.BILL_MALFORMED,
        GapReason.CREDENTIAL_INVALID,
        GapReason.URL_REFUSED,
    )
)


@dataclass(slots=True)
class _Account:
    """What is known of one source's bill."""

    source: Source
    begun: float = 0.0
    wait: float = 0.0
    failures: int = 0
    days: dict[Instant, BillDay] = field(default_factory=dict)
    usage: dict[Instant, tuple[UsageRow, ...]] = field(default_factory=dict)
    gaps: tuple[Gap, ...] = ()
    names: Mapping[tuple[str, str], str] = field(default_factory=dict)
    learnt: dict[Instant, int] = field(default_factory=dict)
    """The desk's revision with which each day was last told otherwise than before."""
    accounts: frozenset[str] = frozenset()
    """What tells, for this process, that another source reads the same account."""

    def forget(self, before: Instant) -> None:
        """Drop days that are asked for no more, and are of no month that may be open: the ledger has them."""
        self.days = {at: day for at, day in self.days.items() if at >= before}
        self.usage = {at: rows for at, rows in self.usage.items() if at >= before}
        self.learnt = {at: revision for at, revision in self.learnt.items() if at >= before}

    def pace(self, poll: float, rest: float) -> None:
        """Set how long to wait after this reading began: the poll interval, or less if something of it failed.

        It is never less than `rest`, for which the provider asked.
        """
        self.failures = self.failures + 1 if any(gap.reason in _FAILED for gap in self.gaps) else 0
        wait = min(poll, FIRST_RETRY * 2 ** (self.failures - 1)) if self.failures else poll
        self.wait = max(wait, min(rest, LONGEST_REST))


class BillDesk:
    """Reads bills in the background; `revision` grows with everything that is learnt."""

    def __init__(
        self,
        readers: Mapping[tuple[str, str], BillReader],
        clock: Clock,
        *,
        poll: float,
        days: int,
        learnt: Callable[[], None],
    ) -> None:
        self._readers = readers
        self._clock = clock
        self._poll = poll
        self._days = days
        self._learnt = learnt
        self._accounts: dict[str, _Account] = {}
        self._polls: dict[str, asyncio.Task[None]] = {}
        self.revision = 0

    def attend(self, sources: tuple[Source, ...], loop_time: float) -> None:
        """Start the polls that are due for these sources; forget the sources that are gone or changed.

        A source whose type or role this version does not read is never polled: all that is known of it is that gap.
        """
        self.keep(sources)
        for name, source in {source.name: source for source in sources}.items():
            account = self._accounts.get(name)
            if account is None or _reads_otherwise(account.source, source):
                self._forget(name)
                account = self._accounts[name] = _Account(source, gaps=(self._pending(source),))
            account.source = source
            if self._reads(source) and name not in self._polls and loop_time >= account.begun + account.wait:
                account.begun = loop_time
                self._polls[name] = asyncio.create_task(self._read(account), name=f"bill of {name}")

    def keep(self, sources: Iterable[Source]) -> None:
        """Forget all other sources, and give up their polls."""
        for name in self._accounts.keys() - {source.name for source in sources}:
            self._forget(name)

    async def settle(self) -> None:
        """Wait until no poll is under way."""
        while self._polls:
            await asyncio.wait(self._polls.values())

    def close(self) -> None:
        """Give up the polls under way."""
        for poll in self._polls.values():
            poll.cancel()

    def days(self, since: Instant) -> tuple[BillDay, ...]:
        """The last complete account of each source's days that begin at or after an instant."""
        return tuple(
            day for _, a in sorted(self._accounts.items()) for at, day in sorted(a.days.items()) if at >= since
        )

    def learnt_since(self, revision: int) -> frozenset[Instant]:
        """The begins of the days of which anything was learnt after a revision: of all known ones after none."""
        return frozenset(at for a in self._accounts.values() for at, learnt in a.learnt.items() if learnt > revision)

    def rows(self, at: Instant) -> int:
        """How many rows of bills and usage the day has that begins at an instant."""
        accounts = self._accounts.values()
        return sum((len(a.days[at].rows) if at in a.days else 0) + len(a.usage.get(at, ())) for a in accounts)

    def used(self, source: str, at: Instant) -> tuple[UsageRow, ...] | None:
        """What was used at a source on the day that begins at an instant; None where that was not read."""
        account = self._accounts.get(source)
        return account.usage.get(at) if account else None

    def usage(self, on: Collection[Instant]) -> tuple[UsageRow, ...]:
        """What was used on the days that begin at these instants."""
        accounts = sorted(self._accounts.items())
        return tuple(row for _, a in accounts for at, rows in sorted(a.usage.items()) if at in on for row in rows)

    def usage_days(self, on: Collection[Instant]) -> frozenset[tuple[str, Window]]:
        """Those days, by source: also days on which nothing was used, as far as that was read."""
        return frozenset((name, day_of(at)) for name, a in self._accounts.items() for at in a.usage if at in on)

    def gaps(self) -> tuple[Gap, ...]:
        """What could not be read at the last poll of each source."""
        return tuple(gap for _, account in sorted(self._accounts.items()) for gap in account.gaps)

    def accounts(self) -> Mapping[str, frozenset[str]]:
        """What each source is recognised by, if another one reads the same account."""
        return {name: account.accounts for name, account in self._accounts.items()}

    def names(self) -> Names:
        """What sources call what they have ids of, as far as that was read since the start."""
        accounts = sorted(self._accounts.items())
        return {(source, *of): name for source, account in accounts for of, name in account.names.items()}

    def through(self) -> dict[str, Instant]:
        """For each source the end of its last complete day that is over."""
        today = floor(self._clock.now(), DAY)
        ends = {name: [day.day.end for day in a.days.values() if day.whole] for name, a in self._accounts.items()}
        return {name: max(over) for name, of in ends.items() if (over := [end for end in of if end <= today])}

    def _forget(self, name: str) -> None:
        self._accounts.pop(name, None)
        if poll := self._polls.pop(name, None):
            poll.cancel()

    def _reads(self, source: Source) -> bool:
        return (source.type, source.role) in self._readers

    def _pending(self, source: Source) -> Gap:
        since = day_of(self._clock.now()).start
        if self._reads(source):
            message = f"UsageSource {source.name} was not read yet"
            return Gap(GapReason.BILL_PENDING, Feed.BILLS, since, message, source=source.name)
        message = f"UsageSource {source.name} has type {source.type} and role {source.role}, which is not read"
        feed = Feed.BILLS if source.role == BILL else Feed.USAGE  # another role adds no money, so none is missing
        return Gap(GapReason.SOURCE_NOT_EVALUATED, feed, since, message, source=source.name)

    def _fault(self, name: str) -> Gap:
        message = f"reading UsageSource {name} failed by a fault of aicost, which its log tells"
        return Gap(GapReason.BILL_UNAVAILABLE, Feed.BILLS, day_of(self._clock.now()).start, message, source=name)

    async def _read(self, account: _Account) -> None:
        name, rest, time = account.source.name, 0.0, asyncio.get_running_loop().time
        began = time()
        try:
            reader = self._readers[account.source.type, account.source.role]
            asked_at = self._clock.now()
            reading = await reader.read(account.source, self._asked())
            rest = time() - began + reading.rest_s
            days = (_as_of(asked_at, account.days.get(day.day.start), day) for day in reading.days)
            self._learn(account, replace(reading, days=tuple(days)))
        except Exception:
            logger.exception("reading the bill of UsageSource %s failed; it is read again soon", name)
            account.gaps = (self._fault(name),)
            self._learnt()
        finally:
            account.pace(self._poll, rest)
            if self._polls.get(name) is asyncio.current_task():  # else the source changed, and is read by another
                del self._polls[name]

    def _asked(self) -> Window:
        today = day_of(self._clock.now())
        return Window(Instant(today.start - (self._days - 1) * DAY), today.end)

    def _learn(self, account: _Account, reading: BillReading) -> None:
        """Take what was read; where it is what was known, nobody needs to look at a month of rows again."""
        known = account.days, account.usage, account.gaps, account.names
        account.days, account.usage = dict(account.days), dict(account.usage)
        account.days.update({day.day.start: day for day in reading.days})
        usage: dict[Instant, list[UsageRow]] = {day.start: [] for day in reading.usage_days}
        for row in reading.usage:
            usage.setdefault(row.day.start, []).append(row)
        account.usage.update({at: tuple(rows) for at, rows in usage.items()})
        account.gaps = coalesced(reading.gaps)
        account.names = account.names if reading.names is None else reading.names
        account.accounts = reading.accounts or account.accounts
        told = account.days.keys() | account.usage.keys()
        new = (
            at for at in told if (known[0].get(at), known[1].get(at)) != (account.days.get(at), account.usage.get(at))
        )
        account.learnt = {**account.learnt, **dict.fromkeys(new, self.revision + 1)}
        account.forget(Period.of(self._asked().start).window.start)
        if known != (account.days, account.usage, account.gaps, account.names):
            self.revision += 1
            self._learnt()


def _as_of(asked_at: Instant, known: BillDay | None, read: BillDay) -> BillDay:
    """An account that was asked for before its day was over is not whole; one that was seen to grow only once it follows no more."""
    follows = 0 if known is None or known.whole else FOLLOWS * HOUR
    return replace(read, whole=read.whole and read.day.end + follows <= asked_at)


def _reads_otherwise(before: Source, now: Source) -> bool:
    return _reading(before) != _reading(now)


def _reading(source: Source) -> tuple[object, ...]:
    where = source.type, source.role, source.url, source.secret, source.series, source.focus
    return *where, source.projects, source.workspaces
