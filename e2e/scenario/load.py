"""Scenario files: YAML into a scenario. Unknown or missing fields raise at once, with the name of the part."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import yaml

from e2e.scenario.model import Card, Node, Owner, Pod, Sampling, Scenario, Server

_TIMES = ("created", "gone", "scheduled", "ended")
_ANY_IDS = uuid.UUID("6f9c1d7e-6a53-4f0b-9d6d-0b6f4b1f2a11")


class ScenarioError(Exception):
    """The file does not describe a scenario; the message names the part."""


def load(path: Path) -> Scenario:
    """The scenario in a file. Raises ScenarioError."""
    data = yaml.safe_load(path.read_text())
    try:
        return Scenario(
            sampling=Sampling(**{name: _instant(value) for name, value in data["sampling"].items()}),
            namespaces=tuple(data.get("namespaces", ())),
            nodes=tuple(_node(node) for node in data.get("nodes", ())),
            pods=tuple(_pod(pod) for pod in data.get("pods", ())),
            servers=tuple(Server(**server) for server in data.get("servers", ())),
            honor_labels=data.get("honor_labels", False),
            providers={name: dict(_provider(of)) for name, of in data.get("providers", {}).items()},
            prices=data.get("prices", {}),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise ScenarioError(f"{path.name}: {error!r}") from error


def _node(data: Mapping[str, Any]) -> Node:
    name = data["name"]
    cards = tuple(card for of in data.get("cards", ()) for card in _cards(name, of))
    return Node(**{"uid": _uid("node", name), **_timed(data), "cards": cards})


def _cards(node: str, data: Mapping[str, Any]) -> Iterator[Card]:
    """One card, or with `count` as many as that, numbered from `index` on."""
    of = {key: value for key, value in data.items() if key not in ("count", "index", "uuid")}
    for index in range(data.get("index", 0), data.get("index", 0) + data.get("count", 1)):
        yield Card(index=index, uuid=data.get("uuid", f"GPU-{_uid('card', node, str(index))}"), **of)


def _pod(data: Mapping[str, Any]) -> Pod:
    owners = tuple(Owner(**owner) for owner in data.get("owners", ()))
    uid = _uid("pod", data["namespace"], data["name"])
    return Pod(**{"uid": uid, **_timed(data), "owners": owners, "cards": tuple(data.get("cards", ()))})


def _provider(data: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """Plain data; a row with `days: [first, last]` instead of `day` stands for one row on each of them."""
    for name, value in data.items():
        rows = isinstance(value, list) and all(isinstance(row, Mapping) for row in value)
        yield name, [each for row in value for each in _on_days(row)] if rows else value


def _on_days(row: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    if "days" not in row:
        yield dict(row)
        return
    first, last = (date.fromisoformat(str(day)) for day in row["days"])
    rest = {key: value for key, value in row.items() if key != "days"}
    for offset in range((last - first).days + 1):
        yield {**rest, "day": (first + timedelta(days=offset)).isoformat()}


def _timed(data: Mapping[str, Any]) -> dict[str, Any]:
    return {key: _instant(value) if key in _TIMES else value for key, value in data.items()}


def _instant(value: Any) -> int:
    """Seconds as they are; times as YAML reads them, which must be UTC."""
    if isinstance(value, datetime):
        return int(value.replace(tzinfo=value.tzinfo or UTC).timestamp())
    if isinstance(value, int):
        return value
    raise ValueError(f"{value!r} is neither seconds nor a time such as 2026-11-01T00:00:00Z")


def _uid(*of: str) -> str:
    """The same for the same object in every run."""
    return str(uuid.uuid5(_ANY_IDS, "/".join(of)))
