"""Names of models: providers add the date of a snapshot to a name, and a name without one may be of any snapshot."""

from __future__ import annotations

import re

_DATED = re.compile(r"-20\d\d-?\d\d-?\d\d$")
_TELLABLE = re.compile(r"[\w.:@+/-]{1,128}", re.ASCII)


def undated(model: str) -> str:
    """The name without the date of its snapshot: `gpt-6-sol-2026-09-01` is a `gpt-6-sol`."""
    return _DATED.sub("", model)


def is_tellable(model: str) -> bool:
    """Whether advice may name it: who sends a request can ask for any text, and advice is made of no such."""
    return bool(_TELLABLE.fullmatch(model))


def same_model(one: str, other: str) -> bool:
    """Whether two names may be of one model: of two that have different dates they are not, and nothing has no name."""
    if one == other:
        return bool(one)
    return undated(one) == undated(other) and undated(one) in (one, other)
