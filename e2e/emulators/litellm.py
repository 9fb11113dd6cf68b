"""A LiteLLM proxy's daily activity on loopback, as strict as documented: who used which model, by virtual key.

Pages are cut over the rows of its table, and a page's totals are of that page only, as in LiteLLM.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from aiohttp import web

from e2e.emulators.emulator import Emulator
from e2e.emulators.queries import refused

COUNTS = (
    "prompt_tokens",
    "completion_tokens",
    "cache_read_input_tokens",
    "cache_creation_input_tokens",
    "successful_requests",
    "failed_requests",
)
_COMMON = frozenset({"start_date", "end_date", "model", "api_key", "page", "page_size"})
_OF_USERS = _COMMON | {"user_id", "timezone", "include_current_utc_day"}
_OF_CUSTOMERS = _COMMON | {"end_user_ids", "exclude_end_user_ids"}
_LARGEST_PAGE = 1000
_USUAL_PAGE = 50
_NOBODY = "Unassigned"


@dataclass(frozen=True, slots=True)
class Use:
    """A row of the proxy's table: a virtual key's use of a model on a day. Prompt tokens include cached and written ones."""

    day: str
    model: str
    prompt_tokens: int
    completion_tokens: int = 0
    cache_read_input_tokens: int = 0
    cache_creation_input_tokens: int = 0
    successful_requests: int = 1
    failed_requests: int = 0
    key: str = "88dc28d0f030c55ed4ab77ed8faf098196cb1c05df778539800c9f1243fe6b4b"
    alias: str | None = None
    team: str | None = None
    user: str | None = None
    provider: str = "openai"
    customer: str | None = None


@dataclass(frozen=True, slots=True)
class Proxy:
    """Everything the emulator knows."""

    usage: tuple[Use, ...] = ()
    admin_keys: frozenset[str] = frozenset({"sk-litellm-emulated"})
    virtual_keys: frozenset[str] = frozenset()
    rows_per_page: int | None = None
    tells_customers: bool = True

    @classmethod
    def of(cls, data: Mapping[str, Any]) -> Proxy:
        """From plain data: the fields of this class, `usage` as a list of the fields of Use."""
        sets = {name: frozenset(data[name]) for name in ("admin_keys", "virtual_keys") if name in data}
        usage = tuple(Use(**{**row, "day": str(row["day"])}) for row in data.get("usage", ()))
        return cls(**{**data, **sets, "usage": usage})


class LiteLLMEmulator(Emulator[Proxy]):
    """The proxy's API; its URL is what a UsageSource names."""

    def route(self, router: web.UrlDispatcher) -> None:
        router.add_get("/user/daily/activity", self._of_users)
        router.add_get("/customer/daily/activity", self._of_customers)

    def admit(self, request: web.Request) -> None:
        key = request.headers.get("Authorization", "").removeprefix("Bearer ")
        if key in self.organisation.virtual_keys:
            raise _refusal(403, "auth_error", "Only proxy admin can be used to view all users' activity")
        if key not in self.organisation.admin_keys:
            raise _refusal(
                401, "auth_error", f"Authentication Error, Invalid proxy server token passed. Received={key[:6]}"
            )

    async def _of_users(self, request: web.Request) -> web.Response:
        return self._activity(request, self.organisation.usage, "user", _OF_USERS)

    async def _of_customers(self, request: web.Request) -> web.Response:
        """The table of customers has only rows that have one."""
        if not self.organisation.tells_customers:
            raise web.HTTPNotFound
        rows = [use for use in self.organisation.usage if use.customer]
        return self._activity(request, rows, "customer", _OF_CUSTOMERS)

    def _activity(self, request: web.Request, usage: Iterable[Use], entity: str, known: frozenset[str]) -> web.Response:
        wrong = _wrong(request.query, known)
        if wrong:
            raise _refusal(422 if wrong.startswith("unknown") else 400, "bad_request_error", wrong)
        first, last = request.query["start_date"], request.query["end_date"]
        rows = sorted(
            (use for use in usage if first <= use.day <= last and request.query.get("model") in {None, use.model}),
            key=lambda use: (use.day, use.key, use.model),
        )
        size = min(int(request.query.get("page_size", _USUAL_PAGE)), self.organisation.rows_per_page or _LARGEST_PAGE)
        page = int(request.query.get("page", 1))
        mine = rows[(page - 1) * size : page * size]
        pages = max(1, -(-len(rows) // size))
        paging = {"page": page, "total_pages": pages, "has_more": page < pages}
        totals = {f"total_{name}": value for name, value in _metrics(mine).items()}
        days = sorted({use.day for use in mine})
        results = [_result(day, [use for use in mine if use.day == day], entity) for day in days]
        return web.json_response({"results": results, "metadata": totals | paging})


def _wrong(query: Mapping[str, str], known: frozenset[str]) -> str:
    """What is wrong with the parameters; empty if nothing."""
    unknown = set(query) - known
    if unknown:
        return f"unknown query parameter: {min(unknown)}"
    for name in ("start_date", "end_date"):
        if not re.fullmatch(r"\d{4}-\d{2}-\d{2}", query.get(name, "")):
            return f"Please provide {name} in the format YYYY-MM-DD"
    numbers = (query.get("page", "1"), query.get("page_size", str(_USUAL_PAGE)))
    if not all(number.isdecimal() for number in numbers) or int(numbers[0]) < 1:
        return "page and page_size must be whole numbers from 1 on"
    return "" if int(numbers[1]) <= _LARGEST_PAGE else f"page_size must be {_LARGEST_PAGE} at most"


def _result(day: str, rows: list[Use], entity: str) -> dict[str, Any]:
    breakdown = {
        name: {of: _entry(mine) for of, mine in _by(rows, field, nobody).items()}
        for name, field, nobody in (
            ("models", "model", ""),
            ("providers", "provider", ""),
            ("entities", entity, _NOBODY),
        )
    }
    keys = {key: _of_key(mine) for key, mine in _by(rows, "key").items()}
    rest: dict[str, Any] = {"model_groups": {}, "endpoints": {}, "mcp_servers": {}, "guardrails": {}}
    return {"date": day, "metrics": _metrics(rows), "breakdown": breakdown | rest | {"api_keys": keys}}


def _entry(rows: list[Use]) -> dict[str, Any]:
    keys = {key: _of_key(mine) for key, mine in _by(rows, "key").items()}
    return {"metrics": _metrics(rows), "metadata": {}, "api_key_breakdown": keys}


def _of_key(rows: list[Use]) -> dict[str, Any]:
    metadata = {"key_alias": rows[0].alias, "team_id": rows[0].team, "user_id": rows[0].user, "user_email": None}
    return {"metrics": _metrics(rows), "metadata": metadata}


def _by(rows: Iterable[Use], name: str, nobody: str = "") -> Mapping[str, list[Use]]:
    found: dict[str, list[Use]] = defaultdict(list)
    for row in rows:
        found[getattr(row, name) or nobody].append(row)
    return found


def _metrics(rows: Iterable[Use]) -> dict[str, Any]:
    mine = list(rows)
    counts = {name: sum(getattr(row, name) for row in mine) for name in COUNTS}
    return {
        "spend": 0.0,
        **counts,
        "total_tokens": counts["prompt_tokens"] + counts["completion_tokens"],
        "api_requests": counts["successful_requests"] + counts["failed_requests"],
    }


def _refusal(status: int, kind: str, message: str) -> web.HTTPException:
    """An error answer in LiteLLM's shape."""
    body = {"error": {"message": message, "type": kind, "param": None, "code": str(status)}}
    return refused(status, body)
