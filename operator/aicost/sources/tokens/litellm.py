"""LiteLLM's proxy (`/user/daily/activity`): who used which model through a gateway, by virtual key; it adds no money.

Source of the shapes: `litellm` 1.109, its daily activity endpoints. Prompt tokens include what caches gave and took. The
models' breakdown by key is a partition of all traffic: the breakdowns by tag, team or customer are not, so that nothing
is ever summed from them. Pages are cut over rows: a key and model may be on two pages, which add up.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from aicost.core.declarations import Dimensions, Source
from aicost.core.gaps import Feed
from aicost.core.usage import Tokens, UsageRow
from aicost.core.window import Window, date
from aicost.ports import BillReading, Malformed
from aicost.sources.tokens.answers import Answer
from aicost.sources.tokens.client import Access, Client, Provider
from aicost.sources.tokens.daily import ReadDay, read_bill

LITELLM = Provider(
    name="litellm",
    base_url="",  # self-hosted: a UsageSource names it
    headers=lambda key: {"Authorization": f"Bearer {key}"},
    needs="a key of a proxy admin is needed (the master key, or one of role proxy_admin_viewer)",
)
PATH = "/user/daily/activity"
ROWS_PER_PAGE = 1000


KEY_NAMES = (("key_alias", "apiKey"), ("team_id", "project"), ("user_id", "user"))
"""What LiteLLM tells of a virtual key, and our dimensions: a team is what elsewhere is a project."""


@dataclass(frozen=True, slots=True)
class Activity:
    """A page of a day: what was counted by caller and model, the number of the page, and whether it is the last."""

    rows: Mapping[Dimensions, Tokens]
    page: int
    last: bool


class LiteLLMUsage:
    """Reads what a proxy counted, day by day."""

    def __init__(self, access: Access) -> None:
        self._access = access

    async def read(self, source: Source, over: Window) -> BillReading:
        """Each UTC day that the window touches: complete, or a gap that says why; never any money."""

        def reads(client: Client) -> Mapping[Feed, ReadDay]:
            return {Feed.USAGE: _Poll(source, client, self._access.limits.pages).usage}

        return await read_bill(LITELLM, source, self._access, over, reads, feeds=(Feed.USAGE,))


@dataclass(frozen=True, slots=True)
class _Poll:
    """The questions of one poll."""

    source: Source
    client: Client
    most_pages: int

    async def usage(self, day: Window) -> BillReading:
        totals: dict[Dimensions, Tokens] = defaultdict(Tokens)
        for number in range(1, self.most_pages + 1):
            found = await self._page(day, number)
            for dimensions, counted in found.rows.items():
                totals[dimensions] += counted
            if found.last:
                break
        else:
            raise Malformed(f"there are more than {self.most_pages} pages")
        rows = tuple(UsageRow(self.source.name, day, dimensions, counted) for dimensions, counted in totals.items())
        return BillReading(usage=rows, usage_days=(day,))

    async def _page(self, day: Window, number: int) -> Activity:
        answer = await self.client.get(PATH, query(day, number))
        found = await asyncio.to_thread(parse, answer, day)
        if found.page != number:
            raise Malformed(f"page {found.page} came where page {number} was asked for")
        return found


def query(day: Window, page: int) -> list[tuple[str, str]]:
    """The parameters that ask for a page of one UTC day: LiteLLM's days are dates, both ends included."""
    named = date(day.start)
    return [("start_date", named), ("end_date", named), ("page", str(page)), ("page_size", str(ROWS_PER_PAGE))]


def parse(answer: Answer, day: Window) -> Activity:
    """A page of one day. Raises Malformed, with the path of what is wrong."""
    rows: dict[Dimensions, Tokens] = defaultdict(Tokens)
    for result in answer.field("results").items():
        result.field("date").exactly(date(day.start))
        for dimensions, counted in _counted(result):
            rows[dimensions] += counted
    paging = answer.field("metadata")
    return Activity(dict(rows), paging.field("page").count(), last=not paging.field("has_more").flag())


def _counted(result: Answer) -> Iterator[tuple[Dimensions, Tokens]]:
    """The models' parts by key; what of a model no key is told of has no caller, and what no model is told of has neither."""
    everything = _tokens(result.field("metrics"))
    told = Tokens()
    for model, entry in result.field("breakdown").field("models").entries():
        whole, named = _tokens(entry.field("metrics")), ("model", model)
        by_key = Tokens()
        for key, part in entry.field("api_key_breakdown").entries():
            counted = _tokens(part.field("metrics"))
            by_key += counted
            yield frozenset((named, *_caller(key, part))), counted
        yield frozenset((named,)), _rest(whole, by_key, entry)
        told += whole
    if (rest := _rest(everything, told, result)) != Tokens():
        yield frozenset(), rest


def _caller(key: str, part: Answer) -> Iterator[tuple[str, str]]:
    """Who holds a virtual key: its alias, or else its hash."""
    metadata = part.optional("metadata")
    told = {ours: metadata.optional(theirs) for theirs, ours in KEY_NAMES} if metadata is not None else {}
    named = {ours: value.text() for ours, value in told.items() if value is not None and value.text()}
    yield from ({"apiKey": key} | named).items()


def _rest(whole: Tokens, parts: Tokens, of: Answer) -> Tokens:
    """What the parts leave of the whole. Raises Malformed where they are more: something was counted twice."""
    left = (
        whole.input - parts.input,
        whole.cached_input - parts.cached_input,
        whole.cache_write - parts.cache_write,
        whole.output - parts.output,
        whole.requests - parts.requests,
    )
    if min(left) < 0:
        raise Malformed(f"{of.path}: its parts are more than the whole")
    return Tokens(*left)


def _tokens(metrics: Answer) -> Tokens:
    counted = Tokens(
        input=metrics.field("prompt_tokens").count(),
        cached_input=_count(metrics, "cache_read_input_tokens"),
        cache_write=_count(metrics, "cache_creation_input_tokens"),
        output=metrics.field("completion_tokens").count(),
        requests=_count(metrics, "successful_requests"),
    )
    if counted.cached_input + counted.cache_write > counted.input:
        raise Malformed(f"{metrics.path}: cached tokens are more than prompt_tokens, which must include them")
    return counted


def _count(answer: Answer, name: str) -> int:
    found = answer.optional(name)
    return 0 if found is None else found.count()
