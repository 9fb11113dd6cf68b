"""An organisation at Anthropic as plain data, and what its endpoints answer from it before it is cut into pages."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, TypeAlias, TypeVar

from e2e.emulators.anthropic_lists import ApiKey, ServiceAccount, Workspace
from e2e.emulators.anthropic_queries import COMPONENTS
from e2e.emulators.queries import Query, midnight

Dimensions: TypeAlias = Mapping[str, Any]
FIELDS = {
    "workspace_id": "workspace",
    "api_key_id": "api_key",
    "user_profile_id": "user_profile",
    "actor": "actor",
    "model": "model",
    "service_tier": "service_tier",
    "context_window": "context_window",
    "inference_geo": "inference_geo",
    "speed": "speed",
    "cost_type": "cost_type",
    "token_type": "token_type",
    "description": "description",
}
"""Anthropic's dimensions, and the fields of a row here that hold them."""
_COUNTS = ("uncached_input_tokens", "cache_read_input_tokens", "output_tokens")
_CREATED = ("ephemeral_5m_input_tokens", "ephemeral_1h_input_tokens")


@dataclass(frozen=True, slots=True)
class Spend:
    """One line of the bill: `amount` in cents, as text. Without a `token_type` it is another `cost_type`'s."""

    day: str
    amount: str
    workspace: str = "wrkspc_default"
    api_key: str | None = None
    user_profile: str | None = None
    actor: Mapping[str, Any] | None = None
    model: str | None = None
    token_type: str | None = None
    cost_type: str = "tokens"
    service_tier: str | None = "standard"

    def __post_init__(self) -> None:
        if not isinstance(self.amount, str):
            raise TypeError(f"write the amount {self.amount!r} as text: it goes on the wire as it is")

    @property
    def description(self) -> str:
        """As the cost report words it."""
        return f"{self.model or self.cost_type} usage - {self.token_type or self.cost_type}"


@dataclass(frozen=True, slots=True)
class Usage:
    """What was used on one day; the input that no cache was asked for does not include the rest."""

    day: str
    model: str
    uncached_input_tokens: int = 0
    cache_read_input_tokens: int = 0
    ephemeral_5m_input_tokens: int = 0
    ephemeral_1h_input_tokens: int = 0
    output_tokens: int = 0
    requests: int = 1
    workspace: str = "wrkspc_default"
    api_key: str | None = None
    user_profile: str | None = None
    actor: Mapping[str, Any] | None = None
    service_tier: str | None = "standard"
    context_window: str | None = "0-200k"
    inference_geo: str | None = "global"
    speed: str | None = "standard"
    web_search_requests: int = 0


Row = TypeVar("Row", Spend, Usage)


@dataclass(frozen=True, slots=True)
class Organisation:
    """Everything the emulator knows, and how it behaves.

    Without `analytics` there are the Admin reports only. `refused` are dimensions that analytics are not grouped by.
    `rows_per_page` cuts answers smaller than asked; `refreshed_at` is how far its data reach.
    """

    costs: tuple[Spend, ...] = ()
    usage: tuple[Usage, ...] = ()
    admin_keys: frozenset[str] = frozenset({"sk-ant-admin-emulated"})
    scopeless_keys: frozenset[str] = frozenset()
    analytics: bool = True
    refused: frozenset[str] = frozenset()
    rows_per_page: int | None = None
    refreshed_at: str | None = "2026-11-02T00:05:00Z"
    default_workspace: str = "wrkspc_default"
    id: str = "org-emulated"
    workspaces: tuple[Workspace, ...] = ()
    keys: tuple[ApiKey, ...] = ()
    accounts: tuple[ServiceAccount, ...] = ()

    @classmethod
    def of(cls, data: Mapping[str, Any]) -> Organisation:
        """From plain data: the fields of this class, its rows and lists as lists of the fields of theirs."""
        sets = {name: frozenset(data[name]) for name in ("admin_keys", "scopeless_keys", "refused") if name in data}
        rows = {
            "costs": tuple(Spend(**{**row, "day": str(row["day"])}) for row in data.get("costs", ())),
            "usage": tuple(Usage(**{**row, "day": str(row["day"])}) for row in data.get("usage", ())),
            "workspaces": tuple(Workspace(**of) for of in data.get("workspaces", ())),
            "keys": tuple(ApiKey(**of) for of in data.get("keys", ())),
            "accounts": tuple(ServiceAccount(**of) for of in data.get("accounts", ())),
        }
        return cls(**{**data, **sets, **rows})


def cost_rows(organisation: Organisation, query: Query) -> list[list[dict[str, Any]]]:
    """Analytics: for each combination of what is grouped by, components apart, its rows; the dearest first."""
    found = []
    for start, grouped in _grouped(
        organisation.costs, query, [name for name in query.group_by if name not in COMPONENTS]
    ):
        split = [
            _analytics_row(rows, query, start, cost=_cost(rows, query))
            for _, rows in sorted(_by(grouped, query.group_by).items(), key=repr)
        ]
        found.append((-sum(Decimal(row.amount) for row in grouped), split))
    return [rows for _, rows in sorted(found, key=lambda each: each[0])]


def usage_rows(organisation: Organisation, query: Query) -> list[list[dict[str, Any]]]:
    """Analytics: the row of each combination."""
    return [
        [_analytics_row(rows, query, start, usage=_counts(rows) | _extras(rows))]
        for start, rows in _grouped(organisation.usage, query, query.group_by)
    ]


def report_costs(organisation: Organisation, query: Query, start: int) -> Iterator[dict[str, Any]]:
    """The cost report's results of one bucket: the Priority Tier is in none."""
    rows = [row for row in _of_day(organisation.costs, start) if row.service_tier != "priority"]
    for _, of in sorted(_by(rows, query.group_by).items(), key=repr):
        detailed = {"cost_type", "token_type", "model", "service_tier"} if "description" in query.group_by else set()
        shown = {name: _value(of[0], name) for name in detailed}
        yield {
            **dict.fromkeys(("cost_type", "token_type", "model", "service_tier", "context_window", "inference_geo")),
            **shown,
            **_reported(organisation, of[0], query, ("workspace_id", "description")),
            "amount": _total(of),
            "currency": "USD",
        }


def report_usage(organisation: Organisation, query: Query, start: int) -> Iterator[dict[str, Any]]:
    """The usage report's results of one bucket: it counts no requests."""
    names = ("workspace_id", "api_key_id", "model", "service_tier", "context_window", "inference_geo")
    for _, of in sorted(_by(_of_day(organisation.usage, start), query.group_by).items(), key=repr):
        yield {
            **_counts(of),
            **dict.fromkeys(("account_id", "service_account_id", "speed")),
            **_reported(organisation, of[0], query, names),
        }


def _grouped(rows: Iterable[Row], query: Query, by: Iterable[str]) -> Iterator[tuple[int, list[Row]]]:
    names = list(by)
    for start in range(query.start, query.end, query.width):
        mine = [row for row in _of_day(rows, start) if query.admits({name: _value(row, name) for name in FIELDS})]
        for _, of in sorted(_by(mine, names).items(), key=repr):
            yield start, of


def _of_day(rows: Iterable[Row], start: int) -> list[Row]:
    return [row for row in rows if midnight(row.day) == start]


def _by(rows: Iterable[Row], names: Iterable[str]) -> dict[str, list[Row]]:
    groups: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        groups[repr([_value(row, name) for name in names])].append(row)
    return groups


def _value(row: Spend | Usage, name: str) -> Any:
    return getattr(row, FIELDS[name], None)


def _analytics_row(rows: list[Row], query: Query, start: int, **metrics: Any) -> dict[str, Any]:
    group = {
        name: _value(rows[0], name) if name in query.group_by else None for name in FIELDS if name != "description"
    }
    return {"starting_at": rfc3339(start), "ending_at": rfc3339(start + query.width), "group": group, **metrics}


def _cost(rows: list[Spend], query: Query) -> dict[str, Any]:
    counted = None if set(query.group_by) & COMPONENTS else len(rows)
    return {"amount": _total(rows), "list_amount": _total(rows), "currency": "USD", "requests": counted}


def _counts(rows: list[Usage]) -> dict[str, Any]:
    totals = {name: sum(getattr(row, name) for row in rows) for name in (*_COUNTS, *_CREATED)}
    return {
        **{name: totals[name] for name in _COUNTS},
        "cache_creation": {name: totals[name] for name in _CREATED},
        "server_tool_use": {"web_search_requests": sum(row.web_search_requests for row in rows)},
    }


def _extras(rows: list[Usage]) -> dict[str, int]:
    everything = sum(getattr(row, name) for row in rows for name in (*_COUNTS, *_CREATED))
    return {"requests": sum(row.requests for row in rows), "total_tokens": everything}


def _reported(organisation: Organisation, row: Spend | Usage, query: Query, names: Iterable[str]) -> dict[str, Any]:
    """The dimensions of a report's result: the default workspace has no id there."""
    shown = {name: _value(row, name) if name in query.group_by else None for name in names}
    return {name: None if value == organisation.default_workspace else value for name, value in shown.items()}


def _total(rows: list[Spend]) -> str:
    """The sum; the amount of a single line keeps its own text."""
    return rows[0].amount if len(rows) == 1 else str(sum(Decimal(row.amount) for row in rows))


def rfc3339(at: int) -> str:
    """Such as 2026-11-01T00:00:00Z."""
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
