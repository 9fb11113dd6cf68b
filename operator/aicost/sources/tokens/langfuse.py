"""Langfuse (`/api/public/v2/metrics`): who used which model, by environment, as applications traced it; it adds no money.

Source of the shapes: `langfuse` 5.0, its metrics of version 2, which cannot be grouped by user or session. Nothing is asked by
tags: what has two is counted under both, so that they are never summed. Input tokens include what caches gave, of which no
measure tells; so cached tokens of a bill stay with its line.
"""

from __future__ import annotations

import asyncio
import base64
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass

from aicost.core.declarations import Dimensions, Source
from aicost.core.gaps import Feed
from aicost.core.usage import Tokens, UsageRow
from aicost.core.window import Window, date
from aicost.ports import BillReading, Malformed
from aicost.sources.tokens.answers import LARGEST_COUNT, Answer
from aicost.sources.tokens.client import Access, Client, Provider
from aicost.sources.tokens.daily import ReadDay, read_bill

LANGFUSE = Provider(
    name="langfuse",
    base_url="https://cloud.langfuse.com",
    headers=lambda pair: {"Authorization": f"Basic {base64.b64encode(pair.encode()).decode()}"},
    needs="a project's key pair is needed, its public and its secret key with a colon between them (pk-lf-...:sk-lf-...)",
)
PATH = "/api/public/v2/metrics"
DIMENSIONS = {"environment": "project", "providedModelName": "model"}
"""Langfuse's names of dimensions and ours: an environment is what elsewhere is a project."""
MEASURES = (("inputTokens", "sum"), ("outputTokens", "sum"), ("count", "count"))
MOST_ROWS = 1000
"""Langfuse gives no more, has no pages, and does not say whether there are more."""
_WHOLE = re.compile("[0-9]{1,16}")


class LangfuseUsage:
    """Reads what a project traced, day by day."""

    def __init__(self, access: Access) -> None:
        self._access = access

    async def read(self, source: Source, over: Window) -> BillReading:
        """Each UTC day that the window touches: complete, or a gap that says why; never any money."""

        def reads(client: Client) -> Mapping[Feed, ReadDay]:
            return {Feed.USAGE: _Poll(source, client).usage}

        return await read_bill(LANGFUSE, source, self._access, over, reads, feeds=(Feed.USAGE,))


@dataclass(frozen=True, slots=True)
class _Poll:
    """The questions of one poll."""

    source: Source
    client: Client

    async def usage(self, day: Window) -> BillReading:
        answer = await self.client.get(PATH, query(day))
        rows = await asyncio.to_thread(parse, answer)
        usage = tuple(UsageRow(self.source.name, day, dimensions, counted) for dimensions, counted in rows.items())
        return BillReading(usage=usage, usage_days=(day,))


def query(day: Window) -> list[tuple[str, str]]:
    """The parameter that asks for one UTC day: both ends count, so that it ends a millisecond before the next."""
    asked = {
        "view": "observations",
        "dimensions": [{"field": name} for name in DIMENSIONS],
        "metrics": [{"measure": measure, "aggregation": how} for measure, how in MEASURES],
        "filters": [{"column": "providedModelName", "operator": "is not null", "value": "", "type": "null"}],
        "fromTimestamp": f"{date(day.start)}T00:00:00.000Z",
        "toTimestamp": f"{date(day.start)}T23:59:59.999Z",
        "config": {"row_limit": MOST_ROWS},
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


def _tokens(row: Answer) -> Tokens:
    given, made, calls = (_count(row, f"{how}_{measure}") for measure, how in MEASURES)
    return Tokens(input=given, output=made, requests=calls)


def _count(row: Answer, name: str) -> int:
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
