"""An organisation at OpenAI as plain data, and what its endpoints answer from it before it is cut into pages."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from e2e.emulators.openai_queries import USAGE
from e2e.emulators.queries import Query, midnight
from e2e.emulators.raw_json import Raw

_NEVER_TOLD = ("api_source", "source", "vector_store_id", "context_level")
RESULTS = {"file_search_calls": "file_searches", "web_search_calls": "web_searches"}
"""What results are called where it is not the end of the path."""
COUNTED = {
    "images": "images",
    "audio_speeches": "characters",
    "audio_transcriptions": "seconds",
    "vector_stores": "usage_bytes",
    "code_interpreter_sessions": "num_sessions",
    "file_search_calls": "num_requests",
    "web_search_calls": "num_requests",
}
"""The field of what a kind counts beside requests, where that is no tokens."""
_PARTS = {
    "input": ("input_audio", "input_image"),
    "input_cached": ("input_cached_audio", "input_cached_image"),
    "output": ("output_audio", "output_image"),
}
_WITHOUT_REQUESTS = ("vector_stores", "code_interpreter_sessions", "file_search_calls")


@dataclass(frozen=True, slots=True)
class Cost:
    """One line of the bill: `amount` in whole units of the currency, as text; a null dimension is the Console's."""

    day: str
    amount: str
    project: str | None = None
    api_key: str | None = None
    line_item: str | None = None
    user: str | None = None
    currency: str = "usd"
    quantity: str | None = None
    quantity_unit: str | None = None

    def __post_init__(self) -> None:
        if not isinstance(self.amount, str):
            raise TypeError(f"write the amount {self.amount!r} as text: it goes on the wire as it is")

    @property
    def dimensions(self) -> dict[str, str | None]:
        """By OpenAI's names."""
        return {
            "project_id": self.project,
            "user_id": self.user,
            "line_item": self.line_item,
            "api_key_id": self.api_key,
            "api_source": None,
        }


@dataclass(frozen=True, slots=True)
class Usage:
    """What was used in one hour: `input_tokens` include cached ones and cache writes.

    `count` is what kinds beside completions, decisions, embeddings and moderations count: images, seconds, sessions. `parts`
    are tokens that are no text, by what stands before `_tokens` in their names: `input_audio` (what no cache gave),
    `input_cached_audio`, `output_audio`, and the same of images.
    """

    day: str
    model: str
    input_tokens: int = 0
    output_tokens: int = 0
    cached_tokens: int = 0
    cache_write_tokens: int = 0
    requests: int = 1
    project: str | None = None
    api_key: str | None = None
    user: str | None = None
    kind: str = "completions"
    hour: int = 0
    count: int = 0
    batch: bool | None = None
    service_tier: str | None = None
    parts: Mapping[str, int] = field(default_factory=dict, hash=False)
    size: str | None = None

    def __post_init__(self) -> None:
        if unknown := self.parts.keys() - {part for parts in _PARTS.values() for part in parts}:
            raise ValueError(f"OpenAI tells of no such parts: {', '.join(sorted(unknown))}")
        if min(_texts([self]).values()) < 0:
            raise ValueError("parts of tokens are more than the tokens that include them")

    @property
    def dimensions(self) -> dict[str, str | bool | None]:
        """By OpenAI's names."""
        return {
            "project_id": self.project,
            "user_id": self.user,
            "api_key_id": self.api_key,
            "model": self.model or None,
            "batch": self.batch,
            "service_tier": self.service_tier,
            "size": self.size,
            **dict.fromkeys(_NEVER_TOLD),
        }


@dataclass(frozen=True, slots=True)
class Key:
    """An API key of a project, of a service account or else of a person."""

    identity: str
    project: str
    name: str = ""
    service_account: tuple[str, str] | None = None


@dataclass(frozen=True, slots=True)
class Organisation:
    """Everything the emulator knows, and how it behaves.

    `refused` are sets of dimensions that costs are not grouped by together; `results_per_page` cuts a bucket's
    results over pages; `now` (RFC 3339) ends the last bucket of a question without end. Without an `id` no answer names it.
    """

    costs: tuple[Cost, ...] = ()
    usage: tuple[Usage, ...] = ()
    projects: Mapping[str, str] = field(default_factory=dict)
    keys: tuple[Key, ...] = ()
    admin_keys: frozenset[str] = frozenset({"sk-admin-emulated"})
    scopeless_keys: frozenset[str] = frozenset()
    refused: tuple[frozenset[str], ...] = ()
    results_per_page: int | None = None
    id: str = "org-emulated"
    now: str = "2026-11-02T00:00:00+00:00"

    @classmethod
    def of(cls, data: Mapping[str, Any]) -> Organisation:
        """From plain data: the fields of this class, `costs` and `usage` as lists of the fields of theirs."""
        sets = {name: frozenset(data[name]) for name in ("admin_keys", "scopeless_keys") if name in data}
        rows: dict[str, Any] = {
            "keys": tuple(Key(**key) for key in data.get("keys", ())),
            "costs": tuple(Cost(**{**row, "day": str(row["day"])}) for row in data.get("costs", ())),
            "usage": tuple(Usage(**{**row, "day": str(row["day"])}) for row in data.get("usage", ())),
        }
        if "refused" in data:
            rows["refused"] = tuple(frozenset(names) for names in data["refused"])
        return cls(**{**data, **sets, **rows})


def cost_results(organisation: Organisation, query: Query, start: int) -> Iterator[dict[str, Any]]:
    """The results of one bucket of costs."""
    groups: dict[tuple[str | None, ...], list[Cost]] = defaultdict(list)
    for cost in organisation.costs:
        if _within(midnight(cost.day), query, start) and query.admits(cost.dimensions):
            groups[*_key(cost.dimensions, query), cost.currency].append(cost)
    for key in sorted(groups, key=repr):
        yield _cost_result(groups[key], query)


def _cost_result(costs: list[Cost], query: Query) -> dict[str, Any]:
    quantities = [Decimal(cost.quantity) for cost in costs if cost.quantity is not None]
    units = {cost.quantity_unit for cost in costs}
    split = "line_item" in query.group_by and bool(quantities) and len(units) == 1
    return {
        "object": "organization.costs.result",
        "amount": {"value": Raw(_total(costs)), "currency": costs[0].currency},
        **_shown(costs[0].dimensions, query),
        "quantity": Raw(str(sum(quantities))) if split else None,
        "quantity_unit": costs[0].quantity_unit if split else None,
    }


def _total(costs: list[Cost]) -> str:
    """The sum; the amount of a single line keeps its own text, exponent included."""
    return costs[0].amount if len(costs) == 1 else str(sum(Decimal(cost.amount) for cost in costs))


def usage_results(organisation: Organisation, query: Query, start: int, kind: str) -> Iterator[dict[str, Any]]:
    """The results of one bucket of usage of a kind."""
    groups: dict[tuple[str | None, ...], list[Usage]] = defaultdict(list)
    for usage in organisation.usage:
        at = midnight(usage.day) + 3600 * usage.hour
        if usage.kind == kind and _within(at, query, start) and query.admits(usage.dimensions):
            groups[_key(usage.dimensions, query)].append(usage)
    for key in sorted(groups, key=repr):
        yield _usage_result(groups[key], query, kind)


def _usage_result(rows: list[Usage], query: Query, kind: str) -> dict[str, Any]:
    shown = {name: value for name, value in _shown(rows[0].dimensions, query).items() if name in USAGE[kind].group_by}
    return {"object": f"organization.usage.{RESULTS.get(kind, kind)}.result", **_counts(rows, kind), **shown}


def _counts(rows: list[Usage], kind: str) -> dict[str, int]:
    requests = {"num_model_requests": sum(row.requests for row in rows)}
    if kind in COUNTED:
        counts = {COUNTED[kind]: sum(row.count for row in rows)}
        return counts if kind in _WITHOUT_REQUESTS else counts | requests
    counts = {"input_tokens": sum(row.input_tokens for row in rows)}
    return counts | requests | (_of_completions(rows) if kind in ("completions", "decisions") else {})


def _of_completions(rows: list[Usage]) -> dict[str, int]:
    cached, written = sum(row.cached_tokens for row in rows), sum(row.cache_write_tokens for row in rows)
    return {
        "output_tokens": sum(row.output_tokens for row in rows),
        "input_cached_tokens": cached,
        "input_cache_write_tokens": written,
        "input_uncached_tokens": sum(row.input_tokens for row in rows) - cached - written,
        **{f"{whole}_text_tokens": count for whole, count in _texts(rows).items()},
        **{f"{part}_tokens": _part(rows, part) for parts in _PARTS.values() for part in parts},
    }


def _texts(rows: list[Usage]) -> dict[str, int]:
    """What of each whole is text: of uncached input, of what caches gave, of output."""
    cached, written = sum(row.cached_tokens for row in rows), sum(row.cache_write_tokens for row in rows)
    wholes = {
        "input": sum(row.input_tokens for row in rows) - cached - written,
        "input_cached": cached,
        "output": sum(row.output_tokens for row in rows),
    }
    return {name: whole - sum(_part(rows, part) for part in _PARTS[name]) for name, whole in wholes.items()}


def _part(rows: list[Usage], part: str) -> int:
    return sum(row.parts.get(part, 0) for row in rows)


def _within(at: int, query: Query, start: int) -> bool:
    return start <= at < start + query.width


def _key(dimensions: Mapping[str, Any], query: Query) -> tuple[Any, ...]:
    return tuple(dimensions[name] for name in sorted(query.group_by))


def _shown(dimensions: Mapping[str, Any], query: Query) -> dict[str, Any]:
    return {name: value if name in query.group_by else None for name, value in dimensions.items()}
