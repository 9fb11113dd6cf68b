"""OpenAI's organisation API on loopback: costs, usage and projects, as strict as documented."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import Any

from aiohttp import web

from e2e.emulators.emulator import Emulator, turned
from e2e.emulators.openai_organisation import Key, Organisation, cost_results, usage_results
from e2e.emulators.openai_queries import COSTS, USAGE, read, refusal
from e2e.emulators.queries import Endpoint, Query
from e2e.emulators.raw_json import dumps

MOST_LISTED = 100


class OpenAIEmulator(Emulator[Organisation]):
    """The API of one organisation; the base URL for a UsageSource is its URL with `/v1`."""

    def headers(self) -> dict[str, str]:
        """Every answer names the organisation."""
        named = {"openai-organization": self.organisation.id} if self.organisation.id else {}
        return {"openai-version": "2020-10-01", **named}

    def route(self, router: web.UrlDispatcher) -> None:
        root = "/v1/organization"
        router.add_get(f"{root}/costs", self._buckets(COSTS, self._costs))
        for kind, endpoint in USAGE.items():
            router.add_get(f"{root}/usage/{kind}", self._buckets(endpoint, self._usage(kind)))
        router.add_get(f"{root}/projects", self._projects)
        router.add_get(f"{root}/projects/{{project}}/api_keys", self._keys)

    def admit(self, request: web.Request) -> None:
        header = request.headers.get("Authorization", "")
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
            try:
                number, following = turned(query.page, query.fingerprint, len(pages))
            except LookupError:
                raise refusal("Invalid 'page': it belongs to another query.", "page", "invalid_value") from None
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
        found = {identity: _project(identity, name) for identity, name in self.organisation.projects.items()}
        return _listed(found, request, "include_archived")

    async def _keys(self, request: web.Request) -> web.Response:
        project = request.match_info["project"]
        if project not in self.organisation.projects:
            raise refusal(f"No such project: {project}.", None, "not_found", 404)
        keys = {key.identity: _key(key) for key in self.organisation.keys if key.project == project}
        return _listed(keys, request, "owner_project_access")


def _listed(found: Mapping[str, dict[str, Any]], request: web.Request, *more: str) -> web.Response:
    """A page of a list, whose next page begins after an id."""
    unknown = set(request.query) - {"limit", "after", *more}
    if unknown:
        raise refusal(f"Unknown parameter: '{min(unknown)}'.", min(unknown), "unknown_parameter")
    limit, after = int(request.query.get("limit", "20")), request.query.get("after", "")
    if not 1 <= limit <= MOST_LISTED:
        raise refusal(f"Invalid 'limit': must be from 1 to {MOST_LISTED}.", "limit", "integer_out_of_range")
    left = [found[identity] for identity in sorted(found) if identity > after]
    data = left[:limit]
    ends = {"first_id": data[0]["id"] if data else None, "last_id": data[-1]["id"] if data else None}
    return web.json_response({"object": "list", "data": data, **ends, "has_more": len(left) > limit})


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


def _key(key: Key) -> dict[str, Any]:
    person = {"id": "user_ann", "name": "Ann", "email": "ann@example.com", "created_at": 1_780_000_000, "role": "owner"}
    owner: dict[str, Any] = {"type": "user", "user": person}
    if key.service_account:
        identity, name = key.service_account
        account = {"id": identity, "name": name, "created_at": 1_780_000_000, "role": "member"}
        owner = {"type": "service_account", "service_account": account}
    return {
        "id": key.identity,
        "object": "organization.project.api_key",
        "name": key.name,
        "redacted_value": "sk-…abc",
        "created_at": 1_780_000_000,
        "last_used_at": 1_780_000_000,
        "owner": owner,
        "owner_project_access": "active",
    }
