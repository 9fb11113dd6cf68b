"""The recorder: fills in, chunk by chunk and oldest first, what only recorded series can tell.

Devices of the time before the watch, how busy cards were, what model servers counted, how hard both worked. A feed that fails is a gap and
is asked again; the evaluation never waits for it.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field

from aicost.core.coverage import Coverage, Progress, missing, progress, union
from aicost.core.gaps import Feed, Gap
from aicost.core.reasons import GapReason
from aicost.core.usage import CardUse, Observed, PodTokens
from aicost.core.window import DAY, HOUR, Instant, Window, floor, window
from aicost.ports import (
    Account,
    CallerMeter,
    DeviceHistory,
    Forbidden,
    HostMeter,
    LoadSource,
    Malformed,
    PlacementSource,
    TokenMeter,
    Unavailable,
    UtilisationSource,
)
from aicost.reconcile.devices import DeviceRecord
from aicost.reconcile.loads import LoadRecord

logger = logging.getLogger(__name__)
NOTHING_ASKED = Progress(0, 0)
LOST = "devices.lost"


@dataclass(slots=True)
class _Counted:
    """The hours that one feed of observations was asked for."""

    mark: str
    reason: GapReason
    covered: Coverage = ()
    gap: Gap | None = None


@dataclass(frozen=True, slots=True)
class Feeds:
    """What recorded series there are. Histories are asked in order, until one knows the time; `callers` and `hosts` by their records."""

    histories: Sequence[DeviceHistory] = ()
    utilisation: UtilisationSource | None = None
    meter: TokenMeter | None = None
    callers: CallerMeter | None = None
    hosts: HostMeter | None = None
    loads: LoadSource | None = None
    placements: PlacementSource | None = None


@dataclass(slots=True)
class Recorder:
    """`catch_up` makes one pass over everything that is missing; what it observed waits here for the ledger.

    `passed` tells whether a pass was finished since the start, `progress` how many days of the open months were asked
    for who held what: those that the watch tells of are done.
    """

    feeds: Feeds
    record: DeviceRecord
    marks: Mapping[str, str]
    learnt: Callable[[], None]
    passed: bool = False
    progress: Progress = NOTHING_ASKED
    _waiting: list[CardUse | PodTokens] = field(default_factory=list)
    _unknown: Coverage = ()
    _device_gap: Gap | None = None
    _use: _Counted = field(init=False)
    _tokens: _Counted = field(init=False)
    loads: LoadRecord = field(init=False)
    _lost_before: Coverage = field(init=False)

    def __post_init__(self) -> None:
        self._lost_before = _coverage(self.marks.get(LOST, "[]"))
        self._use = self._restored(_Counted("utilisation.covered", GapReason.NO_UTILISATION))
        self._tokens = self._restored(_Counted("tokens.covered", GapReason.NO_TOKEN_COUNTS))
        self.loads = LoadRecord(self.feeds.loads, self.marks)

    def _restored(self, counted: _Counted) -> _Counted:
        counted.covered = _coverage(self.marks.get(counted.mark, "[]"))
        return counted

    @property
    def lost(self) -> Coverage:
        """The time of which no series tells, so that nobody ever will; as it was last told, also by a process before this one."""
        return union((*self._unknown, *self._lost_before))

    async def catch_up(self, over: Window, lateness: int, closed: Coverage = ()) -> None:
        """Ask for everything missing in the window, once; observations only of hours over for `lateness` seconds.

        Then for what is missing of `closed` months, which are no part of the window: that leaves no gap of it.
        """
        before = self._state()
        try:
            await self._pass(over, lateness, closed)
        except Exception:
            logger.exception("reading recorded series failed by a fault of aicost; it is tried again")
        self.passed = True
        if self._state() != before:
            self.learnt()

    async def _pass(self, over: Window, lateness: int, closed: Coverage) -> None:
        self._device_gap = await self._devices(over)
        if self._device_gap is None:
            await self._closed(closed)
        hours = window(over.start, floor(Instant(over.end - lateness), HOUR))
        if hours and self.feeds.utilisation:
            read = self.feeds.utilisation.card_use
            self._use.gap = await self._observe(self._use, hours, read, untold=self._unknown)
        if hours and self.feeds.meter:
            self._tokens.gap = await self._observe(self._tokens, hours, self.feeds.meter.pod_tokens)
        if hours:
            if self.feeds.placements:
                await self.record.placements.catch_up(self.feeds.placements, hours)
            await self.loads.catch_up(hours, self._unknown)

    def gaps(self) -> tuple[Gap, ...]:
        """What could not be had at the last pass."""
        return tuple(gap for gap in (self._device_gap, self._use.gap, self._tokens.gap) if gap)

    def counted_through(self, since: Instant) -> Instant | None:
        """How far observations reach without a hole; None where there are none to ask for.

        Of time of which no series tells who held cards nothing is left to ask about them.
        """
        told = (union((*self._use.covered, *self._unknown)), self._tokens.covered)
        there = (self.feeds.utilisation, self.feeds.meter)
        feeds = [covered for covered, feed in zip(told, there, strict=True) if feed]
        return min((next((w.end for w in covered if since in w), since) for covered in feeds), default=None)

    def unsaved(self) -> tuple[Observed, Mapping[str, str]]:
        """What waits for the ledger, and how far it reaches."""
        observed = Observed(
            card_use=tuple(seen for seen in self._waiting if isinstance(seen, CardUse)),
            pod_tokens=tuple(seen for seen in self._waiting if isinstance(seen, PodTokens)),
        )
        told = {self._use.mark: self._use.covered, self._tokens.mark: self._tokens.covered, LOST: self.lost}
        return observed, {mark: json.dumps([[w.start, w.end] for w in windows]) for mark, windows in told.items()}

    def saved(self, observed: Observed) -> None:
        """The ledger has these."""
        del self._waiting[: len(observed.card_use) + len(observed.pod_tokens)]

    def _state(self) -> tuple[object, ...]:
        covered = self._use.covered, self._tokens.covered, self.loads.covered, self.record.placements.covered
        return self.record.revision, covered, self.gaps()

    async def _devices(self, over: Window) -> Gap | None:
        """Fill the holes of the record, oldest first; the gap that one leaves: later ones have to wait too.

        A gap stands until the pass that closes it is over: evaluations go on meanwhile.
        """
        self.progress = progress(over, self._left(over))
        for unknown in self._left(over):
            for chunk in unknown.pieces(DAY):
                gap = await self._history(chunk)
                self.progress = progress(over, self._left(over))
                if gap:
                    return gap
                logger.info("back-fill of who held which GPU: %s are read", self.progress)
        return None

    async def _closed(self, holes: Coverage) -> None:
        """Fill holes of closed months, oldest first; where one cannot be read the others wait, too."""
        for chunk in (chunk for hole in holes for unknown in self._left(hole) for chunk in unknown.pieces(DAY)):
            if await self._history(chunk):
                return

    def _left(self, over: Window) -> Coverage:
        """What nobody was asked for yet, oldest first."""
        return tuple(part for hole in self.record.needs(over) for part in missing(hole, self._unknown))

    async def _history(self, chunk: Window) -> Gap | None:
        """Take one chunk's account, or leave a gap."""
        try:
            account = await self._told(chunk)
        except (Unavailable, Malformed, Forbidden) as problem:
            logger.warning("the device history of %s could not be read, it is asked for again: %s", chunk, problem)
            message = f"who held which GPU in {chunk} is not known yet ({self.progress} are read): {problem}"
            return Gap(GapReason.NO_POD_HISTORY, Feed.GPU, chunk.start, message)
        if account is not None:
            logger.info("read the device history of %s: %d holdings", chunk, len(account.devices.holdings))
            for part in account.covered:
                self.record.recorded(account.devices, part)
        for silent in missing(chunk, account.covered if account else ()):
            self._bridge(silent)
        return None

    def _bridge(self, silent: Window) -> None:
        """No series tells of this time: it is bridged from what is known around it, unless nothing is known before."""
        if any(known.end <= silent.start for known in self.record.covered):
            logger.warning("no series tells who held which GPU in %s: bridged by what is known around it", silent)
            self.record.bridged(silent)
        else:
            self._unknown = union((*self._unknown, silent))

    async def _told(self, chunk: Window) -> Account | None:
        """The account of the first history that knows the time.

        Later ones know pods by name only and serve for the time before anything was known: a hole is better bridged.
        """
        known_before = any(known.end <= chunk.start for known in self.record.covered)
        for history in self.feeds.histories[:1] if known_before else self.feeds.histories:
            account = await history.devices(chunk)
            if account is not None:
                return account
        return None

    async def _observe(
        self,
        feed: _Counted,
        over: Window,
        read: Callable[[Window], Awaitable[tuple[CardUse, ...]]] | Callable[[Window], Awaitable[tuple[PodTokens, ...]]],
        untold: Coverage = (),
    ) -> Gap | None:
        """Ask for what is missing; not how busy cards were in time of which no series tells who held any."""
        for hole in missing(over, union((*feed.covered, *untold))):
            for chunk in hole.pieces(DAY):
                try:
                    seen = await read(chunk)
                except (Unavailable, Malformed, Forbidden) as problem:
                    logger.warning("%s in %s, asked for again: %s", feed.reason.value, chunk, problem)
                    return Gap(feed.reason, Feed.USAGE, chunk.start, f"not known in {chunk}: {problem}")
                self._waiting.extend(seen)
                feed.covered = union((*feed.covered, chunk))
        return None


def _coverage(mark: str) -> Coverage:
    return tuple(Window(*pair) for pair in json.loads(mark))
