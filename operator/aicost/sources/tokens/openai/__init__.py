"""OpenAI's organisation costs and usage (`/v1/organization/...`): pure parsers of its pages, and a thin fetch.

Source of the shapes: the types `admin.organization.usage` of the `openai` package 3.54. Amounts are dollars, not
cents; input tokens include cached ones; a dimension that is null, or was not grouped by, is absent.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from aicost.core.bills import BillDay
from aicost.core.declarations import Dimensions, Source
from aicost.core.gaps import Feed, Gap
from aicost.core.usage import Tokens, UsageRow
from aicost.core.window import Window
from aicost.ports import BillReading
from aicost.sources.tokens.answers import Answer
from aicost.sources.tokens.client import Access, Client, Provider
from aicost.sources.tokens.daily import ReadDay, read_bill, refused_grouping
from aicost.sources.tokens.groupings import finest
from aicost.sources.tokens.openai import costs, usage
from aicost.sources.tokens.openai.pages import DIMENSIONS, Row, query
from aicost.sources.tokens.pages import Page, read_all

OPENAI = Provider(
    name="openai",
    base_url="https://api.openai.com/v1",
    headers=lambda key: {"Authorization": f"Bearer {key}"},
    needs="an admin key is needed; a project key cannot read the organisation's costs",
)


class OpenAIBill:
    """Reads an organisation's costs, and what was used, day by day."""

    def __init__(self, access: Access) -> None:
        self._access = access

    async def read(self, source: Source, over: Window) -> BillReading:
        """Each UTC day that the window touches: complete, or a gap that says why; one poll reads the Secret once."""

        def reads(client: Client) -> Mapping[Feed, ReadDay]:
            poll = _Poll(source, client, self._access.limits.pages)
            return {Feed.BILLS: poll.costs, Feed.USAGE: poll.usage}

        return await read_bill(OPENAI, source, self._access, over, reads)


@dataclass(frozen=True, slots=True)
class _Poll:
    """The questions of one poll."""

    source: Source
    client: Client
    most_pages: int

    async def costs(self, day: Window) -> BillReading:
        rows, lost = await self._split(day, costs.PATH, costs.SPLIT_BY, costs.parse_costs)
        bill = BillDay(self.source.name, OPENAI.name, day, tuple(rows.values()))
        return BillReading(days=(bill,), gaps=self._gaps(Feed.BILLS, day, lost))

    async def usage(self, day: Window) -> BillReading:
        totals: dict[Dimensions, Tokens] = {}
        missing: list[str] = []
        for kind, parse in (("completions", usage.parse_completions), ("embeddings", usage.parse_embeddings)):
            rows, lost = await self._split(day, f"/organization/usage/{kind}", usage.SPLIT_BY, parse)
            missing.extend(lost)
            for dimensions, tokens in rows.items():
                totals[dimensions] = totals.get(dimensions, Tokens()) + tokens
        used = tuple(UsageRow(self.source.name, day, dimensions, tokens) for dimensions, tokens in totals.items())
        return BillReading(usage=used, gaps=self._gaps(Feed.USAGE, day, missing), usage_days=(day,))

    async def _split(
        self, day: Window, path: str, groupings: Sequence[tuple[str, ...]], parse: Callable[[Answer, Window], Page[Row]]
    ) -> tuple[dict[Dimensions, Row], list[str]]:
        """The day by the first grouping that is not refused, and our names of the dimensions that were."""
        rows, lost = await finest(groupings, lambda grouping: self._pages(day, path, grouping, parse))
        return rows, [DIMENSIONS[name] for name in lost]

    async def _pages(
        self, day: Window, path: str, grouping: tuple[str, ...], parse: Callable[[Answer, Window], Page[Row]]
    ) -> dict[Dimensions, Row]:
        asked = query(day, grouping, self.source.projects)

        async def fetch(cursor: str | None) -> Page[Row]:
            turned = [*asked, ("page", cursor)] if cursor is not None else asked
            answer = await self.client.get(path, turned)
            return await asyncio.to_thread(parse, answer, day)  # a large day takes a second

        return await read_all(fetch, self.most_pages)

    def _gaps(self, feed: Feed, day: Window, lost: Sequence[str]) -> tuple[Gap, ...]:
        names = dict.fromkeys(lost)
        return (refused_grouping(self.source.name, feed, day, names),) if names else ()
