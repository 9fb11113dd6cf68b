"""Coverage: what is known and what is missing tile every window, whatever was covered in whatever order."""

from __future__ import annotations

import itertools
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from aicost.core.coverage import Coverage, missing, most_at_once, progress, reaches, union, within
from aicost.core.window import DAY, HOUR, Window
from tests.support.builders import at, between

WINDOWS = st.tuples(st.integers(0, 60), st.integers(1, 20)).map(lambda w: between(w[0], w[0] + w[1]))
SETS = st.lists(WINDOWS, max_size=6)


def _seconds(windows: Coverage | list[Window]) -> set[int]:
    return {second for each in windows for second in range(each.start, each.end)}


@given(SETS)
def test_union_is_the_fewest_windows(windows: list[Window]) -> None:
    """A union covers the same seconds with sorted windows that neither overlap nor touch."""
    joined = union(windows)
    assert _seconds(joined) == _seconds(windows)
    assert all(one.end < following.start for one, following in itertools.pairwise(joined))


@given(SETS, st.randoms(use_true_random=False))
def test_union_does_not_care_about_order_or_repetition(windows: list[Window], random: Random) -> None:
    """The same windows in another order, or given twice, are the same coverage."""
    shuffled = [*windows, *windows]
    random.shuffle(shuffled)
    assert union(shuffled) == union(windows) == union(union(windows))


@given(WINDOWS, SETS)
def test_known_and_missing_tile_the_window(needed: Window, windows: list[Window]) -> None:
    """The covered and the missing parts of a window are disjoint and together the window."""
    covered = union(windows)
    known, gaps = within(covered, needed), missing(needed, covered)
    assert not _seconds(known) & _seconds(gaps)
    assert union([*known, *gaps]) == (needed,)
    assert _seconds(known) == _seconds(covered) & _seconds([needed])


@given(st.integers(0, 80), SETS)
def test_reaches_the_end_of_unbroken_coverage(since: int, windows: list[Window]) -> None:
    """Every second from the instant to where coverage reaches is covered, and the next one is not."""
    covered = union(windows)
    reached = reaches(covered, at(since))
    assert set(range(at(since), reached)) <= _seconds(covered)
    assert reached not in _seconds(covered)


@given(st.lists(st.integers(0, 95), max_size=6, unique=True))
def test_a_day_is_done_when_nothing_of_it_is_left(hours: list[int]) -> None:
    """Done are the days without an hour that is left; the first and the last may be parts of a day."""
    over = between(HOUR, 4 * DAY - HOUR)
    left = union(between(hour * HOUR, (hour + 1) * HOUR) for hour in hours if 1 <= hour < 95)
    told = progress(over, left)
    assert (told.done, told.total) == (4 - len({hour // 24 for hour in hours if 1 <= hour < 95}), 4)
    assert str(told) == f"{told.done} of 4 days"


@given(st.lists(st.tuples(st.integers(1, 5), WINDOWS), max_size=5))
def test_most_at_once_is_the_fullest_second(counts: list[tuple[int, Window]]) -> None:
    """No second has more than that, and one has it; an end frees what it counted for whoever begins then."""
    assert most_at_once(counts) == max(sum(n for n, over in counts if at(second) in over) for second in range(80))
