"""What nodes had of CPU and memory and who took of it, hour by hour: read in the background, kept in the ledger.

It is read only where the price book leaves hosts out of the price of cards, and of nodes with cards only. An hour that
was read stays read, and the ledger has it from the next commit on.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace

from aicost.core.compute import hosts
from aicost.core.coverage import Coverage, missing, union, within
from aicost.core.gaps import Feed, Gap
from aicost.core.holdings import Devices
from aicost.core.hosts import HostHour
from aicost.core.identity import PodIdentity
from aicost.core.prices import PriceBook
from aicost.core.reasons import GapReason
from aicost.core.window import DAY, HOUR, Instant, Window, floor, rfc3339, window
from aicost.ports import Forbidden, HostMeter, Ledger, Malformed, Unavailable
from aicost.reconcile.devices import DeviceRecord

logger = logging.getLogger(__name__)
COVERED = "hosts.covered"
UNMEASURED = "hosts.unmeasured"
NO_PROMETHEUS = "no Prometheus is configured: set prometheus.url in the chart, AICOST_PROMETHEUS_URL"


class HostRecord:
    """`catch_up` makes one pass over the hours that are missing; `revision` grows with everything that is learnt."""

    def __init__(self, meter: HostMeter | None, marks: Mapping[str, str], learnt: Callable[[], None]) -> None:
        self._meter = meter
        self._learnt = learnt
        self._covered: Coverage = tuple(Window(*pair) for pair in json.loads(marks.get(COVERED, "[]")))
        self._unmeasured: dict[str, Instant] = json.loads(marks.get(UNMEASURED, "{}"))
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
            self._gap = await self._fill(prices, record, hours) if prices and hours and wanted else None
        except Exception:
            logger.exception("reading who took CPU and memory failed by a fault of aicost; it is tried again")
        if (self.revision, self._gap) != before:
            self._learnt()

    def hours(self, ledger: Ledger, prices: PriceBook | None, over: Window | None) -> tuple[HostHour, ...]:
        """All that is known of hours that begin in the window: what the ledger has, and what waits for it."""
        if over is None or prices is None or not prices.has_hosts:
            return ()
        first = Window(floor(over.start, HOUR), over.end)
        waiting = (hour for hour in tuple(self._waiting) if hour.hour.start in first)
        told = {(hour.hour.start, hour.node): hour for hour in (*ledger.host_hours(first), *waiting)}
        return tuple(told[key] for key in sorted(told))

    def changed_since(self, revision: int) -> Instant | None:
        """The begin of the first hour of which something was learnt after a revision."""
        return min((hour for hour, when in self._changed.items() if when > revision), default=None)

    def gaps(self, prices: PriceBook | None) -> tuple[Gap, ...]:
        """What could not be read at the last pass, and where nobody saw what pods used."""
        if prices is None or not prices.has_hosts:
            return ()
        return tuple(gap for gap in (self._gap, self._unseen()) if gap)

    def done(self, prices: PriceBook | None, covered: Coverage, until: Instant) -> Instant:
        """The instant up to `until` before which no hour is missing of the time that is covered: where hosts are asked for."""
        if self._meter is None or prices is None or not prices.has_hosts or not covered:
            return until
        told = window(covered[0].start, until)
        holes = missing(told, self._covered) if told else ()
        return holes[0].start if holes else until

    def unsaved(self) -> tuple[tuple[HostHour, ...], Mapping[str, str]]:
        """What waits for the ledger, and how far it reaches."""
        covered = json.dumps([[part.start, part.end] for part in self._covered])
        return tuple(self._waiting), {COVERED: covered, UNMEASURED: json.dumps(self._unmeasured, sort_keys=True)}

    def saved(self, hours: Iterable[HostHour]) -> None:
        """The ledger has these."""
        del self._waiting[: len(tuple(hours))]

    def _forget(self, before: Instant) -> None:
        """Months that are not evaluated any more."""
        self._covered = tuple(part for part in self._covered if part.end > before)
        self._changed = {hour: when for hour, when in self._changed.items() if hour >= before}
        self._unmeasured = {node: since for node, since in self._unmeasured.items() if since >= before}

    async def _fill(self, prices: PriceBook, record: DeviceRecord, hours: Window) -> Gap | None:
        """Oldest first, a day at a time; only hours of which somebody told who held cards, as far as he told."""
        for hole in missing(hours, self._covered):
            for chunk in hole.pieces(DAY):
                known = within(record.covered, chunk)
                for part in union(hour for each in known for hour in _whole_hours(each, chunk)):
                    try:
                        await self._read(prices, record.known(part)[0], part)
                    except (Unavailable, Malformed, Forbidden) as problem:
                        logger.warning(
                            "who took CPU and memory in %s could not be read, asked again: %s", part, problem
                        )
                        message = f"who took how much CPU and memory in {part} is not known: {problem}"
                        return Gap(GapReason.NO_HOST_HISTORY, Feed.GPU, part.start, message)
        return None

    async def _read(self, prices: PriceBook, devices: Devices, part: Window) -> None:
        nodes = {group.node.name for group in devices.groups}
        told: tuple[HostHour, ...] = ()
        if nodes:
            if self._meter is None:
                raise Unavailable(NO_PROMETHEUS)
            told = await self._meter.host_hours(nodes, part)
        known = {holding.pod.uid: holding.pod for holding in devices.holdings}
        self._waiting += (_recognised(hour, known) for hour in told)
        self._note(told, {host.node.name for host in hosts(devices.groups, prices, (part,))})
        self._covered = union((*self._covered, part))
        self.revision += 1
        self._changed.update((hour.start, self.revision) for hour in part.pieces(HOUR))

    def _note(self, told: Iterable[HostHour], charged: set[str]) -> None:
        for hour in told:
            if hour.node in charged and hour.takers and not hour.is_measured:
                since = self._unmeasured.get(hour.node, hour.hour.start)
                self._unmeasured[hour.node] = min(since, hour.hour.start)

    def _unseen(self) -> Gap | None:
        if not self._unmeasured:
            return None
        since, nodes = min(self._unmeasured.values()), sorted(self._unmeasured)
        more = f" and {len(nodes) - 1} more" if len(nodes) > 1 else ""
        message = (
            f"what pods used of CPU and memory of node {nodes[0]}{more} is not known of hours since {rfc3339(since)}:"
            " they are charged what they requested"
        )
        return Gap(GapReason.NO_HOST_USE, Feed.USAGE, since, message, f"{len(nodes)} nodes")


def _recognised(hour: HostHour, known: Mapping[str, PodIdentity]) -> HostHour:
    """With what the watch knows of its pods: labels and controllers, which few series tell."""
    takers = tuple(replace(taker, pod=known.get(taker.pod.uid, taker.pod)) for taker in hour.takers)
    return replace(hour, takers=takers)


def _whole_hours(known: Window, chunk: Window) -> Iterable[Window]:
    """The UTC hours of a chunk that a window touches."""
    return (hour for hour in chunk.pieces(HOUR) if hour.overlap(known))
