"""Anthropic's organisation API on loopback: analytics and the Admin reports before them, as strict as documented.

`python -m e2e.emulators.anthropic --scenario FILE` serves a YAML file with the fields of Organisation, and `faults`.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from itertools import chain
from pathlib import Path
from typing import Any

import click
import yaml
from aiohttp import web
from aiohttp.typedefs import Handler

from e2e.emulators.anthropic_organisation import (
    Organisation,
    cost_rows,
    report_costs,
    report_usage,
    rfc3339,
    usage_rows,
)
from e2e.emulators.anthropic_queries import COST, COST_REPORT, USAGE, USAGE_REPORT, Endpoint, Query, read, refusal
from e2e.emulators.faults import AGAIN, Fault, injecting, scripted
from e2e.emulators.raw_json import dumps
from e2e.emulators.serving import Asked, Serving

BETA = "analytics-usage-cost-2026-08-24"
VERSIONS = ("2023-06-01", "2026-10-21")


class AnthropicEmulator:
    """The API of one organisation. While it serves, `organisation` may be replaced and `faults` edited."""

    def __init__(self, organisation: Organisation, faults: Sequence[Fault] = ()) -> None:
        self.organisation = organisation
        self.faults = list(faults)
        self.asked: list[Asked] = []

    @property
    def app(self) -> web.Application:
        """A new application that serves it."""
        app = web.Application(middlewares=[self._record, injecting(self.faults), self._authorise])
        root = "/v1/organizations"
        app.router.add_get(f"{root}/analytics/cost", self._analytics(COST, cost_rows))
        app.router.add_get(f"{root}/analytics/usage", self._analytics(USAGE, usage_rows))
        app.router.add_get(f"{root}/cost_report", self._report(COST_REPORT, report_costs))
        app.router.add_get(f"{root}/usage_report/messages", self._report(USAGE_REPORT, report_usage))
        return app

    def serving(self, port: int = 0) -> Serving:
        """It, ready to be started; the base URL for a UsageSource is the URL with `/v1`."""
        return Serving(self.app, port)

    @web.middleware
    async def _record(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        self.asked.append(Asked(request.path, tuple(request.query.items())))
        return await handler(request)

    @web.middleware
    async def _authorise(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        try:
            self._admit(request)
            return await handler(request)
        except web.HTTPException as error:
            if error.content_type != "application/json":
                error = refusal("Not found", 404, "not_found_error")
            return web.Response(text=error.text, status=error.status, content_type="application/json")

    def _admit(self, request: web.Request) -> None:
        key = request.headers.get("x-api-key") or request.headers.get("Authorization", "").removeprefix("Bearer ")
        if not key:
            raise refusal("x-api-key header is required", 401, "authentication_error")
        if key in self.organisation.scopeless_keys:
            raise refusal("This API key does not have the read:analytics scope", 403, "permission_error")
        if key not in self.organisation.admin_keys:
            raise refusal("invalid x-api-key", 401, "authentication_error")
        if request.headers.get("anthropic-version") not in VERSIONS:
            raise refusal("anthropic-version: header is required")

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
    number = _number(query, len(pages))
    following = f"page_{query.fingerprint}_{number + 1}" if number + 1 < len(pages) else None
    page = {"data": pages[number], "has_more": following is not None, "next_page": following, **more}
    return web.Response(text=dumps(page), content_type="application/json")


def _number(query: Query, pages: int) -> int:
    cursor = query.page.removeprefix(AGAIN)
    if not cursor:
        return 0
    fingerprint, _, number = cursor.removeprefix("page_").partition("_")
    if fingerprint != query.fingerprint or not number.isdecimal() or int(number) >= pages:
        raise refusal("page: it belongs to another query")
    return int(number)


@click.command()
@click.option("--scenario", type=click.Path(exists=True, dir_okay=False, path_type=Path), required=True)
@click.option("--port", default=0, show_default=True, help="0: any free one.")
def main(scenario: Path, port: int) -> None:
    """Serve until interrupted; the base URL is printed first."""
    data = yaml.safe_load(scenario.read_text())
    faults = scripted(data.pop("faults", ()))
    with AnthropicEmulator(Organisation.of(data), faults).serving(port) as serving:
        print(f"{serving.url}/v1", flush=True)
        threading.Event().wait()


if __name__ == "__main__":
    main()
