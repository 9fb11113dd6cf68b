"""Anthropic's Usage and Cost Analytics API (`/v1/organizations/analytics/...`): what it is asked, of which `rows.py` reads answers."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from aicost.core.bills import BillDay
from aicost.core.declarations import Dimensions, Source
from aicost.core.gaps import Feed, Gap
from aicost.core.usage import Tokens, UsageRow
from aicost.core.window import Instant, Window
from aicost.ports import BillReading
from aicost.sources.tokens.answers import Answer
from aicost.sources.tokens.anthropic import manners
from aicost.sources.tokens.anthropic.parts import PRIORITY, at, over
from aicost.sources.tokens.anthropic.rows import DIMENSIONS, IDENTITIES, parse_costs, parse_manners, parse_usage
from aicost.sources.tokens.apart import apart
from aicost.sources.tokens.client import Client
from aicost.sources.tokens.daily import late, not_in_bill, refused_grouping
from aicost.sources.tokens.groupings import Refusals, finest
from aicost.sources.tokens.pages import Contradictory, Page, QueryRefused, read_all
from aicost.sources.tokens.used import Used

BETA = "analytics-usage-cost-2026-08-24"
ROWS_PER_PAGE = 1000
_KEYED = ("workspace_id", "api_key_id", "user_profile_id")
SPLIT_BY = ((*_KEYED, "actor", "model"), (*_KEYED, "model"), ("workspace_id", "model"))
"""How costs and usage are asked to be split, five dimensions at most; the next where one is refused."""
COMPONENTS = ("cost_type", "token_type")
"""What costs are split by besides: always by both, since by token_type alone web search and code execution are left out."""
Row = TypeVar("Row")
Found = TypeVar("Found")


@dataclass(frozen=True, slots=True)
class Analytics:
    """The questions of one poll; `today` is the day that is still going on, `refusals` are those of earlier polls, too."""

    source: Source
    client: Client
    most_pages: int
    today: Window
    refusals: Refusals

    async def costs(self, day: Window) -> BillReading:
        """A day's bill. Raises EndpointMissing or QueryRefused where the account has no analytics."""
        (rows, refreshed), lost = await self._finest(
            "cost", day, SPLIT_BY, lambda by: self._pages(day, "cost", (*by, *COMPONENTS), parse_costs)
        )
        gaps, whole = self._missing(Feed.BILLS, day, lost, refreshed)
        refused = frozenset(name for gap in gaps for name in gap.lost)
        bill = BillDay(self.source.name, "anthropic", day, tuple(rows.values()), whole=whole, lost=refused)
        return BillReading(days=(bill,), gaps=gaps)

    async def usage(self, day: Window) -> BillReading:
        """A day's token counts, by how requests were made where that may change their price. Raises the same."""
        made, unknown = await self._manners(day)
        (rows, refreshed, told), lost = await self._finest(
            "usage", day, SPLIT_BY, lambda by: self._apart(day, by, made)
        )
        unknown = unknown if told else manners.SPLIT_BY[0]
        gaps, whole = self._missing(Feed.USAGE, day, (*lost, *unknown), refreshed)
        left_out = await self._left_out(day, rows) if whole else ()
        usage = tuple(UsageRow(self.source.name, day, of, each.tokens, each.measured) for of, each in rows.items())
        return BillReading(usage=usage, gaps=(*gaps, *left_out), usage_days=(day,))

    async def _finest(
        self,
        what: str,
        day: Window,
        split_by: Sequence[tuple[str, ...]],
        ask: Callable[[tuple[str, ...]], Awaitable[Found]],
    ) -> tuple[Found, tuple[str, ...]]:
        """See `finest`; what was refused of late is not asked for again."""
        about = self.source.account, self.source.secret, what, day
        return await finest(split_by, ask, self.refusals, about)

    async def _left_out(self, day: Window, rows: dict[Dimensions, Used]) -> tuple[Gap, ...]:
        """A gap where the Priority Tier was used, and the bill, asked for it, has nothing of it, not even at list prices."""
        counted = [each.tokens for dimensions, each in rows.items() if PRIORITY in dimensions]
        if not counted:
            return ()
        with contextlib.suppress(QueryRefused):
            costs, _ = await self._pages(day, "cost", (), parse_costs, frozenset({PRIORITY}))
            if not any(row.amount.nanos or (row.listed and row.listed.nanos) for row in costs.values()):
                return (not_in_bill(self.source.name, day, "the Priority Tier", sum(counted, Tokens())),)
        return ()

    def _missing(
        self, feed: Feed, day: Window, lost: tuple[str, ...], refreshed: Instant | None
    ) -> tuple[tuple[Gap, ...], bool]:
        """What is missing of a day that could not be split by some dimensions, and whether all of it was told."""
        missing = list(_lost(self.source.name, feed, day, lost))
        whole = refreshed is None or refreshed >= day.end
        if not whole and day != self.today:
            missing.append(late(self.source.name, feed, day, refreshed))
        return tuple(missing), whole

    async def _manners(self, day: Window) -> tuple[frozenset[Dimensions], tuple[str, ...]]:
        """The manners beside the standard one in which requests were made, and the dimensions that this is not told by."""
        try:
            (rows, _), lost = await self._finest(
                "manners", day, manners.SPLIT_BY, lambda by: self._pages(day, "usage", by, parse_manners)
            )
        except QueryRefused:
            return frozenset(), manners.SPLIT_BY[0]
        return frozenset(rows) - {frozenset()}, lost

    async def _apart(
        self, day: Window, by: tuple[str, ...], made: frozenset[Dimensions]
    ) -> tuple[dict[Dimensions, Used], Instant | None, bool]:
        """What was used by whom in which manner, how far that reaches, and whether manners could be told apart."""
        parts = await self._in_each(day, by, made)
        whole, refreshed = await self._pages(day, "usage", by, parse_usage)
        if parts is not None:
            with contextlib.suppress(Contradictory):
                return apart(whole, parts), refreshed, True
        return whole, refreshed, False

    async def _in_each(
        self, day: Window, by: tuple[str, ...], made: frozenset[Dimensions]
    ) -> dict[Dimensions, dict[Dimensions, Used]] | None:
        """What was used in each manner and those with more to them; None where that is refused."""
        with contextlib.suppress(QueryRefused):
            return {of: (await self._pages(day, "usage", by, parse_usage, of))[0] for of in sorted(made, key=sorted)}
        return None

    async def _pages(
        self,
        day: Window,
        what: str,
        by: tuple[str, ...],
        parse: Callable[[Answer, Window], Page[Row]],
        only: Dimensions = frozenset(),
    ) -> tuple[dict[Dimensions, Row], Instant | None]:
        path = f"/organizations/analytics/{what}"
        asked = [*query(day, by, self.source.workspaces), *manners.filters(only)]
        marks = _Marks()

        async def fetch(cursor: str | None) -> Page[Row]:
            answer = await self.client.get(path, [*asked, ("page", cursor)] if cursor is not None else asked)
            marks.note(answer)
            return await asyncio.to_thread(parse, answer, day)  # a large day takes a second

        try:
            return await read_all(fetch, self.most_pages), marks.earliest
        except Contradictory as error:
            if "actor" not in by:
                raise
            raise QueryRefused("identities without a name cannot be told apart") from error


@dataclass(slots=True)
class _Marks:
    """How far the pages of one question were refreshed."""

    earliest: Instant | None = field(default=None)

    def note(self, answer: Answer) -> None:
        if (mark := answer.optional("data_refreshed_at")) is not None:
            self.earliest = min(at(mark), self.earliest if self.earliest is not None else at(mark))


def query(day: Window, by: tuple[str, ...], workspaces: frozenset[str]) -> list[tuple[str, str]]:
    """The parameters that ask for one UTC day."""
    return [
        *over(day),
        ("time_bucket_width", "1d"),
        ("limit", str(ROWS_PER_PAGE)),
        *(("group_by[]", name) for name in by),
        *(("workspace_ids[]", workspace) for workspace in sorted(workspaces)),
    ]


def _lost(source: str, feed: Feed, day: Window, lost: tuple[str, ...]) -> Iterator[Gap]:
    if lost:
        ours = DIMENSIONS | manners.DIMENSIONS
        names = (of for name in lost for of in ((ours[name],) if name in ours else IDENTITIES))
        yield refused_grouping(source, feed, day, names)
