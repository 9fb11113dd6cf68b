"""What callers had of metered model servers, day by day: read in the background, kept, and restored from the ledger.

An hour that was read stays read. A meter that is read otherwise than before (another preset, other matchers or labels)
goes on from there: what it told of callers by name stays, and the days of which it named nobody are read anew. A meter
that is gone is read up to its end, and what it told stays.
"""

from __future__ import annotations

import hashlib
import json
import logging
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from aicost.core.coverage import Coverage, missing, union
from aicost.core.declarations import Dimensions, Source
from aicost.core.gaps import Feed, Gap
from aicost.core.reasons import GapReason
from aicost.core.recharge import MeteredDay
from aicost.core.usage import CallerUse, Served
from aicost.core.window import DAY, HOUR, Instant, Window, day_of, floor, window
from aicost.ports import CallerMeter, Forbidden, Malformed, Unavailable

logger = logging.getLogger(__name__)
COVERED = "callers.covered"


@dataclass(frozen=True, slots=True)
class Batch:
    """Uses that wait for the ledger: all that was read of a window of one source, in the place of what was there."""

    source: str
    over: Window
    uses: tuple[CallerUse, ...] = ()


@dataclass(slots=True)
class _Account:
    """What is known of one source: how it is read, the hours that it was read for, and the sums of its days."""

    reading: str
    covered: Coverage = ()
    days: dict[Instant, dict[Dimensions, Served]] = field(default_factory=dict)

    def add(self, uses: Iterable[CallerUse]) -> None:
        """Add hours that were not there before."""
        for use in uses:
            day = self.days.setdefault(day_of(use.hour.start).start, {})
            day[use.dimensions] = day.get(use.dimensions, Served()) + use.served


class CallerRecord:
    """`catch_up` makes one pass over the hours that are missing; `revision` grows with everything that is learnt."""

    def __init__(
        self,
        meter: CallerMeter | None,
        stored: Iterable[CallerUse],
        marks: Mapping[str, str],
        learnt: Callable[[], None],
    ) -> None:
        self._meter = meter
        self._learnt = learnt
        self._gaps: tuple[Gap, ...] = ()
        self._waiting: list[Batch] = []
        self._changed: dict[Instant, int] = {}
        self.revision = 0
        self._accounts = {
            name: _Account(reading, tuple(Window(*pair) for pair in pairs))
            for name, (reading, pairs) in json.loads(marks.get(COVERED, "{}")).items()
        }
        by_source: dict[str, list[CallerUse]] = defaultdict(list)
        for use in stored:
            by_source[use.source].append(use)
        for name, uses in by_source.items():
            if name in self._accounts:
                self._accounts[name].add(uses)

    async def catch_up(
        self, sources: Sequence[Source], over: Window, lateness: int, gone: Iterable[tuple[Source, Instant]] = ()
    ) -> None:
        """Ask for everything missing in the window, once, of hours that are over for `lateness` seconds.

        Of meters that are `gone`, and were read, up to the hour in which each ended.
        """
        before = self.revision, self._gaps
        try:
            self._attend(sources, over)
            hours = window(over.start, floor(Instant(over.end - lateness), HOUR))
            ends = {source: over.end for source in sources if source.meter}
            ends |= {source: until for source, until in gone if source.meter and self._knows(source)}
            self._gaps = await self._pass(ends, hours) if hours else ()
        except Exception:
            logger.exception("reading who called model servers failed by a fault of aicost; it is tried again")
        if (self.revision, self._gaps) != before:
            self._learnt()

    def days(self, over: Window) -> tuple[MeteredDay, ...]:
        """The days of the window that were read, at least in part, by source and day."""
        return tuple(
            MeteredDay(name, day, tuple(account.days.get(day.start, {}).items()))
            for name, account in sorted(self._accounts.items())
            for day in _days(account.covered, over)
        )

    @property
    def metered(self) -> bool:
        """Whether anything is known of any meter."""
        return any(account.covered for account in self._accounts.values())

    def changed_since(self, revision: int) -> Instant | None:
        """The begin of the first day of which something was learnt after a revision."""
        return min((day for day, when in self._changed.items() if when > revision), default=None)

    def gaps(self, sources: Iterable[Source], over: Window) -> tuple[Gap, ...]:
        """What could not be read at the last pass, and meters that no pass has met; for the source and for its server."""
        new = (source for source in sources if source.meter and not self._knows(source))
        pending = (told(source, GapReason.METER_UNAVAILABLE, over, "its meter was not read yet") for source in new)
        return (*self._gaps, *(gap for of in pending for gap in of))

    def unsaved(self) -> tuple[tuple[Batch, ...], Mapping[str, str]]:
        """What waits for the ledger, and how far it reaches."""
        covered = {
            name: [account.reading, [[part.start, part.end] for part in account.covered]]
            for name, account in self._accounts.items()
        }
        return tuple(self._waiting), {COVERED: json.dumps(covered, sort_keys=True)}

    def saved(self, batches: Iterable[Batch]) -> None:
        """The ledger has these."""
        gone = set(map(id, batches))
        self._waiting = [batch for batch in self._waiting if id(batch) not in gone]

    def _attend(self, sources: Iterable[Source], over: Window) -> None:
        """Begin anew with meters that are new or read otherwise; months that are not evaluated any more are dropped."""
        for source in sources:
            if source.meter and not self._knows(source):
                self._begin(source, over)
        for account in self._accounts.values():
            account.covered = tuple(part for part in account.covered if part.end > over.start)
            account.days = {day: sums for day, sums in account.days.items() if day >= over.start}
        self._changed = {day: when for day, when in self._changed.items() if day >= over.start}

    def _knows(self, source: Source) -> bool:
        return source.name in self._accounts and self._accounts[source.name].reading == _reading(source)

    def _begin(self, source: Source, over: Window) -> None:
        """Keep the days of which callers were named, and forget all others."""
        before = self._accounts.get(source.name, _Account(""))
        days = {day: sums for day, sums in before.days.items() if any(sums)}
        parts = (part.overlap(day_of(day)) for day in sorted(days) for part in before.covered)
        kept = self._accounts[source.name] = _Account(_reading(source), union(part for part in parts if part), days)
        self._waiting = [of for of in self._waiting if of.source != source.name or floor(of.over.start, DAY) in days]
        for hole in missing(over, kept.covered):
            self._waiting.append(Batch(source.name, hole))
            self._learn(hole)

    def _learn(self, over: Window) -> None:
        self.revision += 1
        self._changed.update((day_of(part.start).start, self.revision) for part in over.pieces(DAY))

    async def _pass(self, ends: Mapping[Source, Instant], hours: Window) -> tuple[Gap, ...]:
        """Sources that miss the same hours before their ends are read together."""
        alike: dict[Coverage, list[Source]] = defaultdict(list)
        for source, end in ends.items():
            if its := window(hours.start, min(hours.end, floor(Instant(end + HOUR - 1), HOUR))):
                alike[missing(its, self._accounts[source.name].covered)].append(source)
        return tuple([gap for holes, together in alike.items() if holes for gap in await self._fill(together, holes)])

    async def _fill(self, sources: list[Source], holes: Coverage) -> tuple[Gap, ...]:
        chunks = [part for hole in holes for part in hole.pieces(DAY)]
        for number, chunk in enumerate(chunks):
            try:
                uses = await self._read(sources, chunk)
            except (Unavailable, Malformed, Forbidden) as problem:
                if isinstance(problem, Malformed) and len(sources) > 1:  # one source's series spoil its own days only
                    left = tuple(chunks[number:])
                    return tuple([gap for source in sources for gap in await self._fill([source], left)])
                logger.warning("who called model servers in %s could not be read, asked again: %s", chunk, problem)
                message = f"who called the model server in {chunk} is not known: {problem}"
                return tuple(
                    gap for source in sources for gap in told(source, GapReason.METER_UNAVAILABLE, chunk, message)
                )
            for source in sources:
                self._take(source.name, chunk, tuple(use for use in uses if use.source == source.name))
        return ()

    async def _read(self, sources: Sequence[Source], chunk: Window) -> tuple[CallerUse, ...]:
        if self._meter is None:
            raise Unavailable("no Prometheus is configured: set prometheus.url in the chart, AICOST_PROMETHEUS_URL")
        return await self._meter.caller_use(sources, chunk)

    def _take(self, name: str, chunk: Window, uses: tuple[CallerUse, ...]) -> None:
        account = self._accounts[name]
        account.add(uses)
        account.covered = union((*account.covered, chunk))
        self._waiting.append(Batch(name, chunk, uses))
        self._learn(chunk)


def told(source: Source, reason: GapReason, since: Window, message: str) -> tuple[Gap, ...]:
    """A gap of a meter twice: for the source with those who claim from it, and for the server."""
    if source.meter is None:
        return ()
    of_source = Gap(reason, Feed.USAGE, since.start, f"UsageSource {source.name}: {message}", source=source.name)
    of_server = Gap(reason, Feed.USAGE, since.start, of_source.message, workload=source.meter.server)
    return of_source, of_server


def _days(covered: Coverage, over: Window) -> list[Window]:
    """The whole days that the covered parts touch within the window."""
    touched = {
        day_of(piece.start).start for part in covered if (seen := part.overlap(over)) for piece in seen.pieces(DAY)
    }
    return [day_of(start) for start in sorted(touched)]


def _reading(source: Source) -> str:
    """How a meter's series are read, in few characters: what its server's cost is divided by is no part of it."""
    series = source.series
    of = (series.preset, sorted(series.matchers), sorted(series.labels)) if series else ()
    return hashlib.sha256(json.dumps(of).encode()).hexdigest()[:16]
