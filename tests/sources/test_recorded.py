"""Days put together."""

from __future__ import annotations

from aicost.core.coverage import Coverage
from aicost.core.holdings import CardGroup, Devices, Holding
from aicost.core.identity import NodeRef, PodIdentity
from aicost.core.window import HOUR, Instant, Window, instant
from aicost.ports import Account
from aicost.sources.prometheus_answers import TooLarge
from aicost.sources.recorded import day_by_day, filled, told

START = instant("2026-11-01T00:00:00Z")
TWO_DAYS = Window(START, Instant(START + 48 * HOUR))


def an_account(of: Window, covered: Coverage = ()) -> Account:
    """One node and one pod, both there for the whole window that was asked for, as samples show it."""
    group = CardGroup(NodeRef("n1", START), "nvidia.com/gpu", "L4", 1, of)
    held = Holding(PodIdentity("u", "ns", "p"), "n1", "nvidia.com/gpu", 1, of, assumed_from=Instant(of.end - 60))
    return Account(Devices((group,), (held,)), covered or (of,))


def test_nothing_in_a_label_is_taken_for_a_term() -> None:
    """All is put in at once: a value that looks like a placeholder stays as it is."""
    query = filled("up{$only}[$window]", Window(START, Instant(START + 60)), 60, frozenset({("job", "$window $only")}))
    assert query == 'up{job="$window $only"}[60s]'


async def test_days_are_asked_in_order_and_joined() -> None:
    """A month is asked day by day, oldest first; one UID over all days is one holding."""
    asked: list[Window] = []

    async def account(of: Window) -> Account | None:
        asked.append(of)
        return an_account(of)

    joined = await day_by_day(account, TWO_DAYS)
    assert asked == list(TWO_DAYS.pieces(24 * HOUR))
    assert joined == an_account(TWO_DAYS)


async def test_a_gap_in_the_samples_of_one_uid_is_no_gap() -> None:
    """A day that nobody recorded lies between two days of the same pod: it held on, though nothing covers that day."""

    async def account(of: Window) -> Account | None:
        return None if of.start == START + 24 * HOUR else an_account(of)

    three_days = Window(START, Instant(START + 72 * HOUR))
    first, _, last = three_days.pieces(24 * HOUR)
    assert await day_by_day(account, three_days) == an_account(three_days, (first, last))


async def test_no_day_at_all_is_no_account() -> None:
    """Nothing recorded is None, not an empty cluster."""

    async def account(of: Window) -> Account | None:  # noqa: ARG001 # the shape that is asked for
        return None

    assert await day_by_day(account, TWO_DAYS) is None


async def test_what_is_too_large_is_asked_in_halves() -> None:
    """A server that bears twelve hours is asked for twelve at a time, and the result is the same."""

    async def account(of: Window) -> Account | None:
        if of.seconds > 12 * HOUR:
            raise TooLarge("too many samples")
        return an_account(of)

    assert await day_by_day(account, TWO_DAYS) == an_account(TWO_DAYS)


def test_samples_cover_the_time_between_them() -> None:
    """Before the first sample's interval nothing is known; silence shorter than a look-back is none at the edges."""
    day = Window(START, Instant(START + 24 * HOUR))
    noon = Instant(START + 12 * HOUR)
    assert told(Instant(START + 200), Instant(day.end - 200), day, 60) == (day,)
    assert told(noon, Instant(day.end - 60), day, 60) == (Window(Instant(noon - 60), day.end),)
    assert told(START, noon, day, 60) == (Window(START, Instant(noon + 60)),)
