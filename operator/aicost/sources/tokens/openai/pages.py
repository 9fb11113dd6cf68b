"""What all of OpenAI's organisation endpoints are asked alike, and answer alike: pages of buckets of results."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

from aicost.core.declarations import Dimensions
from aicost.core.window import DAY, Instant, Window, date, day_of
from aicost.ports import Malformed
from aicost.sources.tokens.answers import Answer, dimensions_of
from aicost.sources.tokens.pages import Bucket, Page

DIMENSIONS = {
    "project_id": "project",
    "api_key_id": "apiKey",
    "user_id": "user",
    "line_item": "lineItem",
    "model": "model",
    "batch": "batch",
    "service_tier": "tier",
    "size": "size",
}
"""OpenAI's names of dimensions and ours. A service account's id comes as a `user_id`; whether it was a batch as true or false."""

Row = TypeVar("Row")


MOST_DAYS = 31
"""OpenAI gives no more buckets of a day on a page."""
DAY_OF = "day"
"""The dimension that tells rows of several days apart."""


def query(over: Window, grouping: Sequence[str], projects: frozenset[str]) -> list[tuple[str, str]]:
    """The parameters that ask for whole UTC days; arrays in brackets and repeated, as OpenAI's own client writes them."""
    return [
        ("start_time", str(over.start)),
        ("end_time", str(over.end)),
        ("bucket_width", "1d"),
        ("limit", str(min(over.seconds // DAY, MOST_DAYS))),
        *(("group_by[]", name) for name in grouping),
        *(("project_ids[]", project) for project in sorted(projects)),
    ]


def page(answer: Answer, day: Window, kind: str, parse: Callable[[Answer, Dimensions], Row]) -> Page[Row]:
    """A page of one day's results of a kind, each by its dimensions. Raises Malformed, with the path of what is wrong."""
    return _page(answer, lambda bucket: _bucket(bucket, day, kind, parse))


def page_of_days(answer: Answer, over: Window, kind: str, parse: Callable[[Answer, Dimensions], Row]) -> Page[Row]:
    """The same of several days: each row has its day as the dimension DAY_OF."""

    def read(bucket: Answer) -> Bucket[Row]:
        day = day_of(Instant(bucket.field("start_time").count()))
        if not over.start <= day.start < over.end:
            raise Malformed(f"{bucket.path} is of another time than was asked for")
        rows = _bucket(bucket, day, kind, parse)
        return tuple((dimensions | {(DAY_OF, date(day.start))}, row) for dimensions, row in rows)

    return _page(answer, read)


def _page(answer: Answer, read: Callable[[Answer], Bucket[Row]]) -> Page[Row]:
    answer.field("object").exactly("page")
    buckets = tuple(read(bucket) for bucket in answer.field("data").items())
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
    told = ((ours, _told(ours, value)) for ours, value in named if value is not None)
    dimensions = dimensions_of((ours, value) for ours, value in told if value)
    return dimensions, parse(answer, dimensions)


def _told(dimension: str, value: Answer) -> str:
    if dimension == "batch":
        return "true" if value.flag() else "false"
    return value.text()
