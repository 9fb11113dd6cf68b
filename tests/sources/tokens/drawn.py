"""What fuzzing of parsers shares: any JSON, and a documented answer with one value replaced by any."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from hypothesis import strategies as st

from aicost.sources.tokens.answers import Answer


def answer(value: Any) -> Answer:
    return Answer.read(json.dumps(value).encode())


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


def replaced(document: Any, choose: Callable[[st.SearchStrategy[Any]], Any]) -> Any:
    """The document with one value, at a drawn depth, replaced by any JSON."""
    if isinstance(document, dict) and document and choose(st.booleans() | st.just(value=True)):
        name = choose(st.sampled_from(sorted(document)))
        return document | {name: replaced(document[name], choose)}
    if isinstance(document, list) and document:
        return [replaced(document[0], choose), *document[1:]]
    return choose(JSON)
