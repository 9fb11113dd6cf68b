"""LiteLLM's proxy: who used which model through a gateway, by virtual key and customer; it adds no money."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial

from aicost.core.declarations import Dimensions, Source
from aicost.core.gaps import Feed
from aicost.core.usage import UsageRow
from aicost.core.window import Window, date
from aicost.ports import BillReading, Forbidden, Malformed
from aicost.sources.tokens.answers import Answer
from aicost.sources.tokens.apart import apart
from aicost.sources.tokens.client import Access, Client, Provider
from aicost.sources.tokens.daily import ReadDay, read_bill, refused_grouping
from aicost.sources.tokens.litellm import customers
from aicost.sources.tokens.litellm.activity import Activity, parse
from aicost.sources.tokens.pages import Contradictory, EndpointMissing, QueryRefused
from aicost.sources.tokens.used import Used

LITELLM = Provider(
    name="litellm",
    base_url="",  # self-hosted: a UsageSource names it
    headers=lambda key: {"Authorization": f"Bearer {key}"},
    needs="a key of a proxy admin is needed (the master key, or one of role proxy_admin_viewer)",
)
PATH = "/user/daily/activity"
ROWS_PER_PAGE = 1000


class LiteLLMUsage:
    """Reads what a proxy counted, day by day."""

    def __init__(self, access: Access) -> None:
        self._access = access

    async def read(self, source: Source, over: Window) -> BillReading:
        """Each UTC day that the window touches: complete, or a gap that says why; never any money."""

        def reads(client: Client) -> Mapping[Feed, ReadDay]:
            return {Feed.USAGE: _Poll(source, client, self._access.limits.pages).usage}

        return await read_bill(LITELLM, source, self._access, over, reads, feeds=(Feed.USAGE,))


@dataclass(frozen=True, slots=True)
class _Poll:
    """The questions of one poll."""

    source: Source
    client: Client
    most_pages: int

    async def usage(self, day: Window) -> BillReading:
        """A day's token counts by caller, model and customer; with a gap where customers are granted and cannot be told."""
        parts = await self._customers(day)
        whole = await self._rows(day, PATH, parse, self.most_pages)
        try:
            counts, told = apart(whole, parts or {}), parts is not None
        except Contradictory:
            counts, told = whole, False
        rows = tuple(UsageRow(self.source.name, day, dimensions, used.tokens) for dimensions, used in counts.items())
        missed = not told and any(grant.dimension == "customer" for grant in self.source.grants)
        gaps = (refused_grouping(self.source.name, Feed.USAGE, day, ("customer",)),) if missed else ()
        return BillReading(usage=rows, gaps=gaps, usage_days=(day,))

    async def _customers(self, day: Window) -> customers.Customers | None:
        """What each customer used; None where the proxy does not tell, or has too many of them."""
        found: customers.Customers = defaultdict(dict)
        try:
            models = await self._rows(day, customers.PATH, customers.parse_models, customers.MOST_PAGES)
            for ((_, model),) in sorted(map(tuple, models)):
                parse_model = partial(customers.parse_customers, model=model)
                counted = await self._rows(day, customers.PATH, parse_model, customers.MOST_PAGES, model)
                for row, used in counted.items():
                    customer = customers.customer_of(row)
                    found[customer][row - customer] = used
        except (_TooManyPages, EndpointMissing, QueryRefused, Forbidden):
            return None
        return found

    async def _rows(
        self, day: Window, path: str, parse_page: Callable[[Answer, Window], Activity], most: int, model: str = ""
    ) -> dict[Dimensions, Used]:
        """All rows of a day. Raises Malformed where there are more pages than `most`."""
        totals: dict[Dimensions, Used] = defaultdict(Used)
        for number in range(1, most + 1):
            answer = await self.client.get(path, query(day, number, model))
            found = await asyncio.to_thread(parse_page, answer, day)
            if found.page != number:
                raise Malformed(f"page {found.page} came where page {number} was asked for")
            for dimensions, counted in found.rows.items():
                totals[dimensions] += Used(counted)
            if found.last:
                return totals
        raise _TooManyPages(f"there are more than {most} pages")


class _TooManyPages(Malformed):
    """There is more than should be read."""


def query(day: Window, page: int, model: str = "") -> list[tuple[str, str]]:
    """The parameters that ask for a page of one UTC day: LiteLLM's days are dates, both ends included."""
    named = date(day.start)
    asked = [("start_date", named), ("end_date", named), ("page", str(page)), ("page_size", str(ROWS_PER_PAGE))]
    return [*asked, ("model", model)] if model else asked
