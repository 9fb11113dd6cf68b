"""What is counted beside tokens: each measure by itself, all of it, to who owns the rows."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aicost.core.counting import (
    PIECES,
    UNITS,
    Failure,
    Measure,
    Size,
    measured_of,
    paid_apart,
    size_of,
    sized,
    summed,
    together,
)
from aicost.core.samples import Looked
from aicost.core.usage import Measured, Tokens, UsageRow
from aicost.core.window import DAY
from tests.support.builders import a_claim, a_grant, a_source, a_unit, a_workload, between, dims, ownership, successive

COUNTS = st.dictionaries(st.sampled_from(list(Measure)), st.integers(1, 10**12)).map(lambda of: frozenset(of.items()))
CHAT, RANK = (a_workload(name, usage=(a_claim(project=name),)) for name in ("chat", "rank"))


def test_sizes_of_requests_are_no_usage() -> None:
    """They are evidence for advice; a status that listed them would count requests twice."""
    owners = ownership(a_unit(), a_source(a_grant("chat"), a_grant("rank")), CHAT, RANK)
    sizes = frozenset((str(size), 5) for size in (*Size, *Failure, *Looked))
    assert measured_of(owners, [UsageRow("openai", between(0, DAY), dims(project="chat"), Tokens(), sizes)]) == {}


def test_what_is_paid_by_the_piece_has_a_name_and_a_piece() -> None:
    """All that is counted beside tokens but moderations, which are free; sizes of requests are none of it."""
    everything = frozenset((str(each), 1) for each in (*Measure, *Size))
    assert set(paid_apart(everything)) == set(Measure) - {Measure.MODERATION_TOKENS} == set(PIECES)
    assert set(UNITS) == set(Measure)
    assert list(paid_apart(everything)) == sorted(paid_apart(everything))


@given(st.lists(COUNTS, max_size=4))
def test_measures_are_summed_apart(parts: list[Measured]) -> None:
    """Seconds to seconds, images to images."""
    sums: Counter[str] = Counter()
    for part in parts:
        sums.update(dict(part))
    assert dict(together(parts)) == dict(sums)


def test_each_workload_is_told_its_own() -> None:
    """Of the rows that it owns; what nobody claims is nobody's."""
    owners = ownership(a_unit(), a_source(a_grant("chat"), a_grant("rank")), CHAT, RANK)
    images, seconds = frozenset({("images", 3)}), frozenset({("seconds", 5)})
    rows = [
        UsageRow("openai", between(0, DAY), dims(project=project, model=model), Tokens(), measured)
        for project, model, measured in (
            ("chat", "a", images),
            ("chat", "b", images),
            ("chat", "c", seconds),
            ("rank", "a", seconds),
            ("other", "a", images),
        )
    ]
    assert measured_of(owners, rows) == {CHAT.ref: {"images": 6, "seconds": 5}, RANK.ref: {"seconds": 5}}


def test_a_row_that_changed_hands_is_divided_by_the_seconds() -> None:
    """A quarter of the day the one's, then the other's, and nothing is lost by it."""
    grants = a_source(a_grant("p"))
    before, after = (a_workload(name, usage=(a_claim(project="p"),)) for name in ("chat", "rank"))
    owners = successive((-DAY, (a_unit(), grants, before)), (DAY // 4, (a_unit(), grants, after)))
    row = UsageRow("openai", between(0, DAY), dims(project="p"), Tokens(), frozenset({("images", 9)}))
    found = measured_of(owners, [row])
    assert found == {before.ref: {"images": 2}, after.ref: {"images": 7}}
    assert summed((found, found)) == {before.ref: {"images": 4}, after.ref: {"images": 14}}


@pytest.mark.parametrize(
    ("measure", "told", "size"),
    [
        ("images", "1024x1024", "1024x1024"),
        ("images", "1x99999", "1x99999"),
        ("images", "100000x1", ""),
        ("images", "auto", ""),
        ("images", "", ""),
        ("webSearchCalls", "512x512", ""),
    ],
)
def test_images_have_a_size_where_one_is_told(measure: str, told: str, size: str) -> None:
    """As pixels, and no other word: it names what has no price."""
    assert size_of(measure, dims(size=told)) == size
    assert size_of(measure, frozenset()) == ""
    assert sized("images", size) == (f"images of {size}" if size else "images")
