"""The difference of two JSON objects as a merge patch (RFC 7386): pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def merge_patch(current: Mapping[str, Any], wanted: Mapping[str, Any]) -> dict[str, Any]:
    """What turns `current` into `wanted`; empty when nothing does. Lists are whole; None in `wanted` means absent."""
    patch: dict[str, Any] = {key: None for key in current if current[key] is not None and wanted.get(key) is None}
    for key, value in wanted.items():
        if value is None:
            continue
        before = current.get(key)
        if not isinstance(value, Mapping):
            if not _equal(before, value):
                patch[key] = value
        elif not isinstance(before, Mapping):
            patch[key] = merge_patch({}, value)
        elif inner := merge_patch(before, value):
            patch[key] = inner
    return patch


def _equal(before: Any, value: Any) -> bool:
    """As JSON: True is not 1; inside lists None stays what it is."""
    if isinstance(before, Mapping) and isinstance(value, Mapping):
        return before.keys() == value.keys() and all(_equal(before[key], value[key]) for key in value)
    if isinstance(before, list | tuple) and isinstance(value, list | tuple):
        return len(before) == len(value) and all(map(_equal, before, value))
    return isinstance(before, bool) is isinstance(value, bool) and bool(before == value)
