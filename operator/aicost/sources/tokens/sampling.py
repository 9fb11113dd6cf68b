"""Single requests of a gateway, looked at once for each day that is over: what is counted of them stands beside the day's usage.

It comes after usage and by a conversation of its own, in bounded time: so whatever fails of it neither spoils usage nor
delays it by more than that, and is asked again on the next day only. Nothing of a request is kept but counts.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Hashable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import TypeAlias

from aicost.core.counting import together
from aicost.core.declarations import Dimensions, Source
from aicost.core.gaps import Feed, Gap
from aicost.core.reasons import GapReason
from aicost.core.samples import Sample, measured_by
from aicost.core.usage import UsageRow
from aicost.core.window import Window
from aicost.ports import BillReading, Forbidden, Malformed, Unavailable
from aicost.sources.tokens.client import Access, Client, Provider, conversation
from aicost.sources.tokens.daily import days_of

logger = logging.getLogger(__name__)
LOOKED_BACK = 8
"""So many days that are over are looked at: advice counts no earlier ones."""
MOST_BYTES = 8 << 20
"""Of an answer: a hundred requests take some hundred kilobytes, unless prompts are told with them, which nobody asked for."""

Look: TypeAlias = Callable[[Client, Window], Awaitable[Sample]]
"""Looks at requests of one UTC day. Raises Unavailable, Malformed or Forbidden."""
Named: TypeAlias = Callable[[Window, Dimensions], Iterable[Dimensions]]
"""The rows of a day that a caller's requests may be of, the likeliest first."""


@dataclass(slots=True)
class _Account:
    """What was counted of each day; until when nothing is asked, and why not."""

    samples: dict[Window, Sample] = field(default_factory=dict)
    not_before: float = 0.0
    refused: Gap | None = None


class Sampler:
    """Looks at requests for one kind of gateway; what was counted is kept while the process runs, 8 days of it."""

    def __init__(self, provider: Provider, access: Access, look: Look) -> None:
        self._provider = provider
        limits = access.limits
        seconds = limits.day_s / 2
        few = replace(limits, attempts=2, retries=2, request_s=seconds, day_s=seconds)  # all of it is bounded by that
        self._access = replace(access, limits=replace(few, body_bytes=min(MOST_BYTES, limits.body_bytes)))
        self._look = look
        self._accounts: dict[Hashable, _Account] = {}

    async def beside(self, source: Source, over: Window, reading: BillReading, named: Named) -> BillReading:
        """The reading with what is counted of its days' requests, where anybody is granted usage; never raises."""
        if not source.grants:
            return reading
        days = days_of(over)[:-1][-LOOKED_BACK:]
        account = self._accounts.setdefault((source.name, source.account, source.secret), _Account())
        account.samples = {day: sample for day, sample in account.samples.items() if day in days}
        used = {row.day for row in reading.usage if row.tokens.requests}
        wanted = [day for day in reversed(days) if day in used and day not in account.samples]
        if not wanted:
            account.refused = None
        elif not reading.rest_s and asyncio.get_running_loop().time() >= account.not_before:
            await self._looked(source, account, wanted)
        gaps = (account.refused,) if account.refused else ()
        return replace(
            reading, usage=tuple(_counted(reading.usage, account.samples, named)), gaps=(*reading.gaps, *gaps)
        )

    async def _looked(self, source: Source, account: _Account, wanted: Iterable[Window]) -> None:
        """Looks at days, the latest first; where that fails before any was told, not again for a day."""
        begun, limits = len(account.samples), self._access.limits
        account.refused = None
        try:
            async with asyncio.timeout(limits.day_s), conversation(self._provider, source, self._access) as client:
                try:
                    await self._days(client, account, wanted)
                finally:
                    account.not_before = asyncio.get_running_loop().time() + client.rest_s()
        except (Unavailable, Malformed, Forbidden) as fault:
            why = str(fault)
        except TimeoutError:
            why = f"none was told within {limits.day_s:.0f} s"
        except Exception:
            logger.exception(
                "looking at requests of UsageSource %s failed; its usage is told all the same", source.name
            )
            why = "it failed by a fault of aicost, which its log tells"
        else:
            return
        if len(account.samples) == begun:
            account.not_before = asyncio.get_running_loop().time() + limits.refusal_s
            account.refused = refused(source.name, max(wanted, key=lambda day: day.start), why)

    async def _days(self, client: Client, account: _Account, wanted: Iterable[Window]) -> None:
        """Looks at days. Raises Unavailable where nothing is told of the latest: usage counts requests then that no log has."""
        for day in wanted:
            sample = await self._look(client, day)
            if not sample and not any(of for later, of in account.samples.items() if later.start > day.start):
                raise Unavailable("it tells no single request of a day of which it counts some: it may keep no logs")
            account.samples[day] = sample


def refused(source: str, day: Window, why: str) -> Gap:
    """The notice that nobody knows how long requests are: nothing is missing of what they cost."""
    message = f"UsageSource {source}: its single requests cannot be looked at: {why}"
    return Gap(GapReason.SIZES_UNKNOWN, Feed.USAGE, day.start, message[:1000], source=source)


def _counted(rows: Iterable[UsageRow], samples: Mapping[Window, Sample], named: Named) -> Iterable[UsageRow]:
    """The rows with what was counted of their requests; of a caller of whom no row is told nothing is."""
    told = tuple(rows)
    beside = {day: measured_by(sample, _row_of(day, told, named)) for day, sample in samples.items()}
    for row in told:
        found = beside.get(row.day, {}).get(row.dimensions)
        yield replace(row, measured=together((row.measured, found))) if found else row


def _row_of(day: Window, rows: Iterable[UsageRow], named: Named) -> Callable[[Dimensions], Dimensions | None]:
    """Of which row of a day a caller's requests are, the likeliest of those that are there."""
    there = {row.dimensions for row in rows if row.day == day}
    return lambda caller: next((row for row in named(day, caller) if row in there), None)
