"""Anthropic's Admin reports (`/v1/organizations/cost_report`, `.../usage_report/messages`), for accounts without analytics.

Source of the shapes: Anthropic's Admin API reference. Amounts are decimal strings in cents. Costs are split by workspace
and description only, and leave out the Priority Tier, of which the usage tells.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from aicost.core.bills import BillDay, BillRow
from aicost.core.declarations import Dimensions, Source
from aicost.core.gaps import Feed
from aicost.core.usage import Tokens, UsageRow
from aicost.core.window import Window
from aicost.ports import BillReading
from aicost.sources.tokens.amounts import cents
from aicost.sources.tokens.answers import Answer
from aicost.sources.tokens.anthropic.parts import PRIORITY, named, over, used, within
from aicost.sources.tokens.client import Client
from aicost.sources.tokens.daily import not_in_bill, refused_grouping
from aicost.sources.tokens.pages import Bucket, Page, read_all
from aicost.sources.tokens.used import Used

COSTS_BY = ("workspace_id", "description")
USAGE_BY = ("workspace_id", "api_key_id", "model", "service_tier", "context_window")
DIMENSIONS = {
    "workspace_id": "workspace",
    "api_key_id": "apiKey",
    "model": "model",
    "description": "lineItem",
    "service_tier": "tier",
    "context_window": "contextWindow",
}
"""Anthropic's names of dimensions and ours; the default workspace is null, and so no dimension."""
_LOST = ("apiKey", "customer", "user", "serviceAccount")

Row = TypeVar("Row")


@dataclass(frozen=True, slots=True)
class Reports:
    """The questions of one poll."""

    source: Source
    client: Client
    most_pages: int

    async def costs(self, day: Window) -> BillReading:
        """A day's bill, with the gap that it cannot be split further."""
        rows = await self._pages(day, "/organizations/cost_report", COSTS_BY, parse_costs)
        kept = tuple(row for row in rows.values() if self._included(row.dimensions))
        bill = BillDay(self.source.name, "anthropic", day, kept, lost=frozenset(_LOST), lesser=True)
        return BillReading(days=(bill,), gaps=(refused_grouping(self.source.name, Feed.BILLS, day, _LOST),))

    async def usage(self, day: Window) -> BillReading:
        """A day's token counts, with a gap where some are of a tier that the cost report leaves out."""
        rows = await self._pages(day, "/organizations/usage_report/messages", USAGE_BY, parse_usage)
        kept = {dimensions: counted for dimensions, counted in rows.items() if self._included(dimensions)}
        usage = tuple(UsageRow(self.source.name, day, of, each.tokens, each.measured) for of, each in kept.items())
        unbilled = [counted.tokens for dimensions, counted in kept.items() if PRIORITY in dimensions]
        missing = not_in_bill(self.source.name, day, "the Priority Tier", sum(unbilled, Tokens()))
        return BillReading(usage=usage, gaps=(missing,) if any(unbilled) else (), usage_days=(day,))

    def _included(self, dimensions: Dimensions) -> bool:
        """The cost report has no filter of its own."""
        wanted = self.source.workspaces
        return not wanted or any(name == "workspace" and value in wanted for name, value in dimensions)

    async def _pages(
        self, day: Window, path: str, by: tuple[str, ...], parse: Callable[[Answer, Window], Page[Row]]
    ) -> dict[Dimensions, Row]:
        asked = [*over(day), ("bucket_width", "1d"), ("limit", "1"), *(("group_by[]", name) for name in by)]

        async def fetch(cursor: str | None) -> Page[Row]:
            answer = await self.client.get(path, [*asked, ("page", cursor)] if cursor is not None else asked)
            return await asyncio.to_thread(parse, answer, day)

        return await read_all(fetch, self.most_pages)


def parse_costs(answer: Answer, day: Window) -> Page[BillRow]:
    """A page of the cost report of one day. Raises Malformed, with the path of what is wrong."""
    return _page(answer, day, _cost)


def parse_usage(answer: Answer, day: Window) -> Page[Used]:
    """A page of the usage report of one day, which counts no requests. Raises Malformed likewise."""
    return _page(answer, day, lambda row, _: used(row))


def _page(answer: Answer, day: Window, parse: Callable[[Answer, Dimensions], Row]) -> Page[Row]:
    buckets = tuple(_bucket(bucket, day, parse) for bucket in answer.field("data").items())
    following = answer.field("next_page").text() if answer.field("has_more").flag() else None
    return Page(buckets, following)


def _bucket(answer: Answer, day: Window, parse: Callable[[Answer, Dimensions], Row]) -> Bucket[Row]:
    within(answer, day)
    return tuple(_row(row, parse) for row in answer.field("results").items())


def _row(answer: Answer, parse: Callable[[Answer, Dimensions], Row]) -> tuple[Dimensions, Row]:
    dimensions = named(answer, DIMENSIONS.items())
    return dimensions, parse(answer, dimensions)


def _cost(answer: Answer, dimensions: Dimensions) -> BillRow:
    return BillRow(dimensions, cents(answer.field("amount"), answer.field("currency")))
