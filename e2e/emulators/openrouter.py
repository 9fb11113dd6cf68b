"""OpenRouter's activity and API keys on loopback, as strict as documented: completed UTC days, by endpoint.

A key's activity is a question of its own; keys that were deleted are in no list, and their activity stays.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from aiohttp import web

from e2e.emulators.emulator import Emulator
from e2e.emulators.queries import refused
from e2e.emulators.raw_json import Raw, dumps

_ACTIVITY = frozenset({"date", "api_key_hash", "user_id", "group_by", "workspace_id"})
_KEYS = frozenset({"include_disabled", "include_expired", "offset", "workspace_id"})
DEFAULT_WORKSPACE = "0e0f2c3e-0000-4000-8000-000000000000"


@dataclass(frozen=True, slots=True)
class Spend:
    """What one key, or with None the chat room or a key that is gone, spent on a model on a day; dollars as text."""

    day: str
    model: str
    usage: str
    key: str | None = None
    workspace: str = DEFAULT_WORKSPACE
    provider: str = "OpenAI"
    byok: str = "0"
    prompt_tokens: int = 100
    completion_tokens: int = 10
    cached_tokens: int = 0
    requests: int = 1


@dataclass(frozen=True, slots=True)
class Key:
    """An API key that is there."""

    hash: str
    name: str = ""
    workspace: str = DEFAULT_WORKSPACE
    disabled: bool = False
    last_used: str | None = "2026-11-01T23:59:59Z"


@dataclass(frozen=True, slots=True)
class Account:
    """Everything the emulator knows. `today` is going on: neither it nor what is more than 30 days older is told."""

    spent: tuple[Spend, ...] = ()
    keys: tuple[Key, ...] = ()
    management_keys: frozenset[str] = frozenset({"sk-or-emulated"})
    inference_keys: frozenset[str] = frozenset()
    today: str = "2026-11-02"
    oldest: str = "2026-10-03"
    keys_per_page: int = 100

    @classmethod
    def of(cls, data: Mapping[str, Any]) -> Account:
        """From plain data: the fields of this class, `spent` and `keys` as lists of the fields of theirs."""
        sets = {name: frozenset(data[name]) for name in ("management_keys", "inference_keys") if name in data}
        spent = tuple(Spend(**{**row, "day": str(row["day"])}) for row in data.get("spent", ()))
        return cls(**{**data, **sets, "spent": spent, "keys": tuple(Key(**key) for key in data.get("keys", ()))})


class OpenRouterEmulator(Emulator[Account]):
    """The API of one account; the base URL for a UsageSource is its URL with `/api/v1`."""

    def route(self, router: web.UrlDispatcher) -> None:
        router.add_get("/api/v1/activity", self._activity)
        router.add_get("/api/v1/keys", self._keys)

    def admit(self, request: web.Request) -> None:
        key = request.headers.get("Authorization", "").removeprefix("Bearer ")
        if key in self.organisation.inference_keys:
            raise _refusal(403, "Only management keys can perform this operation")
        if key not in self.organisation.management_keys:
            raise _refusal(401, "Missing Authentication header")

    async def _activity(self, request: web.Request) -> web.Response:
        asked = request.query
        _check(asked, _ACTIVITY)
        if asked.get("group_by", "workspace") != "workspace":
            raise _refusal(400, "Invalid option: expected one of 'workspace'")
        if "date" in asked and not self._told(asked["date"]):
            raise _refusal(400, "Date must be within the last 30 (completed) UTC days")
        if "api_key_hash" in asked and not re.fullmatch("[0-9a-f]{64}", asked["api_key_hash"]):
            raise _refusal(400, "Invalid API key hash")
        rows = [row for row in self.organisation.spent if self._told(row.day) and _admits(asked, row)]
        data = [_item(mine, asked) for mine in _grouped(rows, by_workspace="group_by" in asked)]
        return web.Response(text=dumps({"data": data}), content_type="application/json")

    async def _keys(self, request: web.Request) -> web.Response:
        asked = request.query
        _check(asked, _KEYS)
        if not asked.get("offset", "0").isdecimal():
            raise _refusal(400, "Invalid input: expected number, received NaN")
        workspace, offset = asked.get("workspace_id", DEFAULT_WORKSPACE), int(asked.get("offset", "0"))
        shown = asked.get("include_disabled") == "true"
        mine = [key for key in self.organisation.keys if key.workspace == workspace and (shown or not key.disabled)]
        page = mine[offset : offset + self.organisation.keys_per_page]
        return web.json_response({"data": [_key(key) for key in page]})

    def _told(self, day: str) -> bool:
        return self.organisation.oldest <= day < self.organisation.today


def _check(asked: Mapping[str, str], known: frozenset[str]) -> None:
    if unknown := set(asked) - known:
        raise _refusal(400, f"Unrecognized key: {min(unknown)}")


def _admits(asked: Mapping[str, str], row: Spend) -> bool:
    of = {"date": row.day, "api_key_hash": row.key, "workspace_id": row.workspace}
    return all(asked[name] == value for name, value in of.items() if name in asked)


def _grouped(rows: Iterable[Spend], *, by_workspace: bool) -> list[list[Spend]]:
    found: dict[tuple[str, ...], list[Spend]] = defaultdict(list)
    for row in rows:
        found[row.day, row.model, row.provider, row.workspace if by_workspace else ""].append(row)
    return [found[of] for of in sorted(found)]


def _item(rows: list[Spend], asked: Mapping[str, str]) -> dict[str, Any]:
    first = rows[0]
    return {
        "date": first.day,
        "model": first.model,
        "model_permaslug": f"{first.model}-2026-08-01",
        "endpoint_id": f"{first.provider.lower()}-{first.model}",
        "provider_name": first.provider,
        "usage": Raw(_sum(row.usage for row in rows)),
        "byok_usage_inference": Raw(_sum(row.byok for row in rows)),
        "requests": sum(row.requests for row in rows),
        "prompt_tokens": sum(row.prompt_tokens for row in rows),
        "completion_tokens": sum(row.completion_tokens for row in rows),
        "reasoning_tokens": 0,
        "cached_tokens": sum(row.cached_tokens for row in rows),
        **({"workspace_id": first.workspace} if "group_by" in asked else {}),
    }


def _sum(amounts: Iterable[str]) -> str:
    """The sum; the amount of a single row keeps its own text, exponent included."""
    all_of_them = list(amounts)
    return all_of_them[0] if len(all_of_them) == 1 else str(sum(map(Decimal, all_of_them)))


def _key(key: Key) -> dict[str, Any]:
    periods = ("", "_daily", "_weekly", "_monthly")
    return {
        "hash": key.hash,
        "name": key.name,
        "label": "sk-or-v1-0e6...1c96",
        "disabled": key.disabled,
        "workspace_id": key.workspace,
        "creator_user_id": "user_2dHFtVWx2n56w6HkM0000000000",
        "external_user": None,
        "include_byok_in_limit": False,
        "limit": None,
        "limit_remaining": None,
        "limit_reset": None,
        "created_at": "2026-08-24T10:30:00Z",
        "updated_at": None,
        "last_used_at": key.last_used,
        **{f"{kind}{period}": 0 for kind in ("usage", "byok_usage") for period in periods},
    }


def _refusal(status: int, message: str) -> web.HTTPException:
    """An error answer in OpenRouter's shape: the code is the status."""
    return refused(status, {"error": {"code": status, "message": message}})
