"""Langfuse's metrics of version 2 (`/api/public/v2/metrics`): pure questions and parsers.

Source of the shapes: `langfuse` 5.0. They cannot be grouped by user or session. Nothing is asked by
tags: what has two is counted under both, so that they are never summed. Input tokens include what caches gave, of which no
measure tells; so cached tokens of a bill stay with its line.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping

from aicost.core.declarations import Dimensions
from aicost.core.usage import Tokens
from aicost.core.window import Instant, Window, rfc3339
from aicost.ports import Malformed
from aicost.sources.tokens.answers import LARGEST_COUNT, Answer

PATH = "/api/public/v2/metrics"
DIMENSIONS = {"environment": "project", "providedModelName": "model"}
"""Langfuse's names of dimensions and ours: an environment is what elsewhere is a project."""
MEASURES = (("inputTokens", "sum"), ("outputTokens", "sum"), ("count", "count"))
MODELS_ONLY = {"column": "providedModelName", "operator": "is not null", "value": "", "type": "null"}
MOST_ROWS = 1000
"""Langfuse gives no more, has no pages, and does not say whether there are more."""
_WHOLE = re.compile("[0-9]{1,16}")


def query(day: Window) -> list[tuple[str, str]]:
    """The parameter that asks for what was counted on one UTC day."""
    return asked(day, MEASURES, dimensions=[{"field": name} for name in DIMENSIONS])


def asked(over: Window, measures: tuple[tuple[str, str], ...], **by: object) -> list[tuple[str, str]]:
    """The parameter that asks for what has a model alone. Both ends count, so that a day ends a millisecond before the next."""
    query = {
        "view": "observations",
        "metrics": [{"measure": measure, "aggregation": how} for measure, how in measures],
        "filters": [MODELS_ONLY],
        "fromTimestamp": rfc3339(over.start).replace("Z", ".000Z"),
        "toTimestamp": rfc3339(Instant(over.end - 1)).replace("Z", ".999Z"),
        "config": {"row_limit": MOST_ROWS},
        **by,
    }
    return [("query", json.dumps(query))]


def parse(answer: Answer) -> Mapping[Dimensions, Tokens]:
    """What was counted on a day. Raises Malformed, with the path of what is wrong, and where there may be more."""
    rows = answer.field("data").items()
    if len(rows) >= MOST_ROWS:
        raise Malformed(f"there are {MOST_ROWS} rows or more: trace to fewer environments, since more are not told")
    found: dict[Dimensions, Tokens] = {}
    for row in rows:
        dimensions = dimensions_of_row(row)
        if dimensions in found:
            raise Malformed(f"{row.path} has the same environment and model as a row before")
        found[dimensions] = _tokens(row)
    return found


def dimensions_of_row(row: Answer) -> Dimensions:
    """By whom a row is counted."""
    named = ((ours, row.optional(theirs)) for theirs, ours in DIMENSIONS.items())
    return frozenset((ours, value.text()) for ours, value in named if value is not None and value.text())


def _tokens(row: Answer) -> Tokens:
    given, made, calls = (count(row, f"{how}_{measure}") for measure, how in MEASURES)
    return Tokens(input=given, output=made, requests=calls)


def count(row: Answer, name: str) -> int:
    """A count, which Langfuse may write as text; the sum of nothing is null."""
    found = row.optional(name)
    if found is None:
        if name not in row.value:
            raise Malformed(f"{row.path}.{name} is missing")
        return 0
    if not isinstance(found.value, str):
        return found.count()
    if not _WHOLE.fullmatch(found.value) or int(found.value) > LARGEST_COUNT:
        raise Malformed(f"{found.path} is text that is not a count")
    return int(found.value)
