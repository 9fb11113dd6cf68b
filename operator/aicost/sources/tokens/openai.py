"""OpenAI's organisation costs and usage (`/v1/organization/...`): pure parsers of its pages, and a thin fetch.

Source of the shapes: the types `admin.organization.usage` of the `openai` package 3.54. Amounts are dollars, not
cents; input tokens include cached ones; a dimension that is null, or was not grouped by, is absent.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal
from typing import TypeVar

from aicost.core.bills import BillDay, BillRow
from aicost.core.declarations import Dimensions, Source
from aicost.core.gaps import Feed, Gap
from aicost.core.usage import Tokens, UsageRow
from aicost.core.window import Window
from aicost.ports import BillReading, Malformed
from aicost.sources.tokens.amounts import amount
from aicost.sources.tokens.answers import LARGEST_COUNT, Answer
from aicost.sources.tokens.client import Access, Client, Provider
from aicost.sources.tokens.daily import ReadDay, read_bill, refused_grouping
from aicost.sources.tokens.groupings import finest
from aicost.sources.tokens.pages import Bucket, Page, read_all

OPENAI = Provider(
    name="openai",
    base_url="https://api.openai.com/v1",
    headers=lambda key: {"Authorization": f"Bearer {key}"},
    needs="an admin key is needed; a project key cannot read the organisation's costs",
)
DIMENSIONS = {"project_id": "project", "api_key_id": "apiKey", "line_item": "lineItem", "model": "model"}
"""OpenAI's names of dimensions and ours."""

COSTS_BY = (("project_id", "api_key_id", "line_item"), ("project_id", "line_item"), ("project_id",))
"""How costs are asked to be split: the next is asked where OpenAI refuses one, as it does for some organisations."""
USAGE_BY = (("project_id", "api_key_id", "model"), ("project_id", "model"), ("project_id",))
"""The same for usage."""
QUANTITIES = {
    "tokens": (1, "tokens"),
    "1000_tokens": (1000, "tokens"),
    "duration_seconds": (1, "seconds"),
    "duration_minutes": (60, "seconds"),
    "duration_hours": (3600, "seconds"),
    "gibibyte_hours": (3600, "gibibyte-seconds"),
    "images": (1, "images"),
    "characters": (1, "characters"),
}
"""OpenAI's units as whole numbers of a smaller unit; a quantity in another unit is left out, its amount never."""

Row = TypeVar("Row")


class OpenAIBill:
    """Reads an organisation's costs, and what was used, day by day."""

    def __init__(self, access: Access) -> None:
        self._access = access

    async def read(self, source: Source, over: Window) -> BillReading:
        """Each UTC day that the window touches: complete, or a gap that says why; one poll reads the Secret once."""

        def reads(client: Client) -> Mapping[Feed, ReadDay]:
            poll = _Poll(source, client, self._access.limits.pages)
            return {Feed.BILLS: poll.costs, Feed.USAGE: poll.usage}

        return await read_bill(OPENAI, source, self._access, over, reads)


@dataclass(frozen=True, slots=True)
class _Poll:
    """The questions of one poll."""

    source: Source
    client: Client
    most_pages: int

    async def costs(self, day: Window) -> BillReading:
        rows, lost = await self._split(day, "/organization/costs", COSTS_BY, parse_costs)
        bill = BillDay(self.source.name, OPENAI.name, day, tuple(rows.values()))
        return BillReading(days=(bill,), gaps=self._gaps(Feed.BILLS, day, lost))

    async def usage(self, day: Window) -> BillReading:
        totals: dict[Dimensions, Tokens] = {}
        missing: list[str] = []
        for kind, parse in (("completions", parse_completions), ("embeddings", parse_embeddings)):
            rows, lost = await self._split(day, f"/organization/usage/{kind}", USAGE_BY, parse)
            missing.extend(lost)
            for dimensions, tokens in rows.items():
                totals[dimensions] = totals.get(dimensions, Tokens()) + tokens
        usage = tuple(UsageRow(self.source.name, day, dimensions, tokens) for dimensions, tokens in totals.items())
        return BillReading(usage=usage, gaps=self._gaps(Feed.USAGE, day, missing), usage_days=(day,))

    async def _split(
        self, day: Window, path: str, groupings: Sequence[tuple[str, ...]], parse: Callable[[Answer, Window], Page[Row]]
    ) -> tuple[dict[Dimensions, Row], list[str]]:
        """The day by the first grouping that is not refused, and our names of the dimensions that were."""
        rows, lost = await finest(groupings, lambda grouping: self._pages(day, path, grouping, parse))
        return rows, [DIMENSIONS[name] for name in lost]

    async def _pages(
        self, day: Window, path: str, grouping: tuple[str, ...], parse: Callable[[Answer, Window], Page[Row]]
    ) -> dict[Dimensions, Row]:
        asked = query(day, grouping, self.source.projects)

        async def fetch(cursor: str | None) -> Page[Row]:
            turned = [*asked, ("page", cursor)] if cursor is not None else asked
            answer = await self.client.get(path, turned)
            return await asyncio.to_thread(parse, answer, day)  # a large day takes a second

        return await read_all(fetch, self.most_pages)

    def _gaps(self, feed: Feed, day: Window, lost: Sequence[str]) -> tuple[Gap, ...]:
        names = dict.fromkeys(lost)
        return (refused_grouping(self.source.name, feed, day, names),) if names else ()


def query(day: Window, grouping: Sequence[str], projects: frozenset[str]) -> list[tuple[str, str]]:
    """The parameters that ask for one UTC day; arrays in brackets and repeated, as OpenAI's own client writes them."""
    return [
        ("start_time", str(day.start)),
        ("end_time", str(day.end)),
        ("bucket_width", "1d"),
        ("limit", "1"),
        *(("group_by[]", name) for name in grouping),
        *(("project_ids[]", project) for project in sorted(projects)),
    ]


def parse_costs(answer: Answer, day: Window) -> Page[BillRow]:
    """A page of costs of one day. Raises Malformed, with the path of what is wrong."""
    return _page(answer, day, "organization.costs.result", _cost)


def parse_completions(answer: Answer, day: Window) -> Page[Tokens]:
    """A page of usage of completions of one day. Raises Malformed, with the path of what is wrong."""
    return _page(answer, day, "organization.usage.completions.result", _completions)


def parse_embeddings(answer: Answer, day: Window) -> Page[Tokens]:
    """A page of usage of embeddings of one day, which have input only. Raises Malformed likewise."""
    return _page(answer, day, "organization.usage.embeddings.result", _embeddings)


def _page(answer: Answer, day: Window, kind: str, parse: Callable[[Answer, Dimensions], Row]) -> Page[Row]:
    answer.field("object").exactly("page")
    buckets = tuple(_bucket(bucket, day, kind, parse) for bucket in answer.field("data").items())
    following = answer.field("next_page").text() if answer.field("has_more").flag() else None
    return Page(buckets, following)


def _bucket(answer: Answer, day: Window, kind: str, parse: Callable[[Answer, Dimensions], Row]) -> Bucket[Row]:
    answer.field("object").exactly("bucket")
    start, end = answer.field("start_time"), answer.field("end_time")
    if start.count() != day.start or not day.start < end.count() <= day.end:
        raise Malformed(f"{answer.path} is of another time than was asked for")
    return tuple(_row(row, kind, parse) for row in answer.field("results").items())


def _row(answer: Answer, kind: str, parse: Callable[[Answer, Dimensions], Row]) -> tuple[Dimensions, Row]:
    answer.field("object").exactly(kind)
    named = ((ours, answer.optional(theirs)) for theirs, ours in DIMENSIONS.items())
    dimensions = frozenset((ours, value.text()) for ours, value in named if value is not None and value.text())
    return dimensions, parse(answer, dimensions)


def _cost(answer: Answer, dimensions: Dimensions) -> BillRow:
    money = answer.field("amount")
    quantity, unit = _quantity(answer)
    return BillRow(dimensions, amount(money.field("value"), money.field("currency")), quantity, unit)


def _quantity(answer: Answer) -> tuple[int, str]:
    value, unit = answer.optional("quantity"), answer.optional("quantity_unit")
    factor, ours = QUANTITIES.get(unit.text(), (0, "")) if unit else (0, "")
    if value is None or not ours:
        return 0, ""
    counted = value.number()
    if abs(counted) > LARGEST_COUNT // factor:
        raise Malformed(f"{value.path} is out of range")
    return int((counted * Decimal(factor)).to_integral_value(ROUND_HALF_EVEN)), ours


def _completions(answer: Answer, _dimensions: Dimensions) -> Tokens:
    tokens = Tokens(
        input=answer.field("input_tokens").count(),
        cached_input=_count(answer, "input_cached_tokens"),
        cache_write=_count(answer, "input_cache_write_tokens"),
        output=answer.field("output_tokens").count(),
        requests=answer.field("num_model_requests").count(),
    )
    if tokens.cached_input > tokens.input:
        raise Malformed(f"{answer.path}.input_cached_tokens is more than input_tokens, which must include it")
    return tokens


def _embeddings(answer: Answer, _dimensions: Dimensions) -> Tokens:
    return Tokens(input=answer.field("input_tokens").count(), requests=answer.field("num_model_requests").count())


def _count(answer: Answer, name: str) -> int:
    found = answer.optional(name)
    return 0 if found is None else found.count()
