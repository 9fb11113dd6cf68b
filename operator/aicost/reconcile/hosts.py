"""What nodes had of CPU and memory and who took of it, hour by hour: read in the background, kept in the ledger.

It is read only where the price book leaves hosts out of the price of cards, and of nodes with cards only. An hour that
was read stays read, and the ledger has it from the next commit on; one of which not all was told that should be is asked
again once an hour, for a day.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import groupby

from aicost.core.coverage import Coverage, missing, union, within
from aicost.core.gaps import Feed, Gap
from aicost.core.holdings import Devices
from aicost.core.host_holders import is_whole, recognised
from aicost.core.hosts import HostHour, together
from aicost.core.prices import PriceBook
from aicost.core.reasons import GapReason
from aicost.core.window import DAY, HOUR, Instant, Window, floor, hour_of, window
from aicost.ports import Forbidden, HostMeter, Ledger, Malformed, Unavailable
from aicost.reconcile.devices import DeviceRecord

logger = logging.getLogger(__name__)
COVERED = "hosts.covered"
AGAIN = "hosts.again"
NO_PROMETHEUS = "no Prometheus is configured: set prometheus.url in the chart, AICOST_PROMETHEUS_URL"


class HostRecord:
    """`catch_up` makes one pass over the hours that are missing; `revision` grows with everything that is learnt.

    Covered is what was read, as far as it was known then who held cards: of the rest of an hour it is read again.
    """

    def __init__(self, meter: HostMeter | None, marks: Mapping[str, str], learnt: Callable[[], None]) -> None:
        self._meter = meter
        self._learnt = learnt
        self._covered: Coverage = tuple(Window(*pair) for pair in json.loads(marks.get(COVERED, "[]")))
        self._again: dict[Instant, tuple[Instant, Instant]] = {
            hour: (first, last) for hour, first, last in json.loads(marks.get(AGAIN, "[]"))
        }
        """When hours of which not all was told were asked for first and last."""
        self._told: dict[Instant, tuple[HostHour, ...]] = {}
        """What was told of these."""
        self._gap: Gap | None = None
        self._waiting: list[HostHour] = []
        self._changed: dict[Instant, int] = {}
        self.revision = 0

    async def catch_up(self, prices: PriceBook | None, record: DeviceRecord, over: Window, lateness: int) -> None:
        """Ask for everything missing in the window, once, of hours that are over for `lateness` seconds."""
        before = self.revision, self._gap
        try:
            self._forget(over.start)
            hours = window(over.start, floor(Instant(over.end - lateness), HOUR))
            wanted = prices is not None and prices.has_hosts and hours
            self._gap = await self._fill(record, hours, over.end) if hours and wanted else None
        except Exception:
            logger.exception("reading who took CPU and memory failed by a fault of aicost; it is tried again")
        if (self.revision, self._gap) != before:
            self._learnt()

    def hours(self, ledger: Ledger, prices: PriceBook | None, over: Window | None) -> tuple[HostHour, ...]:
        """All that is known of hours that begin in the window: what the ledger has, and what waits for it."""
        if over is None or prices is None or not prices.has_hosts:
            return ()
        first = Window(floor(over.start, HOUR), over.end)
        waiting = (account for account in tuple(self._waiting) if account.over.start in first)
        return together((*ledger.host_hours(first), *waiting))

    def changed_since(self, revision: int) -> Instant | None:
        """The begin of the first hour of which something was learnt after a revision."""
        return min((hour for hour, when in self._changed.items() if when > revision), default=None)

    def gaps(self, prices: PriceBook | None) -> tuple[Gap, ...]:
        """What could not be read at the last pass."""
        return (self._gap,) if self._gap and prices and prices.has_hosts else ()

    def done(self, prices: PriceBook | None, covered: Coverage, until: Instant) -> Instant:
        """The instant up to `until` before which no hour is missing, nor asked again, of the time that is covered."""
        if self._meter is None or prices is None or not prices.has_hosts or not covered:
            return until
        told = window(covered[0].start, until)
        holes = missing(told, self._covered) if told else ()
        return min((until, *(hole.start for hole in holes), *self._again))

    def unsaved(self) -> tuple[tuple[HostHour, ...], Mapping[str, str]]:
        """What waits for the ledger, and how far it reaches."""
        covered = json.dumps([[part.start, part.end] for part in self._covered])
        again = json.dumps([[hour, *asked] for hour, asked in sorted(self._again.items())])
        return tuple(self._waiting), {COVERED: covered, AGAIN: again}

    def saved(self, hours: Iterable[HostHour]) -> None:
        """The ledger has these."""
        del self._waiting[: len(tuple(hours))]

    def _forget(self, before: Instant) -> None:
        """Months that are not evaluated any more."""
        self._covered = tuple(part for part in self._covered if part.end > before)
        self._changed = {hour: when for hour, when in self._changed.items() if hour >= before}
        self._again = {hour: asked for hour, asked in self._again.items() if hour >= before}
        self._told = {hour: told for hour, told in self._told.items() if hour in self._again}

    async def _fill(self, record: DeviceRecord, hours: Window, now: Instant) -> Gap | None:
        """Oldest first, a day at a time; only hours of which somebody told who held cards, as far as he told."""
        for hole in (*missing(hours, self._covered), *self._due(now)):
            for chunk in hole.pieces(DAY):
                for part in union(hour for known in within(record.covered, chunk) for hour in _whole_hours(known)):
                    try:
                        await self._read(record, part, now)
                    except (Unavailable, Malformed, Forbidden) as problem:
                        logger.warning(
                            "who took CPU and memory in %s could not be read, asked again: %s", part, problem
                        )
                        message = f"who took how much CPU and memory in {part} is not known: {problem}"
                        return Gap(GapReason.NO_HOST_HISTORY, Feed.GPU, part.start, message)
        return None

    def _due(self, now: Instant) -> Iterator[Window]:
        """What is asked again: of each day one window, so that it takes the same number of queries however much it is."""
        due = sorted(hour for hour, (_, last) in self._again.items() if now - last >= HOUR)
        for _, of in groupby(due, key=lambda hour: floor(hour, DAY)):
            of_day = tuple(of)
            yield Window(of_day[0], Instant(of_day[-1] + HOUR))

    async def _read(self, record: DeviceRecord, part: Window, now: Instant) -> None:
        devices, known = record.known(part)
        told = await self._asked(devices, part)
        wanted = (hour for hour in part.pieces(HOUR) if hour.start in self._again or missing(hour, self._covered))
        learnt = [hour for hour in wanted if self._take(hour, told, devices, now)]
        self._covered = union((*self._covered, *known))
        if learnt:
            self.revision += 1
            self._changed.update((hour.start, self.revision) for hour in learnt)

    async def _asked(self, devices: Devices, part: Window) -> tuple[HostHour, ...]:
        nodes = {group.node.name for group in devices.groups}
        if not nodes:
            return ()
        if self._meter is None:
            raise Unavailable(NO_PROMETHEUS)
        return await self._meter.host_hours(nodes, part)

    def _take(self, hour: Window, told: Iterable[HostHour], devices: Devices, now: Instant) -> bool:
        """Whether anything was told of the hour that was not told when it was asked for last."""
        accounts = tuple(account for account in told if account.over.start in hour)
        first, _ = self._again.pop(hour.start, (now, now))
        is_new = self._told.pop(hour.start, None) != accounts
        if now - first < DAY and not is_whole(hour, accounts, devices):
            self._again[hour.start], self._told[hour.start] = (first, now), accounts
        if is_new:
            self._waiting += (recognised(account, devices) for account in accounts)
        return is_new


def _whole_hours(known: Window) -> Iterator[Window]:
    """The UTC hours that a window touches."""
    return (hour_of(piece.start) for piece in known.pieces(HOUR))
