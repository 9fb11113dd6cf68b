"""What Anthropic's organisation endpoints may be asked: each parameter checked as documented, errors in its shape."""

from __future__ import annotations

import re
from datetime import UTC, datetime

from aiohttp import web
from multidict import MultiMapping

from e2e.emulators.queries import DAY, WIDTHS, Endpoint, Query, fingerprint, midnight, refused

COMPONENTS = frozenset({"cost_type", "token_type"})
"""These count neither towards the five dimensions nor towards a page's limit."""
MOST_DIMENSIONS = 5
LONGEST_DAYS = 31
EARLIEST = "2026-01-01"
_SINGLE = frozenset({"starting_at", "ending_at", "limit", "page", "order", "order_by"})
_ANALYTICS = frozenset(
    {
        "actor", "actor_type", "agent_id", "api_key_id", "context_window", "deployment_id", "environment_id",
        "inference_geo", "model", "organization_id", "product", "rbac_group_id", "service_tier", "session_id", "speed",
        "user_profile_id", "workspace_id", "slack_channel_id",
    }
)  # fmt: skip
_ANALYTICS_WIDTH = "time_bucket_width"
_FILTERS = {"workspace_ids": "workspace_id", "api_key_ids": "api_key_id", "models": "model"}
_CHOICES = {
    "service_tiers": frozenset({"batch", "flex", "flex_discount", "priority", "priority_on_demand", "standard"}),
    "context_windows": frozenset({"0-200k", "200k-1M"}),
    "inference_geos": frozenset({"global", "not_available", "us"}),
    "speeds": frozenset({"fast", "standard"}),
}
"""What some filters may be; `not_available` is what has no region."""
_ANALYTICS_FILTERS = _FILTERS | {name: name.removesuffix("s") for name in _CHOICES}

_ROWS = {"1d": (20, 1000), "1h": (20, 1000), "1m": (20, 1000)}
COST = Endpoint(_ROWS, _ANALYTICS | COMPONENTS, _ANALYTICS_FILTERS, _ANALYTICS_WIDTH)
USAGE = Endpoint(_ROWS, _ANALYTICS, _ANALYTICS_FILTERS, _ANALYTICS_WIDTH)
COST_REPORT = Endpoint({"1d": (7, 31)}, frozenset({"workspace_id", "description"}), {})
USAGE_REPORT = Endpoint(
    {"1d": (7, 31), "1h": (24, 168), "1m": (60, 1440)},
    frozenset({"account_id", "api_key_id", "context_window", "inference_geo", "model", "service_tier", "workspace_id"}),
    _FILTERS,
)


def refusal(message: str, status: int = 400, kind: str = "invalid_request_error") -> web.HTTPException:
    """An error answer in Anthropic's shape."""
    body = {"type": "error", "error": {"type": kind, "message": message}, "request_id": "req_emulated"}
    return refused(status, body)


def read(params: MultiMapping[str], endpoint: Endpoint) -> Query:
    """The question that the parameters ask. Raises the API's 400 for anything that it does not document."""
    _known(params, endpoint)
    if "starting_at" not in params:
        raise refusal("starting_at: Field required")
    if endpoint.width == _ANALYTICS_WIDTH and endpoint.width in params and "ending_at" not in params:
        raise refusal("ending_at: required when time_bucket_width is set")
    width = WIDTHS[_one_of(params.get(endpoint.width, "1d"), frozenset(endpoint.limits), endpoint.width)]
    start = _instant(params["starting_at"], "starting_at")
    end = _instant(params["ending_at"], "ending_at") if "ending_at" in params else start + width
    if start < midnight(EARLIEST) or not start < end <= start + LONGEST_DAYS * DAY:
        raise refusal(f"ending_at: from {EARLIEST} on, after starting_at, and {LONGEST_DAYS} days at most")
    standard, most = endpoint.limits[params.get(endpoint.width, "1d")]
    limit = int(params.get("limit", standard)) if params.get("limit", "1").isdecimal() else 0
    if not 1 <= limit <= most:
        raise refusal(f"limit: Input should be from 1 to {most}")
    groups = tuple(_one_of(name, endpoint.group_by, "group_by") for name in params.getall("group_by[]", []))
    if len(set(groups) - COMPONENTS) > MOST_DIMENSIONS or len(groups) != len(set(groups)):
        raise refusal(f"group_by: at most {MOST_DIMENSIONS} different dimensions")
    filters = {field: frozenset(_chosen(params, name)) for name, field in endpoint.filters.items()}
    filters = {field: values for field, values in filters.items() if values}
    page = params.get("page", "")
    return Query(start - start % width, end, width, limit, groups, filters, page, fingerprint(params.items()))


def _known(params: MultiMapping[str], endpoint: Endpoint) -> None:
    arrays = {f"{name}[]" for name in ("group_by", *endpoint.filters)}
    for name in params:
        if name not in _SINGLE | {endpoint.width} | arrays:
            raise refusal(f"{name}: Extra inputs are not permitted")
        if name not in arrays and len(params.getall(name)) > 1:
            raise refusal(f"{name}: given more than once")


def _chosen(params: MultiMapping[str], name: str) -> list[str]:
    """The values of a filter, as rows have them."""
    values = params.getall(f"{name}[]", [])
    allowed = _CHOICES.get(name, frozenset(values))
    return ["" if _one_of(value, allowed, name) == "not_available" else value for value in values]


def _one_of(value: str, allowed: frozenset[str], name: str) -> str:
    if value not in allowed:
        raise refusal(f"{name}: Input should be {', '.join(sorted(allowed))}")
    return value


def _instant(text: str, name: str) -> int:
    """A time with its zone: a bare date is refused."""
    if not re.fullmatch(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(Z|[+-]\d{2}:\d{2})", text):
        raise refusal(f"{name}: Input should be an RFC 3339 datetime with a timezone")
    return int(datetime.fromisoformat(text).astimezone(UTC).timestamp())
