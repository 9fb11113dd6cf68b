"""What samples of ordinary weeks promise: of weeks of jobs that come by chance the true share lies within the bounds."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from fractions import Fraction
from random import Random

import pytest

from aicost.core.recommendations.models.policy import POLICY
from aicost.core.recommendations.models.sampled import Sampled
from aicost.core.recommendations.models.sized import Gathered, parts
from aicost.core.samples import Request, Stretch, drawn, measured_by, sample_of
from aicost.core.usage import Tokens, UsageRow
from aicost.core.window import DAY, HOUR, Instant, Window, day_of
from tests.support.builders import dims

PER_HOUR, PAGE, JOB = 1_000, 20, 100
ROW = dims(apiKey="k", model="m")
SHORT, LONG = Request(ROW, 200, 40), Request(ROW, 4_000, 40)


def week(since: int, days: int, hours: Iterable[int], is_short: Callable[[int, int, int], bool]) -> Sampled:
    """What is known of days with some busy hours, of whose day, hour and number a call is short or not."""
    gathered, busy = Gathered(), tuple(hours)
    for number in range(days):
        day = day_of(Instant(since + number * DAY))
        sample = sample_of(_page(day, number, hour, is_short) for hour in busy)
        requests = PER_HOUR * len(busy)
        row = UsageRow("gw", day, ROW, Tokens(requests=requests), measured_by(sample, lambda caller: caller)[ROW])
        gathered.add(row, *parts(row, [requests], [1]))
    sampled = gathered.sampled(Window(Instant(since), Instant(since + days * DAY)))
    assert sampled is not None
    return sampled


def _page(day: Window, number: int, hour: int, is_short: Callable[[int, int, int], bool]) -> Stretch:
    since = Instant(day.start + hour * HOUR)
    first = drawn(Window(since, Instant(since + HOUR)), PER_HOUR) // PAGE * PAGE
    seen = (SHORT if is_short(number, hour, call) else LONG for call in range(first, first + PAGE))
    return Stretch(tuple(seen), PER_HOUR)


def odd(call: int) -> bool:
    """One of two jobs' calls."""
    return call % (2 * JOB) == 0


@pytest.mark.parametrize("has_odd", [False, True])
@pytest.mark.parametrize("percent", [5, 10])
def test_of_random_weeks_19_of_20_have_the_true_share_within_the_bounds(percent: int, *, has_odd: bool) -> None:
    """Of jobs that are long now and then, also where now and then a single call is not like its job."""
    random = Random(5)  # noqa: S311 # any weeks will do, the same each time
    outside, weeks = 0, 40
    for _ in range(weeks):
        long = {(d, h, job): random.randrange(100) < percent for d in range(7) for h in (9, 14) for job in range(10)}

        def is_short(day: int, hour: int, call: int, long: dict[tuple[int, int, int], bool] = long) -> bool:
            return not long[day, hour, call // JOB] and not (has_odd and odd(call))

        low, high = week((20_000 + random.randrange(900)) * DAY, 7, (9, 14), is_short).bounds(POLICY.alike)
        short = sum(JOB - (has_odd and job % 2 == 0) for (_, _, job), is_long in long.items() if not is_long)
        truth = Fraction(short, JOB * len(long))
        outside += not low <= truth <= high
    assert outside * 20 <= weeks


@pytest.mark.parametrize("begin", range(0, 80, 20))
@pytest.mark.parametrize("days", [5, 8])
def test_one_more_long_call_takes_no_guard_away(days: int, begin: int) -> None:
    """Of a job of the same order each night it raised the bound by 41 points; days that differ less may raise it by one."""

    def plain(_day: int, _hour: int, call: int) -> bool:
        return not begin <= call * 100 // PER_HOUR < begin + 30

    def mixed(day: int, hour: int, call: int) -> bool:
        return plain(day, hour, call) and not odd(call)

    for hour in range(0, 24, 6):
        (low, high), (less, _) = (week(20_700 * DAY, days, [hour], of).bounds(POLICY.alike) for of in (plain, mixed))
        assert less <= low + Fraction(1, 100)
        assert less <= Fraction(7, 10) <= high
