"""Samples of requests: counts by caller and nothing else, and each request by what it stands for."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aicost.core.declarations import Dimensions
from aicost.core.samples import Request, Stretch, blocks, drawn, kept, measured_by, sample_of
from aicost.core.usage import Measured, Tokens, UsageRow
from aicost.core.window import DAY, HOUR, Window
from tests.support.builders import at, dims

ANN, BOB = dims(apiKey="ann", model="m"), dims(apiKey="bob", model="m")


def by_caller(stretches: Iterable[Stretch]) -> Mapping[Dimensions, Measured]:
    """What was counted of each caller, each of whom has a row of his own."""
    return measured_by(sample_of(stretches), lambda caller: caller)


def test_short_in_both_is_short() -> None:
    """Up to 1,024 tokens of the prompt and 256 of the answer; tokens are told of these alone, requests of all."""
    seen = (Request(ANN, 1024, 256), Request(ANN, 10, 1), Request(ANN, 1025, 1), Request(ANN, 1, 257))
    assert by_caller([Stretch((*seen, Request(BOB, 5_000, 900)), 5)]) == {
        ANN: {
            *(("sampledRequests", 4), ("sampledStandsFor", 4), ("sampledShort", 2)),
            *(("sampledShortInput", 1034), ("sampledShortOutput", 257)),
            *(("sampledSquares", 16), ("sampledShortSquares", 4), ("sampledProducts", 8)),
        },
        BOB: {("sampledRequests", 1), ("sampledStandsFor", 1), ("sampledSquares", 1)},
    }


def test_what_has_no_size_is_looked_at_and_not_short() -> None:
    """The share is of all requests that usage counts: neither one that lacks a size nor a pass-through is left out."""
    (told,) = by_caller([Stretch((Request(ANN, 10, 1), Request(ANN), Request(ANN, 10), Request(ANN)), 4)]).values()
    assert {("sampledRequests", 4), ("sampledStandsFor", 4), ("sampledShort", 1)} <= told


def test_what_cannot_be_is_no_request_and_no_stretch() -> None:
    """Neither negative tokens nor more requests than there were."""
    with pytest.raises(ValueError, match="is none"):
        Request(ANN, 1, -1)
    with pytest.raises(ValueError, match="2 of 1 requests"):
        Stretch((Request(ANN), Request(ANN)), 1)


def test_a_neighbours_busy_hour_takes_no_request_of_anybody_away() -> None:
    """Each request that was looked at stands for as many as its own stretch has for it."""
    quiet, busy = (tuple(Request(of, 10, 1) for _ in range(100)) for of in (ANN, BOB))
    alone = by_caller([Stretch(quiet, 190)])
    beside = by_caller([Stretch(quiet, 190), Stretch((), 0), Stretch(busy, 10_000)])
    assert beside[ANN] == alone[ANN]
    assert {("sampledRequests", 100), ("sampledStandsFor", 190), ("sampledShort", 190)} <= alone[ANN]
    assert ("sampledStandsFor", 10_000) in beside[BOB]


def test_a_stretch_is_one_draw_however_many_customers_a_row_has() -> None:
    """The same calls with a customer each and without any tell the same of a row; of no row nothing is counted."""
    sizes = [[(10, 1)] * 70 + [(5_000, 1)] * 30, [(10, 1)] * 20]
    plain = [Stretch(tuple(Request(ANN, *of) for of in page), 400) for page in sizes]
    each = [
        Stretch(tuple(Request(ANN | dims(customer=str(number)), *of) for number, of in enumerate(page)), 400)
        for page in sizes
    ]
    found = measured_by(sample_of(each), lambda _: ANN)
    assert found == by_caller(plain)
    assert ("sampledSquares", 2 * 400**2) in found[ANN]
    assert measured_by(sample_of(each), lambda _: None) == {}


def test_what_was_counted_apart_is_not_short_and_makes_no_stretch_differ() -> None:
    """A part of each stretch is of it, as large as the stretch; where there is no other request it is told all the same."""
    pages = [Stretch((Request(ANN, 10, 1),) * 10, 100), Stretch((Request(ANN, 10, 1),) * 10, 300)]
    found = measured_by(sample_of(pages, {ANN: 40, BOB: 8}), lambda caller: caller)
    assert found[ANN] == {
        *(("sampledRequests", 20), ("sampledStandsFor", 440), ("sampledShort", 400)),
        *(("sampledShortInput", 4_000), ("sampledShortOutput", 400)),
        *(("sampledSquares", 110**2 + 330**2), ("sampledShortSquares", 100**2 + 300**2)),
        ("sampledProducts", 110 * 100 + 330 * 300),
    }
    assert found[BOB] == {("sampledStandsFor", 8), ("sampledSquares", 2**2 + 6**2)}
    alone = measured_by(sample_of([], {BOB: 8}), lambda caller: caller)
    assert alone == {BOB: {("sampledStandsFor", 8), ("sampledSquares", 8**2)}}
    assert sample_of([], {}) == sample_of([]) == ()


def test_a_day_told_without_any_look_keeps_that_of_before_as_long_as_it_is_the_same() -> None:
    """One that is told with a look, or otherwise, is what it is told: no sample is of other requests."""
    day = Window(at(0), at(DAY))
    ann, bob = (UsageRow("gw", day, of, Tokens(requests=9), frozenset({("images", 2)})) for of in (ANN, BOB))
    seen = replace(ann, measured=ann.measured | {("sampledRequests", 4)})
    assert kept([bob, ann], [seen, bob]) == [seen, bob]
    for told in (
        [],
        [ann],
        [replace(ann, measured=frozenset()), bob],
        [replace(ann, tokens=Tokens(requests=8)), bob],
        [ann, replace(bob, measured=bob.measured | {("sampledRequests", 1)})],
    ):
        assert kept(told, [seen, bob]) == told


@given(
    st.lists(
        st.lists(st.tuples(st.integers(0, 2_000), st.integers(0, 500)), min_size=1, max_size=9), min_size=1, max_size=4
    ),
    st.integers(0, 90),
)
def test_counts_are_whole_and_never_more_short_than_they_stand_for(
    stretches: list[list[tuple[int, int]]], more: int
) -> None:
    """Nor of longer short ones than there may be; they stand for all requests, to within one."""
    made = [Stretch(tuple(Request(ANN, *of) for of in each), len(each) + more) for each in stretches]
    counts = dict(by_caller(made)[ANN])
    short = counts.get("sampledShort", 0)
    assert counts["sampledRequests"] == sum(len(each) for each in stretches) <= counts["sampledStandsFor"]
    assert abs(counts["sampledStandsFor"] - sum(each.requests for each in made)) <= 1
    assert short <= counts["sampledStandsFor"]
    assert counts.get("sampledShortInput", 0) <= short * 1_024
    assert counts.get("sampledShortOutput", 0) <= short * 256


@pytest.mark.parametrize("hours", [range(168), [day * 24 + of for day in range(7) for of in range(9, 17)]])
def test_each_tenth_of_an_hour_has_its_turn_in_a_week(hours: list[int]) -> None:
    """As often as the others, to within two and a half of them, whether calls come all day or in office hours."""
    tenths = [drawn(Window(at(of * HOUR), at((of + 1) * HOUR)), 1_000) // 100 for of in hours]
    assert all(abs(tenths.count(of) - len(hours) / 10) <= 2.5 for of in range(10))


@given(st.integers(0, 23), st.integers(1, 100_000))
def test_an_hour_of_every_night_is_looked_at_elsewhere_each_time(hour: int, requests: int) -> None:
    """Within a week each third of it has its turn."""
    nights = [Window(at(day * DAY + hour * HOUR), at(day * DAY + (hour + 1) * HOUR)) for day in range(7)]
    numbers = [drawn(night, requests) for night in nights]
    assert all(0 <= number < requests for number in numbers)
    assert {number * 3 // requests for number in numbers} == {0, 1, 2} or requests < 9


@given(st.lists(st.integers(0, 300), min_size=1, max_size=60))
def test_blocks_are_all_minutes_in_order_and_small_enough_to_be_seen_whole(calls: list[int]) -> None:
    """But for a minute that is more by itself, which shares its block with no other call."""
    found = blocks(calls, 100)
    assert [minute for block in found for minute in block] == list(range(len(calls)))
    for block in found:
        counts = [calls[minute] for minute in block if calls[minute]]
        assert sum(counts) <= 100 or len(counts) == 1
