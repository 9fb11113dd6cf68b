"""What OpenAI's organisation endpoints may be asked: each parameter checked as the API does, errors in its shape."""

from __future__ import annotations

import re
from collections.abc import Mapping

from aiohttp import web
from multidict import MultiMapping

from e2e.emulators.queries import WIDTHS, Endpoint, Query, fingerprint, refused

_SINGLE = ("start_time", "end_time", "bucket_width", "limit", "page")


_IDS = {"project_ids": "project_id", "user_ids": "user_id", "api_key_ids": "api_key_id"}
_USAGE_LIMITS = {"1d": (7, 31), "1h": (24, 168), "1m": (60, 1440)}
COSTS = Endpoint(
    limits={"1d": (7, 180)},
    group_by=frozenset({"project_id", "user_id", "line_item", "api_key_id", "api_source"}),
    filters={"project_ids": "project_id", "api_key_ids": "api_key_id", "line_items": "line_item"},
)
_KEYED = frozenset({"project_id", "user_id", "api_key_id"})


def _usage(group_by: frozenset[str], **more: str) -> Endpoint:
    """An endpoint of usage. `more` are its filters beside those of ids."""
    return Endpoint(_USAGE_LIMITS, group_by, _IDS | more if group_by >= _KEYED else {"project_ids": "project_id"})


_BY_MODEL = _usage(_KEYED | {"model"}, models="model")
_BY_PROJECT = _usage(frozenset({"project_id"}))
_BY_TIER = _usage(_KEYED | {"model", "batch", "service_tier", "api_source"}, models="model")
USAGE: Mapping[str, Endpoint] = {
    "completions": _BY_TIER,
    "decisions": _BY_TIER,
    "embeddings": _BY_MODEL,
    "moderations": _BY_MODEL,
    "images": _usage(_KEYED | {"model", "size", "source"}, models="model", sizes="size", sources="source"),
    "audio_speeches": _BY_MODEL,
    "audio_transcriptions": _BY_MODEL,
    "vector_stores": _BY_PROJECT,
    "code_interpreter_sessions": _BY_PROJECT,
    "file_search_calls": _usage(_KEYED | {"vector_store_id"}, vector_store_ids="vector_store_id"),
    "web_search_calls": _usage(
        _KEYED | {"model", "context_level", "api_source"}, models="model", context_levels="context_level"
    ),
}
"""What is counted, by the end of its path."""


def refusal(message: str, param: str | None, code: str | None = None, status: int = 400) -> web.HTTPException:
    """An error answer in OpenAI's shape."""
    body = {"error": {"message": message, "type": "invalid_request_error", "param": param, "code": code}}
    return refused(status, body)


def read(params: MultiMapping[str], endpoint: Endpoint, now: int) -> Query:
    """The question that the parameters ask. Raises the API's 400 for anything that it does not document."""
    arrays = {"group_by", *endpoint.filters}
    for name in params:
        if name not in _SINGLE and name.removesuffix("[]") not in arrays:
            raise refusal(f"Unknown parameter: '{name}'.", name, "unknown_parameter")
        if name in _SINGLE and len(params.getall(name)) > 1:
            raise refusal(f"Duplicate parameter: '{name}'.", name, "duplicate_parameter")
    if "start_time" not in params:
        raise refusal("Missing required parameter: 'start_time'.", "start_time", "missing_required_parameter")
    width = _one_of(params.get("bucket_width", "1d"), frozenset(endpoint.limits), "bucket_width")
    start = _number(params["start_time"], "start_time")
    end = _number(params["end_time"], "end_time") if "end_time" in params else now
    if end <= start:
        raise refusal("'end_time' must be after 'start_time'.", "end_time", "invalid_value")
    standard, most = endpoint.limits[width]
    limit = _number(params.get("limit", str(standard)), "limit")
    if not 1 <= limit <= most:
        raise refusal(f"Invalid 'limit': must be from 1 to {most}.", "limit", "integer_out_of_range")
    groups = tuple(_one_of(name, endpoint.group_by, "group_by") for name in _array(params, "group_by"))
    filters = {field: frozenset(_array(params, name)) for name, field in endpoint.filters.items()}
    filters = {field: values for field, values in filters.items() if values}
    page = params.get("page", "")
    return Query(start - start % WIDTHS[width], end, WIDTHS[width], limit, groups, filters, page, _named(params))


def _named(params: MultiMapping[str]) -> str:
    """With and without brackets an array asks the same."""
    return fingerprint((name.removesuffix("[]"), value) for name, value in params.items())


def _array(params: MultiMapping[str], name: str) -> list[str]:
    return [*params.getall(f"{name}[]", []), *params.getall(name, [])]


def _one_of(value: str, allowed: frozenset[str], param: str) -> str:
    if value not in allowed:
        supported = ", ".join(f"'{name}'" for name in sorted(allowed))
        raise refusal(f"Invalid value: '{value}'. Supported values are: {supported}.", param, "invalid_value")
    return value


def _number(text: str, param: str) -> int:
    if not re.fullmatch(r"[0-9]{1,12}", text):
        raise refusal(f"Invalid type for '{param}': expected an integer.", param, "invalid_type")
    return int(text)
