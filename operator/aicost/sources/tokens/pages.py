"""Reading a paged answer to its end, and joining the pages by content so that a repeated page doubles nothing.

A page is all or nothing, and so is what is joined from pages: a part is never taken for the whole.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Generic, TypeAlias, TypeVar

from aicost.core.declarations import Dimensions
from aicost.ports import Malformed, Unavailable

Row = TypeVar("Row")
Bucket: TypeAlias = tuple[tuple[Dimensions, Row], ...]
"""The rows of one bucket of one page, by their dimensions; a provider groups, so each combination occurs once."""


class QueryRefused(Unavailable):
    """The provider does not accept the query as it was asked (HTTP 400): another query may be accepted."""


class EndpointMissing(Unavailable):  # same
    """The provider has nothing at that address (HTTP 404): another generation of its API may be there."""


class Contradictory(Malformed):  # same
    """Rows have the same dimensions and are not the same row: which of them counts cannot be known."""


@dataclass(frozen=True, slots=True)
class Page(Generic[Row]):
    """One page: its buckets of one day, and the cursor of the next page or None on the last."""

    buckets: tuple[Bucket[Row], ...]
    following: str | None


async def read_all(fetch: Callable[[str | None], Awaitable[Page[Row]]], at_most: int) -> dict[Dimensions, Row]:
    """All rows of all pages by their dimensions; `fetch` gets None for the first page, then each page's cursor.

    Raises what `fetch` raises, and Malformed for a cursor that came before, for more than `at_most` pages, for rows
    that contradict each other, and for an answer without any bucket: that is not an empty day.
    """
    buckets: list[Bucket[Row]] = []
    seen: set[str] = set()
    cursor: str | None = None
    for _ in range(at_most):
        page = await _fetch(fetch, cursor)
        buckets.extend(page.buckets)
        if page.following is None:
            return joined(buckets)
        if page.following in seen:
            raise Malformed(f"page {len(seen) + 1} leads back to an earlier page, so the end is never reached")
        seen.add(page.following)
        cursor = page.following
    raise Malformed(f"there are more than {at_most} pages")


async def _fetch(fetch: Callable[[str | None], Awaitable[Page[Row]]], cursor: str | None) -> Page[Row]:
    try:
        return await fetch(cursor)
    except QueryRefused as refusal:
        if cursor is None:
            raise
        raise Unavailable(f"{refusal}, in the middle of its pages") from refusal


def joined(buckets: list[Bucket[Row]]) -> dict[Dimensions, Row]:
    """The rows of a day's buckets by their dimensions. An equal row in another bucket is the same row, sent again.

    Raises Malformed when there is no bucket, and Contradictory when two rows differ under the same dimensions or a
    bucket has the same dimensions twice: to add and to ignore could both be wrong.
    """
    if not buckets:
        raise Malformed("no bucket came for the day: an empty day has an empty bucket")
    rows: dict[Dimensions, Row] = {}
    for bucket in buckets:
        found = dict(bucket)
        if len(found) != len(bucket):
            raise Contradictory("a bucket has two rows with the same dimensions")
        contradicted = [
            dimensions for dimensions in found if rows.get(dimensions, found[dimensions]) != found[dimensions]
        ]
        if contradicted:
            raise Contradictory(f"{len(contradicted)} rows differ between pages under the same dimensions")
        rows.update(found)
    return rows
