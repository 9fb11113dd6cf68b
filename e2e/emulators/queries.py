"""What the questions of providers' organisation APIs have in common: days in buckets, groupings, filters, refusals."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from aiohttp import web

DAY = 86_400
WIDTHS = {"1m": 60, "1h": 3600, "1d": DAY}
_REFUSALS: dict[int, type[web.HTTPException]] = {
    400: web.HTTPBadRequest,
    401: web.HTTPUnauthorized,
    403: web.HTTPForbidden,
    404: web.HTTPNotFound,
    422: web.HTTPUnprocessableEntity,
}


@dataclass(frozen=True, slots=True)
class Endpoint:
    """What one endpoint accepts: bucket widths with default and largest limit, groupings, array filters by field.

    `width` is the name of the parameter that says how wide a bucket is.
    """

    limits: Mapping[str, tuple[int, int]]
    group_by: frozenset[str]
    filters: Mapping[str, str]
    width: str = "bucket_width"


@dataclass(frozen=True, slots=True)
class Query:
    """An accepted question; `start` is snapped to its bucket, `fingerprint` names everything but the cursor."""

    start: int
    end: int
    width: int
    limit: int
    group_by: tuple[str, ...]
    filters: Mapping[str, frozenset[str]]
    page: str
    fingerprint: str

    def admits(self, dimensions: Mapping[str, Any]) -> bool:
        """Whether a row passes every filter; an empty entry matches what has no value."""
        return all((dimensions[name] or "") in values for name, values in self.filters.items())


def fingerprint(params: Iterable[tuple[str, str]]) -> str:
    """A name for a question, whatever its cursor and the order of its parameters."""
    asked = sorted((name, value) for name, value in params if name != "page")
    return hashlib.sha256(json.dumps(asked).encode()).hexdigest()[:12]


def midnight(day: str) -> int:
    """The first second of a UTC day such as `2026-11-01`."""
    return int(datetime.fromisoformat(f"{day}T00:00:00+00:00").timestamp())


def refused(status: int, body: Mapping[str, Any]) -> web.HTTPException:
    """An error answer with a provider's own body."""
    return _REFUSALS[status](text=json.dumps(body), content_type="application/json")
