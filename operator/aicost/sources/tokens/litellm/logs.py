"""Single requests that LiteLLM logged (`/spend/logs/v2`): sizes of prompts and answers, and not a word of either.

Source of the shapes: `litellm` 1.110. The newest come first; of more than 10,000 that match it counts and pages the newest
10,000 alone. So each hour is asked for by itself: how many requests it has, and one page of them, another one in each hour
of each day, so that all have their turn. Only successful requests are asked for, as its daily activity counts them; those
that LiteLLM answered from its own cache, those that are no chats and those without a size are looked at and not short. Of
each row six fields are read: what else an answer has, prompts of old versions, too, is never looked at.
"""

from __future__ import annotations

import asyncio

from aicost.core.declarations import Dimensions
from aicost.core.samples import Request, Sample, Stretch, drawn, sample_of
from aicost.core.window import HOUR, Instant, Window, rfc3339
from aicost.ports import Malformed
from aicost.sources.tokens.answers import Answer, dimensions_of
from aicost.sources.tokens.client import Client

PATH = "/spend/logs/v2"
ROWS_PER_PAGE = 100
"""What all versions give; newer ones give 1,000."""
_CHATS = frozenset(
    prefix + call
    for prefix in ("", "a")
    for call in (
        *("completion", "text_completion", "responses", "anthropic_messages"),
        *("generate_content", "generate_content_stream"),
    )
)
KEY, MODEL, CUSTOMER = "apiKey", "model", "customer"


async def look(client: Client, day: Window) -> Sample:
    """What is counted of some requests of each hour of a day. Raises what the client raises, and Malformed."""
    return sample_of([await _stretch(client, hour) for hour in day.pieces(HOUR)])


async def _stretch(client: Client, hour: Window) -> Stretch:
    """The page of an hour that it is the turn of; the first one tells how many requests there are."""
    first = await _page(client, hour, 1)
    number = 1 + drawn(hour, first.requests) // ROWS_PER_PAGE
    there = first if number == 1 else await _page(client, hour, number)
    return there if there.seen else first


async def _page(client: Client, hour: Window, number: int) -> Stretch:
    answer = await client.get(PATH, query(hour, number))
    return await asyncio.to_thread(parse, answer, number)


def query(hour: Window, page: int) -> list[tuple[str, str]]:
    """The parameters that ask for a page of the successful requests of some time: both ends count."""
    since, until = (rfc3339(at).replace("T", " ").removesuffix("Z") for at in (hour.start, Instant(hour.end - 1)))
    asked = [("start_date", since), ("end_date", until), ("page", str(page)), ("page_size", str(ROWS_PER_PAGE))]
    return [*asked, ("status_filter", "success")]


def parse(answer: Answer, page: int) -> Stretch:
    """The page that was asked for, of so many requests in all. Raises Malformed, with the path of what is wrong."""
    data, requests = answer.field("data"), answer.field("total").count()
    rows = data.items()
    if answer.field("page").count() != page:
        raise Malformed(f"page {page} was asked for, and another one came")
    if len(rows) > min(requests, ROWS_PER_PAGE):
        raise Malformed(f"{data.path} has more rows than there are, or than were asked for")
    return Stretch(tuple(map(_seen, rows)), requests)


def _seen(row: Answer) -> Request:
    """A request; without its size where that lacks or says nothing of a chat with a model: it is not known then, and not zero."""
    caller, cached, kind = _caller(row), row.optional("cache_hit"), row.optional("call_type")
    given, told = (row.counted(name) for name in ("prompt_tokens", "completion_tokens"))
    if not given or not told or kind is None or kind.text() not in _CHATS or _is_true(cached):
        return Request(caller)
    return Request(caller, given, told)


def _caller(row: Answer) -> Dimensions:
    """By the hash of a key, the model and the customer, as far as they are told."""
    told = (
        (ours, row.optional(theirs)) for theirs, ours in (("api_key", KEY), ("model", MODEL), ("end_user", CUSTOMER))
    )
    return dimensions_of((ours, of.text()) for ours, of in told if of is not None and of.value != "")


def _is_true(cached: Answer | None) -> bool:
    """LiteLLM writes it as text: `True`, `False`, or nothing."""
    return cached is not None and str(cached.value).lower() == "true"
