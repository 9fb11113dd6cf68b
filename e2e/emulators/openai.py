"""OpenAI's organisation API on loopback: costs, usage and projects, as strict as documented.

`python -m e2e.emulators.openai --scenario FILE` serves a YAML file with the fields of Organisation, and `faults`.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import click
import yaml
from aiohttp import web
from aiohttp.typedefs import Handler

from e2e.emulators.faults import AGAIN, Fault, injecting, scripted
from e2e.emulators.openai_organisation import Organisation, cost_results, usage_results
from e2e.emulators.openai_queries import COMPLETIONS, COSTS, EMBEDDINGS, Endpoint, Query, read, refusal
from e2e.emulators.raw_json import dumps
from e2e.emulators.serving import Asked, Serving


class OpenAIEmulator:
    """The API of one organisation. While it serves, `organisation` may be replaced and `faults` edited."""

    def __init__(self, organisation: Organisation, faults: Sequence[Fault] = ()) -> None:
        self.organisation = organisation
        self.faults = list(faults)
        self.asked: list[Asked] = []

    @property
    def app(self) -> web.Application:
        """A new application that serves it."""
        app = web.Application(middlewares=[self._record, injecting(self.faults), self._authorise])
        app.router.add_get("/v1/organization/costs", self._buckets(COSTS, self._costs))
        app.router.add_get("/v1/organization/usage/completions", self._buckets(COMPLETIONS, self._usage("completions")))
        app.router.add_get("/v1/organization/usage/embeddings", self._buckets(EMBEDDINGS, self._usage("embeddings")))
        app.router.add_get("/v1/organization/projects", self._projects)
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
            self._admit(request.headers.get("Authorization", ""))
            return await handler(request)
        except web.HTTPException as error:
            if error.content_type == "application/json":
                return web.Response(text=error.text, status=error.status, content_type="application/json")
            return web.json_response({"error": {"message": error.reason}}, status=error.status)

    def _admit(self, header: str) -> None:
        key = header.removeprefix("Bearer ")
        if not header.startswith("Bearer ") or not key:
            raise refusal("You didn't provide an API key.", None, None, 401)
        if key in self.organisation.scopeless_keys:
            message = "You have insufficient permissions for this operation. Missing scopes: api.usage.read."
            raise refusal(message, None, "missing_scope", 403)
        if key not in self.organisation.admin_keys:
            raise refusal(f"Incorrect API key provided: {key}.", None, "invalid_api_key", 401)

    def _buckets(
        self, endpoint: Endpoint, results: Callable[[Query, int], Iterator[dict[str, Any]]]
    ) -> Callable[[web.Request], Any]:
        async def handle(request: web.Request) -> web.Response:
            now = int(datetime.fromisoformat(self.organisation.now).timestamp())
            query = read(request.query, endpoint, now)
            if endpoint is COSTS and any(pair <= set(query.group_by) for pair in self.organisation.refused):
                raise refusal("This combination of group_by is not supported.", "group_by", "invalid_value")
            pages = list(self._pages(query, results))
            number = _page_number(query, len(pages))
            following = f"page_{query.fingerprint}_{number + 1}" if number + 1 < len(pages) else None
            page = {
                "object": "page",
                "data": pages[number],
                "has_more": following is not None,
                "next_page": following,
            }
            return web.Response(text=dumps(page), content_type="application/json")

        return handle

    def _pages(
        self, query: Query, results: Callable[[Query, int], Iterator[dict[str, Any]]]
    ) -> Iterator[list[dict[str, Any]]]:
        starts = range(query.start, query.end, query.width)
        for first in range(0, len(starts), query.limit):
            buckets = [(start, list(results(query, start))) for start in starts[first : first + query.limit]]
            most = max(1, *(len(found) for _, found in buckets))
            step = self.organisation.results_per_page or most
            for offset in range(0, most, step):
                yield [_bucket(start, query, found[offset : offset + step]) for start, found in buckets]

    def _costs(self, query: Query, start: int) -> Iterator[dict[str, Any]]:
        return cost_results(self.organisation, query, start)

    def _usage(self, kind: str) -> Callable[[Query, int], Iterator[dict[str, Any]]]:
        return lambda query, start: usage_results(self.organisation, query, start, kind)

    async def _projects(self, request: web.Request) -> web.Response:
        unknown = set(request.query) - {"limit", "after", "include_archived"}
        if unknown:
            raise refusal(f"Unknown parameter: '{min(unknown)}'.", min(unknown), "unknown_parameter")
        limit, after = int(request.query.get("limit", "20")), request.query.get("after", "")
        names = sorted(item for item in self.organisation.projects.items() if item[0] > after)
        data = [_project(*item) for item in names[:limit]]
        ends = {"first_id": data[0]["id"] if data else None, "last_id": data[-1]["id"] if data else None}
        return web.json_response({"object": "list", "data": data, **ends, "has_more": len(names) > limit})


def _bucket(start: int, query: Query, results: list[dict[str, Any]]) -> dict[str, Any]:
    return {"object": "bucket", "start_time": start, "end_time": start + query.width, "results": results}


def _project(identity: str, name: str) -> dict[str, Any]:
    return {
        "id": identity,
        "object": "organization.project",
        "name": name,
        "created_at": 1_780_000_000,
        "archived_at": None,
        "status": "active",
    }


def _page_number(query: Query, pages: int) -> int:
    cursor = query.page.removeprefix(AGAIN)
    if not cursor:
        return 0
    fingerprint, _, number = cursor.removeprefix("page_").partition("_")
    if fingerprint != query.fingerprint or not number.isdecimal() or int(number) >= pages:
        raise refusal("Invalid 'page': it belongs to another query.", "page", "invalid_value")
    return int(number)


@click.command()
@click.option("--scenario", type=click.Path(exists=True, dir_okay=False, path_type=Path), required=True)
@click.option("--port", default=0, show_default=True, help="0: any free one.")
def main(scenario: Path, port: int) -> None:
    """Serve until interrupted; the base URL is printed first."""
    data = yaml.safe_load(scenario.read_text())
    faults = scripted(data.pop("faults", ()))
    with OpenAIEmulator(Organisation.of(data), faults).serving(port) as serving:
        print(f"{serving.url}/v1", flush=True)
        threading.Event().wait()


if __name__ == "__main__":
    main()
