"""Single requests that LiteLLM logged (`/spend/logs/v2`): sizes of prompts and answers, and not a word of either.

Source of the shapes: `litellm` 1.110. The newest come first; of more than 10,000 that match it counts and pages the newest
10,000 alone. So each hour is asked for by itself: how many requests it has, and one page of them, the first of one hour, the
last full one of another, spread evenly between (systematic sampling: Cochran, Sampling Techniques, 3rd edition, 8.1).
Only successful requests are asked for; those that LiteLLM answered from its own cache, and those that are no chats, are of
no use. Of each row six fields are read: what else an answer has, prompts of old versions, too, is never looked at.
"""

from __future__ import annotations

import asyncio

from aicost.core.declarations import Dimensions
from aicost.core.samples import Request, Sample, Seen, Stretch, even, sample_of
from aicost.core.window import DAY, HOUR, Instant, Window, rfc3339
from aicost.ports import Malformed
from aicost.sources.tokens.answers import Answer, dimensions_of
from aicost.sources.tokens.client import Client

PATH = "/spend/logs/v2"
ROWS_PER_PAGE = 100
"""What all versions give; newer ones give 1,000."""
HOURS = DAY // HOUR
_CHATS = frozenset(
    prefix + call
    for prefix in ("", "a")
    for call in ("completion", "text_completion", "responses", "generate_content", "anthropic_messages")
)
KEY, MODEL, CUSTOMER = "apiKey", "model", "customer"


async def look(client: Client, day: Window) -> Sample:
    """What is counted of some requests of each hour of a day. Raises what the client raises, and Malformed."""
    stretches = [await _stretch(client, hour, place) for place, hour in enumerate(day.pieces(HOUR))]
    return sample_of(even(stretches))


async def _stretch(client: Client, hour: Window, place: int) -> Stretch:
    """One full page of an hour, which tells how many there are, and its first one where there is none."""
    first = await _page(client, hour, 1)
    number = 1 + place * (first.requests // ROWS_PER_PAGE) // HOURS
    return first if number == 1 else await _page(client, hour, number)


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


def _seen(row: Answer) -> Seen:
    """A request; none of no use, and none that lacks its size: that is not known then, and not zero."""
    given, told = (_count(row, name) for name in ("prompt_tokens", "completion_tokens"))
    cached = row.optional("cache_hit")
    kind = row.optional("call_type")
    if not given or not told or kind is None or kind.text() not in _CHATS or _is_true(cached):
        return None
    return Request(_caller(row), given, told)


def _caller(row: Answer) -> Dimensions:
    """By the hash of a key, the model and the customer, as far as they are told."""
    told = (
        (ours, row.optional(theirs)) for theirs, ours in (("api_key", KEY), ("model", MODEL), ("end_user", CUSTOMER))
    )
    return dimensions_of((ours, of.text()) for ours, of in told if of is not None and of.value != "")


def _count(row: Answer, name: str) -> int:
    found = row.optional(name)
    return 0 if found is None else found.count()


def _is_true(cached: Answer | None) -> bool:
    """LiteLLM writes it as text: `True`, `False`, or nothing."""
    return cached is not None and str(cached.value).lower() == "true"
