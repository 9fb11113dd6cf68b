"""Reading a window day by day: each day is its own question, and its fault spoils that day only and becomes a gap."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import replace
from typing import TypeAlias

from aicost.core.declarations import Source
from aicost.core.gaps import Feed, Gap
from aicost.core.reasons import GapReason
from aicost.core.usage import Tokens
from aicost.core.window import DAY, Instant, Window, date, day_of, rfc3339
from aicost.ports import BillReading, Forbidden, Malformed, Unavailable
from aicost.sources.tokens.client import Access, Client, Limits, Provider, conversation
from aicost.sources.tokens.naming import mentioned
from aicost.sources.tokens.recognition import digest_of
from aicost.sources.urls import UrlRefused

LONGEST_MESSAGE = 1000
REFUSED = "the provider refused to split"
"""Why a day is not split, before the names of dimensions."""

ReadDay: TypeAlias = Callable[[Window], Awaitable[BillReading]]
"""Reads one UTC day of one feed. Raises Unavailable, Malformed or Forbidden."""
ReadNames: TypeAlias = Callable[[Client, BillReading], Awaitable[Mapping[tuple[str, str], str] | None]]
"""Reads the names of what a reading has ids of, by dimension and id; None: as they were. Never raises."""


async def read_bill(
    provider: Provider,
    source: Source,
    access: Access,
    over: Window,
    reads: Callable[[Client], Mapping[Feed, ReadDay]],
    feeds: tuple[Feed, ...] = (Feed.BILLS, Feed.USAGE),
    naming: ReadNames | None = None,
) -> BillReading:
    """One poll of a provider's bill and usage; when the conversation cannot begin, every day is a gap.

    What has names is asked for them last, so that they delay nothing and spoil nothing.
    """
    try:
        async with conversation(provider, source, access) as client:
            reading = await read_days(source.name, over, reads(client), access.limits)
            names = await naming(client, reading) if naming else None
            accounts = accounts_of(provider, client, reading)
            return replace(reading, names=names, rest_s=client.rest_s(), accounts=accounts)
    except (Forbidden, Unavailable) as fault:
        return spoiled(source.name, over, feeds, fault)


def accounts_of(provider: Provider, client: Client, reading: BillReading) -> frozenset[str]:
    """What another source of the same account shares with a poll: its credential, its organisation, or what is billed.

    Ids are for this process alone: two sources of one organisation that tell of parts of it share none, and are no two accounts.
    """
    ids = (digest_of(dimension, value) for dimension in provider.ids for value in set(mentioned(reading, dimension)))
    return frozenset((*client.accounts, *ids))


async def read_days(source: str, over: Window, reads: Mapping[Feed, ReadDay], limits: Limits) -> BillReading:
    """By each of `reads` in turn, every UTC day that the window touches, the newest first; never raises theirs.

    Days that the poll's time does not reach are gaps too.
    """
    ends = asyncio.get_running_loop().time() + limits.poll_s
    turns = asyncio.Semaphore(limits.concurrency)

    async def one(feed: Feed, day: Window) -> BillReading:
        async with turns:
            return await _read(source, feed, day, reads[feed], min(limits.day_s, ends - _now()))

    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(one(feed, day)) for feed in reads for day in reversed(days_of(over))]
    return merged(task.result() for task in reversed(tasks))


def days_of(over: Window) -> tuple[Window, ...]:
    """The whole UTC days that the window touches, in order."""
    return tuple(day_of(piece.start) for piece in over.pieces(DAY))


def spoiled(source: str, over: Window, feeds: Iterable[Feed], fault: Exception) -> BillReading:
    """A reading in which every day of every feed is missing for the same reason."""
    gaps = tuple(gap(source, feed, day, fault) for day in days_of(over) for feed in feeds)
    return BillReading(gaps=gaps)


def gap(source: str, feed: Feed, day: Window, fault: Exception) -> Gap:
    """The day's gap that a fault leaves. A refused credential or URL has one message for all days."""
    if isinstance(fault, Forbidden | UrlRefused):
        refused = GapReason.CREDENTIAL_INVALID if isinstance(fault, Forbidden) else GapReason.URL_REFUSED
        return Gap(refused, feed, day.start, _bounded(f"{source}: {fault}"), source=source)
    reason = GapReason.BILL_MALFORMED if isinstance(fault, Malformed) else GapReason.BILL_UNAVAILABLE
    message = f"{source}, {feed} of {date(day.start)}: {fault}"
    return Gap(reason, feed, day.start, _bounded(message), source=source)


def refused_grouping(source: str, feed: Feed, day: Window, lost: Iterable[str]) -> Gap:
    """The day's gap that the provider would not split by some dimensions, though it gave the day."""
    return not_split(source, feed, day, lost, REFUSED)


def not_split(source: str, feed: Feed, day: Window, lost: Iterable[str], why: str) -> Gap:
    """The day's gap that it is not split by some dimensions, though it was given; `why` comes before their names."""
    names = tuple(dict.fromkeys(lost))
    message = f"{source}, {feed} of {date(day.start)}: {why} by {', '.join(names)}"
    return Gap(GapReason.GROUPING_REFUSED, feed, day.start, _bounded(message), source=source, lost=frozenset(names))


def late(source: str, feed: Feed, day: Window, refreshed: Instant | None, of: str = "the provider's data") -> Gap:
    """The gap of a day that is over and not yet whole: the provider's data, or what is told of them, reach to `refreshed` only."""
    until = rfc3339(refreshed) if refreshed is not None else "an unknown time"
    message = f"{source}, {feed} of {date(day.start)}: {of} reach to {until} only"
    return Gap(GapReason.BILL_LATE, feed, day.start, _bounded(message), source=source)


def not_in_bill(source: str, day: Window, what: str, counted: Tokens) -> Gap:
    """The gap of a day on which something was used that the provider's bill leaves out."""
    message = f"{source}, {date(day.start)}: the bill leaves out {what}, of which {counted.input + counted.output} tokens were used"
    return Gap(GapReason.NOT_IN_BILL, Feed.BILLS, day.start, _bounded(message), source=source)


def merged(readings: Iterable[BillReading]) -> BillReading:
    """All of them as one."""
    parts = list(readings)
    return BillReading(
        days=tuple(day for part in parts for day in part.days),
        usage=tuple(row for part in parts for row in part.usage),
        gaps=tuple(gap for part in parts for gap in part.gaps),
        usage_days=tuple(day for part in parts for day in part.usage_days),
    )


async def _read(source: str, feed: Feed, day: Window, read: ReadDay, seconds: float) -> BillReading:
    try:
        async with asyncio.timeout(seconds):
            return await read(day)
    except (Unavailable, Malformed, Forbidden) as fault:
        return BillReading(gaps=(gap(source, feed, day, fault),))
    except TimeoutError:
        return BillReading(gaps=(gap(source, feed, day, Unavailable("not answered within the time of a poll")),))


def _now() -> float:
    return asyncio.get_running_loop().time()


def _bounded(message: str) -> str:
    return message if len(message) <= LONGEST_MESSAGE else f"{message[: LONGEST_MESSAGE - 1]}…"
