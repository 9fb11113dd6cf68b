"""Samples of requests: counts by caller and nothing else, and each stretch of time by what it stands for."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aicost.core.samples import Request, Stretch, even, sample_of
from tests.support.builders import dims

ANN, BOB = dims(apiKey="ann", model="m"), dims(apiKey="bob", model="m")


def test_short_in_both_is_short() -> None:
    """Up to 1,024 tokens of the prompt and 256 of the answer; tokens are told of these alone, requests of all."""
    seen = [Request(ANN, 1024, 256), Request(ANN, 10, 1), Request(ANN, 1025, 1), Request(ANN, 1, 257), None]
    assert sample_of([*seen, Request(BOB, 5_000, 900)]) == {
        ANN: {
            ("sampledRequests", 4),
            ("sampledShortRequests", 2),
            ("sampledShortInput", 1034),
            ("sampledShortOutput", 257),
        },
        BOB: {("sampledRequests", 1)},
    }


def test_what_cannot_be_is_no_request_and_no_stretch() -> None:
    """Neither negative tokens nor more requests than there were."""
    with pytest.raises(ValueError, match="is none"):
        Request(ANN, 1, -1)
    with pytest.raises(ValueError, match="2 of 1 requests"):
        Stretch((None, None), 1)


def test_a_busy_stretch_weighs_as_much_as_it_has() -> None:
    """Of 100 looked at in each hour, the quiet one's 1,000 stand for a tenth of the busy one's 10,000; the order is kept."""
    quiet, busy = (tuple(Request(of, each, 1) for each in range(100)) for of in (ANN, BOB))
    taken = list(even([Stretch(quiet, 1_000), Stretch((), 0), Stretch(busy, 10_000)]))
    assert sample_of(taken) == {
        ANN: sample_of(quiet[::10])[ANN],
        BOB: sample_of(busy)[BOB],
    }


@given(st.lists(st.integers(0, 40).flatmap(lambda of: st.tuples(st.just(of), st.integers(of, 4_000))), max_size=6))
def test_each_stretch_stands_for_as_many(drawn: list[tuple[int, int]]) -> None:
    """To within one request; where all were looked at, all are taken; none comes twice."""
    named = [
        Stretch(tuple(Request(dims(apiKey=f"k{of}"), each, 1) for each in range(seen)), all_of)
        for of, (seen, all_of) in enumerate(drawn)
    ]
    taken = list(even(named))
    assert len(set(taken)) == len(taken)
    rate = min((len(of.seen) / of.requests for of in named if of.seen), default=1)
    for of in named:
        mine = sum(each in of.seen for each in taken)
        assert mine == pytest.approx(of.requests * rate if of.seen else 0, abs=0.5001)
