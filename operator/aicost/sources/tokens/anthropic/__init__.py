"""Anthropic's bill and usage: the analytics API of 2026, and where an account has none, the Admin reports before it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial

from aicost.core.declarations import BASE_URLS, Source
from aicost.core.gaps import Feed
from aicost.core.window import Window
from aicost.ports import BillReading
from aicost.sources.tokens.anthropic.analytics import BETA, Analytics
from aicost.sources.tokens.anthropic.names import Names
from aicost.sources.tokens.anthropic.reports import Reports
from aicost.sources.tokens.client import Access, Client, Provider
from aicost.sources.tokens.daily import ReadDay, days_of, read_bill
from aicost.sources.tokens.groupings import Refusals
from aicost.sources.tokens.naming import Naming
from aicost.sources.tokens.pages import EndpointMissing, QueryRefused

ANTHROPIC = Provider(
    name="anthropic",
    base_url=BASE_URLS["Anthropic"],
    headers=lambda key: {"x-api-key": key, "anthropic-version": "2023-06-01", "anthropic-beta": BETA},
    needs="an Admin API key is needed (sk-ant-admin...), or one with the scope read:analytics; a workspace's key cannot "
    "read the organisation's costs",
    organisation="anthropic-organization-id",
)


class AnthropicBill:
    """Reads an organisation's costs, and what was used, day by day."""

    def __init__(self, access: Access) -> None:
        self._access = access
        self._analysed: set[str] = set()
        self._refusals = Refusals(access.limits.refusal_s)
        self._naming = Naming(Names(access.limits.pages).ask, access.limits.day_s)

    async def read(self, source: Source, over: Window) -> BillReading:
        """Each UTC day that the window touches: complete, or a gap that says why; one poll reads the Secret once."""

        def reads(client: Client) -> Mapping[Feed, ReadDay]:
            pages = self._access.limits.pages
            analytics = Analytics(source, client, pages, days_of(over)[-1], self._refusals)
            reports = Reports(source, client, pages)
            poll = _Poll(analytics, reports, f"{source.name} {source.url} {source.secret}", self._analysed)
            return {Feed.BILLS: poll.costs, Feed.USAGE: poll.usage}

        naming = partial(self._naming.read, source=source.name)
        return await read_bill(ANTHROPIC, source, self._access, over, reads, naming=naming)


@dataclass(slots=True)
class _Poll:
    """The questions of one poll; once the analytics API is found missing, the rest of the poll asks the reports.

    An account that had it once (`analysed`) has it still: to fall back would be to lose what the reports leave out.
    """

    analytics: Analytics
    reports: Reports
    account: str
    analysed: set[str]
    has_analytics: bool = True

    async def costs(self, day: Window) -> BillReading:
        return await self._either(day, self.analytics.costs, self.reports.costs)

    async def usage(self, day: Window) -> BillReading:
        return await self._either(day, self.analytics.usage, self.reports.usage)

    async def _either(self, day: Window, analytics: ReadDay, reports: ReadDay) -> BillReading:
        if self.has_analytics:
            try:
                reading = await analytics(day)
            except (EndpointMissing, QueryRefused):
                if self.account in self.analysed:
                    raise
                self.has_analytics = False
            else:
                self.analysed.add(self.account)
                return reading
        return await reports(day)
