"""Callers in words, which no other caller has, and which tell what they are made of: whoever calls chooses his own words."""

from __future__ import annotations

import json
import re

from aicost.core.declarations import Dimensions

UNNAMED = "callers without a name"
_PAIR = re.compile(r'(\w+) ("(?:[^"\\]|\\.)*"|[^",]*)(?:, |\Z)')


def named(caller: Dimensions) -> str:
    """Its dimensions in the order of their names: `customer acme, user u`; quoted where a value could look like two."""
    odd = any(not value.isprintable() or "," in value or '"' in value for _, value in caller)
    return ", ".join(f"{name} {_quoted(value) if odd else value}" for name, value in sorted(caller)) or UNNAMED


def read(name: str) -> Dimensions:
    """The caller who is `named` so; of any other text whatever looks like it."""
    return frozenset((dimension, _value(text)) for dimension, text in _PAIR.findall(name))


def _quoted(value: str) -> str:
    return json.dumps(value, ensure_ascii=not value.isprintable())


def _value(text: str) -> str:
    return str(json.loads(text)) if text.startswith('"') else text
