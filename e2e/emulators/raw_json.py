"""JSON with numbers exactly as they are to be written, which the standard encoder would reformat."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any

_MARKED = re.compile(r'"\\u0001(.*?)\\u0001"')


@dataclass(frozen=True, slots=True)
class Raw:
    """A piece of JSON text, written as it is: `1400`, `0.06000000000000001`, `NaN`."""

    text: str


def dumps(value: Any) -> str:
    """The value as JSON text, each Raw as its own text."""
    return _MARKED.sub(lambda found: str(json.loads(f'"{found[1]}"')), json.dumps(value, default=_marked))


def _marked(value: Any) -> str:
    if not isinstance(value, Raw):
        raise TypeError(f"{type(value).__name__} has no JSON")
    return f"\x01{value.text}\x01"
