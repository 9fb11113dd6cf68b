"""The objects beside this file, as data: what must be accepted unchanged, and what must be refused with which message.

The pure tests of the models read them too: both sides must judge alike.
"""

from __future__ import annotations

from copy import deepcopy
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

OBJECTS = Path(__file__).parent / "objects"


@dataclass(frozen=True, slots=True)
class Refused:
    """An invalid object; `message` is in the API server's answer, `offline` in the models'."""

    case: str
    manifest: dict[str, Any]
    message: str
    offline: str

    def __str__(self) -> str:
        return f"{self.manifest['kind']}: {self.case}"


def accepted(group: str) -> list[dict[str, Any]]:
    """The objects of `minimal` or `full`."""
    return [manifest for path in sorted((OBJECTS / group).glob("*.yaml")) for manifest in _documents(path)]


def refused() -> list[Refused]:
    """The objects that must be refused."""
    [cases] = _documents(OBJECTS / "invalid.yaml")
    return [
        Refused(case["case"], _changed(case), case["message"], case.get("offline", case["message"])) for case in cases
    ]


def named(manifest: dict[str, Any]) -> str:
    """How a test shows an object."""
    return f"{manifest['kind']}/{manifest['metadata']['name']}"


def _documents(path: Path) -> list[Any]:
    """What a file holds, the caller's to change."""
    return deepcopy(_parsed(path))


@cache
def _parsed(path: Path) -> list[Any]:
    return list(yaml.load_all(path.read_text(encoding="utf-8"), yaml.CSafeLoader))


def _changed(case: dict[str, Any]) -> dict[str, Any]:
    [minimal] = _documents(OBJECTS / "minimal" / f"{case['object']}.yaml")
    merged = _merged(minimal, case["change"])
    assert isinstance(merged, dict)
    return merged


def _merged(value: Any, change: Any) -> Any:
    """JSON merge patch, RFC 7386."""
    if not isinstance(change, dict):
        return change
    before = value if isinstance(value, dict) else {}
    merged = {key: _merged(before.get(key), part) for key, part in change.items() if part is not None}
    return {key: part for key, part in before.items() if key not in change} | merged
