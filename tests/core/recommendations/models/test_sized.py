"""What rows tell of the sizes of requests: each owner has his part, and all parts are the row."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from aicost.core.recommendations.models.sampled import Sampled, Stratum, whole
from aicost.core.recommendations.models.sized import Gathered, parts
from aicost.core.recommendations.models.usage import Sizes
from aicost.core.usage import Measured, Tokens, UsageRow
from aicost.core.window import DAY, Window
from tests.support.builders import at, dims


def row(measured: Measured, day: int = 0) -> UsageRow:
    """A hundred requests."""
    over = Window(at(day * DAY), at((day + 1) * DAY))
    return UsageRow("gateway", over, dims(apiKey="rank"), Tokens(requests=100), measured)


def looked(requests: int, short: int = 0) -> Measured:
    """So many that were looked at, and of them short ones."""
    return frozenset({("sampledRequests", requests), ("sampledStandsFor", requests), ("sampledShort", short)})


@given(st.integers(0, 50), st.integers(0, 50), st.lists(st.integers(0, 9), min_size=1, max_size=5).filter(sum))
def test_no_owners_part_has_more_short_requests_than_requests(short: int, others: int, weights: list[int]) -> None:
    """However a row that changed hands divides; and together they are what was looked at."""
    told = row(looked(short + others, short))
    found = [part.looked for part in parts(told, [20] * len(weights), weights)]
    assert all(0 <= of.short <= of.stands_for for of in found)
    assert whole(found) == Stratum(20 * len(weights), short + others, short + others, short)


def test_histograms_of_both_sizes_divide_as_the_row_does() -> None:
    """One of prompts alone says nothing of what is short in both."""
    both = frozenset({("shortPrompts", 40), ("shortAnswers", 20)})
    assert [part.sizes for part in parts(row(both), [75, 25], [3, 1])] == [Sizes(75, 30, 15), Sizes(25, 10, 5)]
    assert [part.sizes for part in parts(row(frozenset({("shortPrompts", 40)})), [100], [1])] == [Sizes()]


def test_days_before_the_last_eight_count_as_requests_alone() -> None:
    """Those of which no request was looked at do not even count so."""
    gathered = Gathered()
    for day, requests in ((0, 9), (4, 5), (8, 0)):
        told = row(looked(requests), day)
        gathered.add(told, *parts(told, [100], [1]))
    assert gathered.sizes is None
    expected = Sampled(200, ((row(frozenset(), 4).day, Stratum(100, 5, 5)),), ("gateway",))
    assert gathered.sampled(Window(at(0), at(9 * DAY))) == expected
    assert Gathered().sampled(Window(at(0), at(9 * DAY))) is None


def test_what_a_gateway_counts_that_tells_no_single_request_is_not_like_what_another_tells() -> None:
    """A thousand of one stand for these alone, though another counted nine thousand of the same model on that day."""
    gathered, told = Gathered(), row(looked(50, 20))
    other = replace(told, source="traces", tokens=Tokens(requests=9_000), measured=frozenset())
    for each in (told, other):
        gathered.add(each, *parts(each, [each.tokens.requests], [1]))
    assert gathered.sampled(told.day) == Sampled(100, ((told.day, Stratum(100, 50, 50, 20)),), ("gateway",))
