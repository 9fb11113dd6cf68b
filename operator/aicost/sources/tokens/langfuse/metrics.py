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
from aicost.core.window import HOUR, Instant, Window, date
from aicost.ports import Malformed
from aicost.sources.tokens.answers import LARGEST_COUNT, Answer

PATH = "/api/public/v2/metrics"
DIMENSIONS = {"environment": "project", "providedModelName": "model"}
"""Langfuse's names of dimensions and ours: an environment is what elsewhere is a project."""
MEASURES = (("inputTokens", "sum"), ("outputTokens", "sum"), ("count", "count"))
MOST_ROWS = 1000
"""Langfuse gives no more, has no pages, and does not say whether there are more."""
_WHOLE = re.compile("[0-9]{1,16}")
_HOUR = re.compile("([0-9]{4}-[0-9]{2}-[0-9]{2})[T ]([01][0-9]|2[0-3]):00.*")


def query(day: Window) -> list[tuple[str, str]]:
    """The parameter that asks for what was counted on one UTC day."""
    return _asked(day, MEASURES, dimensions=[{"field": name} for name in DIMENSIONS])


def query_of_hours(day: Window) -> list[tuple[str, str]]:
    """The parameter that asks how many calls each hour of a UTC day had."""
    return _asked(day, MEASURES[2:], dimensions=[], timeDimension={"granularity": "hour"})


def _asked(day: Window, measures: tuple[tuple[str, str], ...], **by: object) -> list[tuple[str, str]]:
    """Of models alone. Both ends count, so that a day ends a millisecond before the next."""
    asked = {
        "view": "observations",
        "metrics": [{"measure": measure, "aggregation": how} for measure, how in measures],
        "filters": [{"column": "providedModelName", "operator": "is not null", "value": "", "type": "null"}],
        "fromTimestamp": f"{date(day.start)}T00:00:00.000Z",
        "toTimestamp": f"{date(day.start)}T23:59:59.999Z",
        "config": {"row_limit": MOST_ROWS},
        **by,
    }
    return [("query", json.dumps(asked))]


def parse(answer: Answer) -> Mapping[Dimensions, Tokens]:
    """What was counted on a day. Raises Malformed, with the path of what is wrong, and where there may be more."""
    rows = answer.field("data").items()
    if len(rows) >= MOST_ROWS:
        raise Malformed(f"there are {MOST_ROWS} rows or more: trace to fewer environments, since more are not told")
    found: dict[Dimensions, Tokens] = {}
    for row in rows:
        named = ((ours, row.optional(theirs)) for theirs, ours in DIMENSIONS.items())
        dimensions = frozenset((ours, value.text()) for ours, value in named if value is not None and value.text())
        if dimensions in found:
            raise Malformed(f"{row.path} has the same environment and model as a row before")
        found[dimensions] = _tokens(row)
    return found


def parse_hours(answer: Answer, day: Window) -> Mapping[Instant, int]:
    """How many calls began in each hour of a day; empty hours are told or left out. Raises Malformed likewise."""
    found: dict[Instant, int] = {}
    for row in answer.field("data").items():
        at = row.field("time_dimension")
        told = _HOUR.fullmatch(at.text())
        if not told:
            raise Malformed(f"{at.path} is not the begin of an hour")
        if told[1] == date(day.start):
            found[Instant(day.start + int(told[2]) * HOUR)] = count(row, "count_count")
    return found


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
