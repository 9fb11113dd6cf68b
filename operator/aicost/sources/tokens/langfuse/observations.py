"""Single calls that applications traced to Langfuse (`/api/public/v2/observations`): sizes of prompts and answers alone.

Source of the shapes: `langfuse` 5.0, its observations of version 2. The newest come first. How many calls each minute has its
metrics say. Of each hour up to a hundred calls that follow each other are asked for, other ones in each hour of each day, so
that all have their turn. What else has a model than a generation, such as an agent, has no size of a call: its metrics say
how many there are, and none of them is short. Neither input nor output is asked for: the groups of
fields that are have the model, the environment, the level and token counts. Version 1 tells no call without its texts, so
it is never asked.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping

from aicost.core.samples import Request, Sample, Stretch, blocks, drawn, sample_of
from aicost.core.window import HOUR, MINUTE, Instant, Window, rfc3339
from aicost.ports import Malformed
from aicost.sources.tokens.answers import Answer, dimensions_of
from aicost.sources.tokens.client import Client
from aicost.sources.tokens.langfuse import metrics, minutes

PATH = "/api/public/v2/observations"
FIELDS = "basic,model,usage"
ROWS = 100


async def look(client: Client, day: Window) -> Sample:
    """What is counted of some calls of each hour of a day. Raises what the client raises, and Malformed."""
    calls: dict[Instant, int] = {}
    for half in day.pieces(minutes.AT_ONCE):
        calls |= minutes.parse(await client.get(metrics.PATH, minutes.query(half)), half)
    others = minutes.parse_others(await client.get(metrics.PATH, minutes.query_of_others(day)))
    turns = [turn for hour in day.pieces(HOUR) if (turn := turn_of(hour, calls))]
    seen = [await _stretch(client, *turn) for turn in turns]
    return sample_of(seen, {caller: count for caller, count in others.items() if count})


def turn_of(hour: Window, calls: Mapping[Instant, int]) -> tuple[Window, Window, int] | None:
    """The minutes of an hour that it is the turn of, the part of them of whose end calls are asked for, and all calls of the hour.

    None where it has none. The part is all of them, but for a minute of more calls than one answer has.
    """
    counts = [calls.get(minute.start, 0) for minute in hour.pieces(MINUTE)]
    number = drawn(hour, sum(counts))
    for block in blocks(counts, ROWS):
        held = sum(counts[block.start : block.stop])
        if number < held:
            since = Instant(hour.start + block.start * MINUTE)
            whole = Window(since, Instant(hour.start + block.stop * MINUTE))
            pieces = -(-held // ROWS)
            end = since - (-whole.seconds * (number * pieces // held + 1) // pieces)
            return whole, Window(since, Instant(end)), sum(counts)
        number -= held
    return None


async def _stretch(client: Client, whole: Window, part: Window, calls: int) -> Stretch:
    """Some calls; where none is in the part, of the whole: no hour with calls is left out with its weight."""
    seen = await _calls(client, part) or (await _calls(client, whole) if part != whole else ())
    return Stretch(seen, max(calls, len(seen)))


async def _calls(client: Client, part: Window) -> tuple[Request, ...]:
    return await asyncio.to_thread(parse, await client.get(PATH, query(part)))


def query(part: Window) -> list[tuple[str, str]]:
    """The parameters that ask for the newest calls that began in some time; its end does not count."""
    within = [("fromStartTime", rfc3339(part.start)), ("toStartTime", rfc3339(part.end))]
    return [("fields", FIELDS), ("type", "GENERATION"), ("limit", str(ROWS)), *within]


def parse(answer: Answer) -> tuple[Request, ...]:
    """The calls that were told. Raises Malformed, with the path of what is wrong."""
    data = answer.field("data")
    rows = data.items()
    if len(rows) > ROWS:
        raise Malformed(f"{data.path} has more rows than were asked for")
    return tuple(map(_seen, rows))


def _seen(row: Answer) -> Request:
    """A call; its size where it was answered and that is known, in all parts of it: input has what caches gave."""
    caller, level, used = dimensions_of(_caller(row)), row.optional("level"), row.optional("usageDetails")
    if used is None or (level is not None and level.text() == "ERROR"):
        return Request(caller)
    given, told = (
        sum(metrics.count(used, kind) for kind, _ in used.entries() if kind.startswith(way))
        for way in ("input", "output")
    )
    return Request(caller, given, told) if given and told else Request(caller)


def _caller(row: Answer) -> Iterator[tuple[str, str]]:
    """By environment and model, as its metrics name them."""
    for theirs, ours in (("environment", "project"), ("model", "model")):
        named = row.optional(theirs)
        if named is not None and named.text():
            yield ours, named.text()
