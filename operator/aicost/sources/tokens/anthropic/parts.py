"""What Anthropic's two generations of reports write alike: times, amounts in cents, token counts."""

from __future__ import annotations

import re
from collections.abc import Iterable

from aicost.core.counting import Measure
from aicost.core.declarations import Dimensions
from aicost.core.usage import Tokens
from aicost.core.window import Instant, Window, instant, rfc3339
from aicost.ports import Malformed
from aicost.sources.tokens.answers import Answer, dimensions_of
from aicost.sources.tokens.used import Used, measured

PRIORITY = ("tier", "priority")
"""What is bought by commitment, so that it may be on no bill by token."""
_SECOND = re.compile(r"(\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2})(?:\.\d{1,9})?(?:Z|\+00:00)")


def over(day: Window) -> list[tuple[str, str]]:
    """The parameters that ask for one UTC day; arrays come in brackets and repeated."""
    return [("starting_at", rfc3339(day.start)), ("ending_at", rfc3339(day.end))]


def at(answer: Answer) -> Instant:
    """A time in UTC, to the second that has begun. Raises Malformed otherwise."""
    found = _SECOND.fullmatch(answer.text())
    try:
        return instant(f"{found[1]}Z" if found else "")
    except ValueError:
        raise Malformed(f"{answer.path} is not a time in UTC such as 2026-11-01T00:00:00Z") from None


def within(answer: Answer, day: Window) -> None:
    """Check that a row or a bucket is of the day that was asked for. Raises Malformed otherwise."""
    start, end = at(answer.field("starting_at")), at(answer.field("ending_at"))
    if start != day.start or not day.start < end <= day.end:
        raise Malformed(f"{answer.path} is of another time than was asked for")


def named(answer: Answer, names: Iterable[tuple[str, str]]) -> Dimensions:
    """Our dimensions by Anthropic's fields, as far as they are there: null means that there is none."""
    found = ((ours, answer.optional(theirs)) for theirs, ours in names)
    return dimensions_of((ours, value.text()) for ours, value in found if value is not None and value.text())


def used(answer: Answer, requests: int = 0) -> Used:
    """Tokens, and searches of the web, which are paid one by one."""
    tools = answer.optional("server_tool_use")
    searches = tools.optional("web_search_requests") if tools is not None else None
    counted = searches.count() if searches is not None else 0
    return Used(tokens(answer, requests), measured(Measure.WEB_SEARCH_CALLS, counted))


def tokens(answer: Answer, requests: int = 0) -> Tokens:
    """Token counts; Anthropic's input is what no cache was asked for, ours is all input."""
    creation = answer.field("cache_creation")
    long = creation.field("ephemeral_1h_input_tokens").count()
    written = creation.field("ephemeral_5m_input_tokens").count() + long
    read = answer.field("cache_read_input_tokens").count()
    return Tokens(
        input=answer.field("uncached_input_tokens").count() + written + read,
        cached_input=read,
        cache_write=written,
        output=answer.field("output_tokens").count(),
        requests=requests,
        cache_write_long=long,
    )
