"""How many calls each minute of a day had, by Langfuse's metrics, and how much else has a model: pure questions and parsers.

Source of the shapes: `langfuse` 5.0. Only observations of the type `GENERATION` are calls of a model whose size is one
call's; an agent or a chain may have a model, too, and is counted with the day's requests.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping

from aicost.core.declarations import Dimensions
from aicost.core.window import DAY, MINUTE, Instant, Window, rfc3339
from aicost.ports import Malformed
from aicost.sources.tokens.answers import Answer
from aicost.sources.tokens.langfuse.metrics import DIMENSIONS, MEASURES, MODELS_ONLY, asked, count, dimensions_of_row

CALL = "GENERATION"
AT_ONCE = DAY // 2
"""Seconds of which the minutes are no more rows than Langfuse gives."""
_CALLS_ONLY = {"column": "type", "operator": "any of", "value": [CALL], "type": "stringOptions"}
_OTHERS_ONLY = {**_CALLS_ONLY, "operator": "none of"}
_MINUTE = re.compile("([0-9]{4}-[0-9]{2}-[0-9]{2})[T ]((?:[01][0-9]|2[0-3]):[0-5][0-9]):00.*")


def query(over: Window) -> list[tuple[str, str]]:
    """The parameter that asks how many calls each minute had."""
    minutely = {"granularity": "minute"}
    return asked(over, MEASURES[2:], filters=[MODELS_ONLY, _CALLS_ONLY], dimensions=[], timeDimension=minutely)


def query_of_others(day: Window) -> list[tuple[str, str]]:
    """The parameter that asks how much that is no call has a model, by whom it is counted."""
    by = [{"field": name} for name in DIMENSIONS]
    return asked(day, MEASURES[2:], filters=[MODELS_ONLY, _OTHERS_ONLY], dimensions=by)


def parse(answer: Answer, over: Window) -> Mapping[Instant, int]:
    """How many calls began in each minute; empty ones are told or left out. Raises Malformed, with the path of what is wrong."""
    known = {rfc3339(minute.start)[:16]: minute.start for minute in over.pieces(MINUTE)}
    found: dict[Instant, int] = {}
    for row in answer.field("data").items():
        at = row.field("time_dimension")
        told = _MINUTE.fullmatch(at.text())
        if not told:
            raise Malformed(f"{at.path} is not the begin of a minute")
        if (start := known.get(f"{told[1]}T{told[2]}")) is not None:
            found[start] = count(row, "count_count")
    return found


def parse_others(answer: Answer) -> Mapping[Dimensions, int]:
    """How much is no call, by environment and model. Raises Malformed likewise."""
    found: Counter[Dimensions] = Counter()
    for row in answer.field("data").items():
        found[dimensions_of_row(row)] += count(row, "count_count")
    return found
