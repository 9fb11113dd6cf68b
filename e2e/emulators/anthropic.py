"""Anthropic's organisation API on loopback: analytics, the Admin reports before them and lists of names, as strict as documented."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import chain
from typing import Any

from aiohttp import web

from e2e.emulators import anthropic_lists
from e2e.emulators.anthropic_organisation import (
    Organisation,
    cost_rows,
    report_costs,
    report_usage,
    rfc3339,
    usage_rows,
)
from e2e.emulators.anthropic_queries import COST, COST_REPORT, USAGE, USAGE_REPORT, read, refusal
from e2e.emulators.emulator import Emulator, turned
from e2e.emulators.queries import Endpoint, Query
from e2e.emulators.raw_json import dumps

BETA = "analytics-usage-cost-2026-08-24"
VERSIONS = ("2023-06-01", "2026-10-21")


class AnthropicEmulator(Emulator[Organisation]):
    """The API of one organisation; the base URL for a UsageSource is its URL with `/v1`."""

    def headers(self) -> dict[str, str]:
        """Every answer names the organisation."""
        return {"anthropic-organization-id": self.organisation.id}

    def route(self, router: web.UrlDispatcher) -> None:
        root = "/v1/organizations"
        router.add_get(f"{root}/analytics/cost", self._analytics(COST, cost_rows))
        router.add_get(f"{root}/analytics/usage", self._analytics(USAGE, usage_rows))
        router.add_get(f"{root}/cost_report", self._report(COST_REPORT, report_costs))
        router.add_get(f"{root}/usage_report/messages", self._report(USAGE_REPORT, report_usage))
        router.add_get(f"{root}/workspaces", self._workspaces)
        router.add_get(f"{root}/api_keys", self._keys)
        router.add_get(f"{root}/service_accounts", self._accounts)

    def admit(self, request: web.Request) -> None:
        key = request.headers.get("x-api-key") or request.headers.get("Authorization", "").removeprefix("Bearer ")
        if not key:
            raise refusal("x-api-key header is required", 401, "authentication_error")
        if key in self.organisation.scopeless_keys:
            raise refusal("This API key does not have the read:analytics scope", 403, "permission_error")
        if key not in self.organisation.admin_keys:
            raise refusal("invalid x-api-key", 401, "authentication_error")
        if request.headers.get("anthropic-version") not in VERSIONS:
            raise refusal("anthropic-version: header is required")

    def error(self, reason: str) -> dict[str, Any]:
        error = {"type": "not_found_error", "message": reason}
        return {"type": "error", "error": error, "request_id": "req_emulated"}

    def _analytics(
        self, endpoint: Endpoint, rows: Callable[[Organisation, Query], list[list[dict[str, Any]]]]
    ) -> Callable[[web.Request], Any]:
        async def handle(request: web.Request) -> web.Response:
            if not self.organisation.analytics or BETA not in request.headers.get("anthropic-beta", ""):
                raise refusal("Not found", 404, "not_found_error")
            query = read(request.query, endpoint)
            if denied := self.organisation.refused & set(query.group_by):
                raise refusal(f"group_by: {min(denied)} is not available for this organization")
            found = rows(self.organisation, query)
            step = min(query.limit, self.organisation.rows_per_page or query.limit)
            pages = [list(chain.from_iterable(found[at : at + step])) for at in range(0, len(found), step)] or [[]]
            mark = {"data_refreshed_at": self.organisation.refreshed_at}
            return _page(query, pages, mark)

        return handle

    def _report(
        self, endpoint: Endpoint, results: Callable[[Organisation, Query, int], Iterator[dict[str, Any]]]
    ) -> Callable[[web.Request], Any]:
        async def handle(request: web.Request) -> web.Response:
            query = read(request.query, endpoint)
            return _page(query, list(self._buckets(query, results)), {})

        return handle

    async def _workspaces(self, request: web.Request) -> web.Response:
        return anthropic_lists.workspaces(self.organisation.workspaces, request)

    async def _keys(self, request: web.Request) -> web.Response:
        return anthropic_lists.keys(self.organisation.keys, request)

    async def _accounts(self, request: web.Request) -> web.Response:
        return anthropic_lists.accounts(self.organisation.accounts, request)

    def _buckets(
        self, query: Query, results: Callable[[Organisation, Query, int], Iterator[dict[str, Any]]]
    ) -> Iterator[list[dict[str, Any]]]:
        starts = range(query.start, query.end, query.width)
        for first in range(0, len(starts), query.limit):
            yield [
                {**_times(start, query), "results": list(results(self.organisation, query, start))}
                for start in starts[first : first + query.limit]
            ]


def _times(start: int, query: Query) -> dict[str, str]:
    return {"starting_at": rfc3339(start), "ending_at": rfc3339(start + query.width)}


def _page(query: Query, pages: list[list[dict[str, Any]]], more: dict[str, Any]) -> web.Response:
    try:
        number, following = turned(query.page, query.fingerprint, len(pages))
    except LookupError:
        raise refusal("page: it belongs to another query") from None
    page = {"data": pages[number], "has_more": following is not None, "next_page": following, **more}
    return web.Response(text=dumps(page), content_type="application/json")
