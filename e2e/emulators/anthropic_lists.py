"""Anthropic's lists of workspaces, API keys and service accounts, from plain data, cut into pages as documented."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from e2e.emulators.anthropic_queries import refusal

MOST_LISTED = 1000
_CREATED = "2026-01-05T09:00:00Z"
_WORKSPACES = frozenset({"limit", "after_id", "before_id", "include_archived", "include_default"})
_ACCOUNTS = frozenset({"limit", "page", "include_archived"})
_PER_PAGE = 20
_KEYS = frozenset({"limit", "after_id", "before_id", "created_by_user_id", "status", "workspace_id"})


@dataclass(frozen=True, slots=True)
class Workspace:
    """A workspace; the default one is listed only if it is asked for, as archived ones are."""

    id: str
    name: str
    tags: Mapping[str, str] = field(default_factory=dict)
    archived: bool = False
    default: bool = False


@dataclass(frozen=True, slots=True)
class ApiKey:
    """A key of a workspace."""

    id: str
    name: str
    workspace: str = "wrkspc_default"


@dataclass(frozen=True, slots=True)
class ServiceAccount:
    """An identity of a program."""

    id: str
    name: str


def accounts(found: Sequence[ServiceAccount], request: web.Request) -> web.Response:
    """A page of the service accounts, which has a cursor where there are more."""
    _known(request, _ACCOUNTS)
    start = int(request.query.get("page", "cursor_0").removeprefix("cursor_"))
    end = start + int(request.query.get("limit", _PER_PAGE))
    following = f"cursor_{end}" if end < len(found) else None
    return web.json_response({"data": [_account(of) for of in found[start:end]], "next_page": following})


def workspaces(found: Sequence[Workspace], request: web.Request) -> web.Response:
    """A page of the workspaces that are asked for."""
    archived, default = (request.query.get(name) == "true" for name in ("include_archived", "include_default"))
    wanted = [of for of in found if (archived or not of.archived) and (default or not of.default)]
    return _listed([_workspace(of) for of in wanted], request, _WORKSPACES)


def keys(found: Sequence[ApiKey], request: web.Request) -> web.Response:
    """A page of the keys."""
    return _listed([_key(of) for of in found], request, _KEYS)


def _listed(found: list[dict[str, Any]], request: web.Request, known: frozenset[str]) -> web.Response:
    _known(request, known)
    limit = int(request.query.get("limit", "20"))
    if not 1 <= limit <= MOST_LISTED:
        raise refusal(f"limit: Input should be from 1 to {MOST_LISTED}")
    after = request.query.get("after_id")
    ids = [of["id"] for of in found]
    if after is not None and after not in ids:
        raise refusal("after_id: no such object")
    start = ids.index(after) + 1 if after is not None else 0
    data = found[start : start + limit]
    ends = {"first_id": data[0]["id"] if data else None, "last_id": data[-1]["id"] if data else None}
    return web.json_response({"data": data, "has_more": len(found) > start + limit, **ends})


def _known(request: web.Request, parameters: frozenset[str]) -> None:
    if unknown := set(request.query) - parameters:
        raise refusal(f"{min(unknown)}: Extra inputs are not permitted")


def _account(of: ServiceAccount) -> dict[str, Any]:
    times = {"created_at": _CREATED, "updated_at": _CREATED, "archived_at": None}
    return {"id": of.id, "type": "service_account", "name": of.name, "organization_role": "developer", **times}


def _workspace(of: Workspace) -> dict[str, Any]:
    geo = {"allowed_inference_geos": "unrestricted", "default_inference_geo": "global", "workspace_geo": "us"}
    return {
        "id": of.id,
        "type": "workspace",
        "name": of.name,
        "tags": dict(of.tags),
        "archived_at": _CREATED if of.archived else None,
        "compartment_id": f"compartment_{of.id}",
        "created_at": _CREATED,
        "data_residency": geo,
        "display_color": "#6C5BB9",
        "external_key_id": None,
        "user_profile_id": None,
    }


def _key(of: ApiKey) -> dict[str, Any]:
    return {
        "id": of.id,
        "type": "api_key",
        "name": of.name,
        "created_at": _CREATED,
        "created_by": {"id": "user_ann", "type": "user"},
        "expires_at": None,
        "partial_key_hint": "sk-ant-api03-R2D...igAA",
        "principal": None,
        "scope": {"type": "workspace", "workspace_id": of.workspace},
        "status": "active",
    }
