"""A LiteLLM proxy's daily activity and logs on loopback, as strict as documented: who used which model, by virtual key.

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
_OF_LOGS = frozenset(
    {"start_date", "end_date", "page", "page_size", "status_filter", "cache_hit_filter", "api_key", "model"}
)
_LARGEST_PAGE = 1000
_LARGEST_PAGE_OF_OLD_LOGS = 100
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
class Call:
    """So many alike rows of the proxy's logs, each a request; `at` is `2026-11-01 09:00:00`."""

    at: str
    model: str
    prompt_tokens: int
    completion_tokens: int
    times: int = 1
    key: str = "88dc28d0f030c55ed4ab77ed8faf098196cb1c05df778539800c9f1243fe6b4b"
    customer: str | None = None
    call_type: str = "acompletion"
    cache_hit: str = "False"
    status: str | None = "success"


SECRET = "what somebody asked and was answered"
"""Old versions tell it with each request."""


@dataclass(frozen=True, slots=True)
class Proxy:
    """Everything the emulator knows; it counts no more than `count_cap` logs of a question, as LiteLLM does.

    Without `logs` of their own it logs what its usage counts, at noon of each day; an empty tuple is a proxy that keeps none.
    """

    usage: tuple[Use, ...] = ()
    logs: tuple[Call, ...] | None = None
    count_cap: int = 10_000
    admin_keys: frozenset[str] = frozenset({"sk-litellm-emulated"})
    virtual_keys: frozenset[str] = frozenset()
    rows_per_page: int | None = None
    tells_customers: bool = True

    @classmethod
    def of(cls, data: Mapping[str, Any]) -> Proxy:
        """From plain data: the fields of this class, `usage` as a list of the fields of Use."""
        sets = {name: frozenset(data[name]) for name in ("admin_keys", "virtual_keys") if name in data}
        usage = tuple(Use(**{**row, "day": str(row["day"])}) for row in data.get("usage", ()))
        logs = {"logs": tuple(Call(**row) for row in data["logs"])} if "logs" in data else {}
        return cls(**{**data, **sets, "usage": usage, **logs})

    @property
    def logged(self) -> tuple[Call, ...]:
        """The rows of its logs."""
        return tuple(_noon(use) for use in self.usage if use.successful_requests) if self.logs is None else self.logs


def _noon(use: Use) -> Call:
    """The mean request of a row of usage, as often as it was made."""
    given, told = (of // use.successful_requests for of in (use.prompt_tokens, use.completion_tokens))
    at, times = f"{use.day} 12:00:00", use.successful_requests
    return Call(at, use.model, given, told, times, use.key, use.customer)


class LiteLLMEmulator(Emulator[Proxy]):
    """The proxy's API; its URL is what a UsageSource names."""

    def route(self, router: web.UrlDispatcher) -> None:
        router.add_get("/user/daily/activity", self._of_users)
        router.add_get("/customer/daily/activity", self._of_customers)
        router.add_get("/spend/logs/v2", self._logged)

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

    async def _logged(self, request: web.Request) -> web.Response:
        """The newest first, and of those that are counted alone."""
        query = request.query
        if wrong := _wrong_of_logs(query):
            raise _refusal(422 if wrong.startswith("unknown") else 400, "bad_request_error", wrong)
        found = [
            (call, number)
            for call in sorted(self.organisation.logged, key=lambda call: call.at, reverse=True)
            if query["start_date"] <= call.at <= query["end_date"]
            if query.get("status_filter") in {None, call.status or "success"}
            for number in range(call.times)
        ]
        page, size = int(query.get("page", 1)), int(query.get("page_size", _USUAL_PAGE))
        total = min(len(found), self.organisation.count_cap)
        paging = {"total": total, "page": page, "page_size": size, "total_pages": -(-total // size)}
        data = [_log(*each) for each in found[(page - 1) * size : page * size]]
        return web.json_response({"data": data, **paging, "total_is_capped": total < len(found)})

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


def _wrong_of_logs(query: Mapping[str, str]) -> str:
    """What is wrong with the parameters of a question about logs; empty if nothing."""
    if unknown := set(query) - _OF_LOGS:
        return f"unknown query parameter: {min(unknown)}"
    for name in ("start_date", "end_date"):
        if not re.fullmatch(r"\d{4}-\d{2}-\d{2} \d{2}:\d{2}:\d{2}", query.get(name, "")):
            return f"Invalid date format: {name}. Expected: 'YYYY-MM-DD HH:MM:SS'"
    numbers = (query.get("page", "1"), query.get("page_size", str(_USUAL_PAGE)))
    if not all(number.isdecimal() and int(number) for number in numbers):
        return "page and page_size must be whole numbers from 1 on"
    return "" if int(numbers[1]) <= _LARGEST_PAGE_OF_OLD_LOGS else "page_size must be 100 at most"


def _log(call: Call, number: int) -> dict[str, Any]:
    """A row of the logs, with all that old versions told."""
    return {
        "request_id": f"chatcmpl-{call.at}-{number}",
        "call_type": call.call_type,
        "api_key": call.key,
        "spend": 0.001,
        "total_tokens": call.prompt_tokens + call.completion_tokens,
        "prompt_tokens": call.prompt_tokens,
        "completion_tokens": call.completion_tokens,
        "startTime": f"{call.at.replace(' ', 'T')}.120000",
        "model": call.model,
        "model_group": call.model,
        "custom_llm_provider": "openai",
        "metadata": {"user_api_key_alias": None, "note": SECRET},
        "messages": [{"role": "user", "content": SECRET}],
        "response": {"choices": [{"message": {"content": SECRET}}]},
        "cache_hit": call.cache_hit,
        "end_user": call.customer or "",
        "requester_ip_address": "10.0.0.7",
        "status": call.status,
    }


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
