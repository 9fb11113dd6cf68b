"""Single calls that applications traced to Langfuse (`/api/public/v2/observations`): sizes of prompts and answers alone.

Source of the shapes: `langfuse` 5.0, its observations of version 2. The newest come first. Of each hour up to a hundred calls are
asked for, which end the later in it the earlier the hour is, so that no minute of the hour is left out every time; how many
an hour has its metrics say, so that a busy one weighs more. Neither input nor output is asked for: the groups of
fields that are have the model, the environment, the level and token counts. Version 1 tells no call without its texts, so
it is never asked.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

from aicost.core.samples import Request, Sample, Seen, Stretch, even, sample_of
from aicost.core.window import DAY, HOUR, Instant, Window, rfc3339
from aicost.ports import Malformed
from aicost.sources.tokens.answers import Answer, dimensions_of
from aicost.sources.tokens.client import Client
from aicost.sources.tokens.langfuse import metrics

PATH = "/api/public/v2/observations"
FIELDS = "basic,model,usage"
ROWS = 100
HOURS = DAY // HOUR


async def look(client: Client, day: Window) -> Sample:
    """What is counted of some calls of each hour of a day. Raises what the client raises, and Malformed."""
    hours = metrics.parse_hours(await client.get(metrics.PATH, metrics.query_of_hours(day)), day)
    asked = [
        (part_of(hour, place, hours.get(hour.start, 0)), hours.get(hour.start, 0))
        for place, hour in enumerate(day.pieces(HOUR))
    ]
    stretches = [await _stretch(client, part, calls) for part, calls in asked if calls]
    return sample_of(even(stretches))


def part_of(hour: Window, place: int, calls: int) -> Window:
    """The part of an hour of whose end calls are looked at: all of a quiet one, and so much that enough are in it."""
    spare = HOUR * max(0, calls - ROWS) // max(1, calls)
    return Window(hour.start, Instant(hour.end - spare * place // HOURS))


async def _stretch(client: Client, part: Window, calls: int) -> Stretch:
    answer = await client.get(PATH, query(part))
    seen = await asyncio.to_thread(parse, answer)
    return Stretch(seen, max(calls, len(seen)))


def query(part: Window) -> list[tuple[str, str]]:
    """The parameters that ask for the newest calls that began in some time; its end does not count."""
    within = [("fromStartTime", rfc3339(part.start)), ("toStartTime", rfc3339(part.end))]
    return [("fields", FIELDS), ("type", "GENERATION"), ("limit", str(ROWS)), *within]


def parse(answer: Answer) -> tuple[Seen, ...]:
    """The calls that were told. Raises Malformed, with the path of what is wrong."""
    data = answer.field("data")
    rows = data.items()
    if len(rows) > ROWS:
        raise Malformed(f"{data.path} has more rows than were asked for")
    return tuple(map(_seen, rows))


def _seen(row: Answer) -> Seen:
    """A call that was answered and whose size is known, in all parts of it; input has what caches gave."""
    level = row.optional("level")
    used = row.optional("usageDetails")
    if used is None or (level is not None and level.text() == "ERROR"):
        return None
    given, told = (
        sum(metrics.count(used, kind) for kind, _ in used.entries() if kind.startswith(way))
        for way in ("input", "output")
    )
    return Request(dimensions_of(_caller(row)), given, told) if given and told else None


def _caller(row: Answer) -> Iterator[tuple[str, str]]:
    """By environment and model, as its metrics name them."""
    for theirs, ours in (("environment", "project"), ("model", "model")):
        named = row.optional(theirs)
        if named is not None and named.text():
            yield ours, named.text()
