"""Pages are read to the end and joined by content: nothing is lost, nothing doubled, and no part passes for the whole."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aicost.ports import Malformed, Unavailable
from aicost.sources.tokens.pages import Bucket, Page, QueryRefused, joined, read_all
from tests.support.builders import dims

A, B = dims(project="a"), dims(project="b")
ROWS = st.dictionaries(st.sampled_from([dims(), A, B, dims(apiKey="k")]), st.integers(-5, 5), max_size=4)


class Pages:
    """Serves pages by cursor."""

    def __init__(self, **pages: Page[int]) -> None:
        self.pages = pages
        self.asked: list[str | None] = []

    async def __call__(self, cursor: str | None) -> Page[int]:
        self.asked.append(cursor)
        return self.pages[cursor or "first"]


def page(rows: Bucket[int], following: str | None = None) -> Page[int]:
    return Page((rows,), following)


async def test_pages_are_read_to_the_end() -> None:
    """Every cursor is followed, also after a page without buckets."""
    pages = Pages(first=page(((A, 1),), "x"), x=Page((), "y"), y=page(((B, 2),)))
    assert await read_all(pages, 10) == {A: 1, B: 2}
    assert pages.asked == [None, "x", "y"]


async def test_a_page_that_comes_twice_counts_once() -> None:
    """An equal row under the same dimensions on another page is the same row."""
    pages = Pages(first=page(((A, 1),), "x"), x=page(((A, 1),), "y"), y=page(((B, 2),)))
    assert await read_all(pages, 10) == {A: 1, B: 2}


@pytest.mark.parametrize(
    ("pages", "message"),
    [
        (Pages(first=page((), "x"), x=page((), "x")), "leads back"),
        (Pages(first=page((), "x"), x=page((), "y"), y=page((), "x")), "leads back"),
        (Pages(first=page((), "x"), x=page((), "y"), y=page((), "z"), z=page(())), "more than 3 pages"),
        (Pages(first=Page((), None)), "no bucket"),
        (Pages(first=page(((A, 1),), "x"), x=page(((A, 2),))), "differ between pages"),
        (Pages(first=page(((A, 1), (A, 1)))), "two rows with the same dimensions"),
    ],
)
async def test_what_is_not_surely_the_whole_is_malformed(pages: Pages, message: str) -> None:
    """Loops, endless pages, contradictions, repetition inside a bucket and no bucket at all spoil the day."""
    with pytest.raises(Malformed, match=message):
        await read_all(pages, 3)


async def test_only_the_first_page_can_refuse_the_query() -> None:
    """A refused cursor is not a refused grouping: it must not make the caller ask for less detail."""

    async def fetch(cursor: str | None) -> Page[int]:
        if cursor:
            raise QueryRefused("no")
        return page((), "x")

    with pytest.raises(Unavailable, match="in the middle of its pages") as fault:
        await read_all(fetch, 3)
    assert not isinstance(fault.value, QueryRefused)


@given(ROWS, st.lists(st.integers(0, 4), max_size=4), st.randoms(use_true_random=False))
def test_however_rows_are_cut_and_repeated_the_day_is_the_same(rows: dict, cuts: list[int], random: object) -> None:  # type: ignore[type-arg] # Hypothesis draws them
    """Any cut into pages, in any order, with any page repeated, gives each row once."""
    items = list(rows.items())
    bounds = [0, *sorted(min(cut, len(items)) for cut in cuts), len(items)]
    buckets = [tuple(items[start:end]) for start, end in itertools.pairwise(bounds)]
    shuffled = [*buckets, *buckets[:2]]
    random.shuffle(shuffled)  # type: ignore[attr-defined] # a random.Random
    assert joined(shuffled) == rows
