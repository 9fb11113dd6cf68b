"""Anthropic's bill and usage: the analytics API of 2026, and where an account has none, the Admin reports before it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from aicost.core.declarations import Source
from aicost.core.gaps import Feed
from aicost.core.window import Window
from aicost.ports import BillReading
from aicost.sources.tokens.anthropic.analytics import BETA, Analytics
from aicost.sources.tokens.anthropic.reports import Reports
from aicost.sources.tokens.client import Access, Client, Provider
from aicost.sources.tokens.daily import ReadDay, days_of, read_bill
from aicost.sources.tokens.pages import EndpointMissing, QueryRefused

ANTHROPIC = Provider(
    name="anthropic",
    base_url="https://api.anthropic.com/v1",
    headers=lambda key: {"x-api-key": key, "anthropic-version": "2023-06-01", "anthropic-beta": BETA},
    needs="an Admin API key is needed (sk-ant-admin...), or one with the scope read:analytics; a workspace's key cannot "
    "read the organisation's costs",
)


class AnthropicBill:
    """Reads an organisation's costs, and what was used, day by day."""

    def __init__(self, access: Access) -> None:
        self._access = access

    async def read(self, source: Source, over: Window) -> BillReading:
        """Each UTC day that the window touches: complete, or a gap that says why; one poll reads the Secret once."""

        def reads(client: Client) -> Mapping[Feed, ReadDay]:
            pages = self._access.limits.pages
            poll = _Poll(Analytics(source, client, pages, days_of(over)[-1]), Reports(source, client, pages))
            return {Feed.BILLS: poll.costs, Feed.USAGE: poll.usage}

        return await read_bill(ANTHROPIC, source, self._access, over, reads)


@dataclass(slots=True)
class _Poll:
    """The questions of one poll; once the analytics API is found missing, the rest of the poll asks the reports."""

    analytics: Analytics
    reports: Reports
    has_analytics: bool = True

    async def costs(self, day: Window) -> BillReading:
        if self.has_analytics:
            try:
                return await self.analytics.costs(day)
            except (EndpointMissing, QueryRefused):
                self.has_analytics = False
        return await self.reports.costs(day)

    async def usage(self, day: Window) -> BillReading:
        if self.has_analytics:
            try:
                return await self.analytics.usage(day)
            except (EndpointMissing, QueryRefused):
                self.has_analytics = False
        return await self.reports.usage(day)
