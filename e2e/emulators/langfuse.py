"""Langfuse's metrics and observations of version 2 on loopback, as strict as documented: what applications traced."""

from __future__ import annotations

import base64
import json
import re
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from aiohttp import web

from e2e.emulators.emulator import Emulator
from e2e.emulators.queries import refused

_FIELDS = frozenset(
    {"view", "dimensions", "metrics", "filters", "timeDimension", "fromTimestamp", "toTimestamp", "orderBy", "config"}
)
_GROUPED_BY = frozenset({"environment", "providedModelName", "name", "release", "traceName", "tags"})
_TOO_MANY = frozenset({"id", "traceId", "userId", "sessionId", "parentObservationId"})
_GRANULARITIES = {"minute": 16, "hour": 13}
"""How much of a time stands for so much of it."""
_MODELS_ONLY = {"column": "providedModelName", "operator": "is not null", "value": "", "type": "null"}
_BY_TYPE = {"column": "type", "type": "stringOptions"}
_OF_OBSERVATIONS = frozenset(
    {"fields", "limit", "cursor", "type", "level", "environment", "fromStartTime", "toStartTime"}
)
_TIME = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d{3})?Z")
_ANY_TIME = "2026-11-01T00:00:00Z"
_USUAL_OBSERVATIONS = 50
_MOST_ROWS = 1000
_USUAL_ROWS = 100


@dataclass(frozen=True, slots=True)
class Observation:
    """What was traced: so many calls of a model, or without a model a span. Tokens are of all; input includes cached ones."""

    at: str
    model: str | None
    input_tokens: int = 0
    output_tokens: int = 0
    calls: int = 1
    environment: str = "default"
    user: str | None = None
    tags: tuple[str, ...] = ()
    cached_tokens: int = 0
    level: str = "DEFAULT"
    kind: str = "GENERATION"

    @property
    def type(self) -> str:
        """What has no model is a span."""
        return self.kind if self.model else "SPAN"


SECRET = "what somebody asked and was answered"
"""Told to who asks for inputs and outputs."""


@dataclass(frozen=True, slots=True)
class Project:
    """Everything the emulator knows. A key pair is its two keys with a colon between them."""

    observations: tuple[Observation, ...] = ()
    key_pairs: frozenset[str] = frozenset({"pk-lf-emulated:sk-lf-emulated"})

    @classmethod
    def of(cls, data: Mapping[str, Any]) -> Project:
        """From plain data: the fields of this class, `observations` as a list of the fields of theirs."""
        pairs = {"key_pairs": frozenset(data["key_pairs"])} if "key_pairs" in data else {}
        rows = tuple(Observation(**{**row, "tags": tuple(row.get("tags", ()))}) for row in data.get("observations", ()))
        return cls(**{**data, **pairs, "observations": rows})


class LangfuseEmulator(Emulator[Project]):
    """The API of one project; its URL is what a UsageSource names."""

    def route(self, router: web.UrlDispatcher) -> None:
        router.add_get("/api/public/v2/metrics", self._metrics)
        router.add_get("/api/public/v2/observations", self._observations)

    def admit(self, request: web.Request) -> None:
        given = request.headers.get("Authorization", "")
        pairs = {f"Basic {base64.b64encode(pair.encode()).decode()}" for pair in self.organisation.key_pairs}
        if given not in pairs:
            message = "Invalid credentials. Confirm that you've configured the correct host."
            raise refused(401, {"message": message, "error": "UnauthorizedError"})

    async def _metrics(self, request: web.Request) -> web.Response:
        if set(request.query) != {"query"}:
            raise _refusal("Invalid request data: query is required, and nothing else is known")
        try:
            query = json.loads(request.query["query"])
        except ValueError:
            raise _refusal("Invalid JSON in query parameter") from None
        _check(query)
        most = query.get("config", {}).get("row_limit", _USUAL_ROWS)
        return web.json_response({"data": _rows(self.organisation, query)[:most]})

    async def _observations(self, request: web.Request) -> web.Response:
        """The newest first."""
        asked = request.query
        if unknown := set(asked) - _OF_OBSERVATIONS:
            raise _refusal(f"Unrecognized key: {min(unknown)}")
        limit = asked.get("limit", str(_USUAL_OBSERVATIONS))
        if not limit.isdecimal() or int(limit) > _MOST_ROWS:
            raise _refusal("limit must be between 0 and 1000")
        for name in ("fromStartTime", "toStartTime"):
            if not _TIME.fullmatch(asked.get(name, _ANY_TIME)):
                raise _refusal(f"{name} must be a datetime of ISO 8601")
        groups = frozenset(asked.get("fields", "core,basic").split(","))
        since, until = asked.get("fromStartTime", ""), asked.get("toStartTime", "9")
        found = [
            _observation(each, number, groups)
            for each in sorted(self.organisation.observations, key=lambda each: each.at, reverse=True)
            if since[:19] <= each.at[:19] < until[:19]
            if asked.get("type") in {None, each.type}
            for number in range(each.calls)
        ]
        meta = {"cursor": "bW9yZQ=="} if len(found) > int(limit) else {}
        return web.json_response({"data": found[: int(limit)], "meta": meta})


def _observation(each: Observation, number: int, groups: frozenset[str]) -> dict[str, Any]:
    """A call, with the groups of fields that were asked for."""
    given, cached, told = (of // each.calls for of in (each.input_tokens, each.cached_tokens, each.output_tokens))
    usage = {"input": given - cached, "input_cached_tokens": cached, "output": told, "total": given + told}
    told_by: dict[str, dict[str, Any]] = {
        "basic": {"name": SECRET, "level": each.level, "environment": each.environment, "statusMessage": None},
        "io": {"input": SECRET, "output": SECRET},
        "metadata": {"metadata": {"note": SECRET}},
        "model": {"model": each.model, "internalModelId": None, "modelParameters": {}},
        "usage": {"usageDetails": usage, "costDetails": {}, "totalCost": 0.1},
    }
    core = {"id": f"{each.at}-{number}", "type": each.type, "startTime": each.at, "projectId": "p", "traceId": "t"}
    return {**core, **{name: of for group in sorted(groups & told_by.keys()) for name, of in told_by[group].items()}}


def _check(query: Mapping[str, Any]) -> None:
    if unknown := set(query) - _FIELDS:
        raise _refusal(f"Unrecognized key in object: {min(unknown)}")
    if query.get("view") != "observations" or not query.get("metrics"):
        raise _refusal("Invalid view or metrics")
    for dimension in query.get("dimensions", ()):
        if dimension.get("field") in _TOO_MANY:
            raise _refusal(f"Dimension {dimension['field']} has high cardinality: use it in filters instead")
        if dimension.get("field") not in _GROUPED_BY:
            raise _refusal(f"Invalid dimension {dimension.get('field')}")
    if not str(query.get("fromTimestamp")) < str(query.get("toTimestamp")):
        raise _refusal("fromTimestamp must be before toTimestamp")
    if not all(each == _MODELS_ONLY or _is_by_type(each) for each in query.get("filters", ())):
        raise _refusal("Invalid filter")
    if query.get("timeDimension", {"granularity": "hour"}).get("granularity") not in _GRANULARITIES:
        raise _refusal("Invalid granularity")
    if not 1 <= query.get("config", {}).get("row_limit", _USUAL_ROWS) <= _MOST_ROWS:
        raise _refusal("row_limit must be between 1 and 1000")


def _is_by_type(each: Mapping[str, Any]) -> bool:
    how = each.get("operator"), each.get("value")
    return (
        each == {**_BY_TYPE, "operator": how[0], "value": how[1]} and how[0] in {"any of", "none of"} and bool(how[1])
    )


def _passes(each: Observation, by: Mapping[str, Any]) -> bool:
    if by == _MODELS_ONLY:
        return each.model is not None
    return (each.type in by["value"]) is (by["operator"] == "any of")


def _rows(project: Project, query: Mapping[str, Any]) -> list[dict[str, Any]]:
    names = [dimension["field"] for dimension in query.get("dimensions", ())]
    names += ["time_dimension"] if "timeDimension" in query else []
    groups: dict[tuple[str | None, ...], list[Observation]] = defaultdict(list)
    for each in project.observations:
        within = query["fromTimestamp"] <= each.at <= query["toTimestamp"]  # both ends count
        if within and all(_passes(each, by) for by in query.get("filters", ())):
            for key in _keys(each, names, query.get("timeDimension", {})):
                groups[key].append(each)
    return [
        dict(zip(names, key, strict=True)) | {_alias(metric): _measured(metric, rows) for metric in query["metrics"]}
        for key, rows in sorted(groups.items(), key=repr)
    ]


def _keys(each: Observation, names: list[str], time: Mapping[str, str]) -> list[tuple[str | None, ...]]:
    """Its groups: one for each of its tags, if it is grouped by them."""
    of: dict[str, str | None] = {"environment": each.environment, "providedModelName": each.model}
    begin = each.at[: _GRANULARITIES[time.get("granularity", "hour")]]
    of["time_dimension"] = begin + "0000-00-00T00:00:00Z"[len(begin) :]
    tags: tuple[str | None, ...] = each.tags or (None,)
    every = tags if "tags" in names else (None,)
    return [tuple(tag if name == "tags" else of.get(name) for name in names) for tag in every]


def _alias(metric: Mapping[str, str]) -> str:
    return f"{metric['aggregation']}_{metric['measure']}"


def _measured(metric: Mapping[str, str], rows: list[Observation]) -> str:
    """Counts of 64 bits are written as text."""
    of = {
        "inputTokens": sum(row.input_tokens for row in rows),
        "outputTokens": sum(row.output_tokens for row in rows),
        "count": sum(row.calls for row in rows),
    }
    if metric.get("measure") not in of or metric["aggregation"] != ("count" if metric["measure"] == "count" else "sum"):
        raise _refusal("Invalid measure or aggregation")
    return str(of[metric["measure"]])


def _refusal(message: str) -> web.HTTPException:
    """An error answer in Langfuse's shape."""
    return refused(400, {"message": message, "error": "InvalidRequestError"})
