"""The recorder: oldest first, what fails is asked again, what waits for the ledger is not lost."""

from __future__ import annotations

import json

import pytest

from aicost.core.coverage import Progress
from aicost.core.gaps import Feed
from aicost.core.holdings import FOREVER, Devices
from aicost.core.reasons import GapReason
from aicost.core.usage import CardUse, Observed, PodTokens, Tokens
from aicost.core.window import DAY, HOUR, Window
from aicost.ports import Forbidden, Malformed, Unavailable
from aicost.reconcile.devices import DeviceRecord
from aicost.reconcile.recorder import Feeds, Recorder
from tests.support.builders import a_group, a_holding, a_pod, at, between
from tests.support.fakes import FakeHistory, FakeMeter, FakeUtilisation

LATENESS = 900
THREE_DAYS = between(0, 3 * DAY)
DAYS = [between(0, DAY), between(DAY, 2 * DAY), between(2 * DAY, 3 * DAY)]
DOWN = Unavailable("Prometheus does not answer")
FAILURES = [DOWN, Malformed("Prometheus answered nonsense"), Forbidden("Prometheus refused")]
TOLD = Devices((a_group(8, THREE_DAYS),), (a_holding(window=between(100, 2 * DAY)),))


class Recording:
    """A recorder with its record and its feeds."""

    def __init__(self, *histories: FakeHistory, marks: dict[str, str] | None = None) -> None:
        self.use, self.meter = FakeUtilisation(), FakeMeter()
        self.record = DeviceRecord(Devices(), {})
        self.learnt = 0
        feeds = Feeds(histories, self.use, self.meter)
        self.recorder = Recorder(feeds, self.record, marks or {}, self._learn)

    def _learn(self) -> None:
        self.learnt += 1

    async def catch_up(self, over: Window = THREE_DAYS) -> None:
        await self.recorder.catch_up(over, LATENESS)

    def gaps(self) -> list[GapReason]:
        return [gap.reason for gap in self.recorder.gaps()]


def a_use(hour: int) -> CardUse:
    return CardUse("support", "chat-0", "GPU-1", between(hour * HOUR, (hour + 1) * HOUR), "SM_ACTIVE", 500_000)


def a_count(hour: int) -> PodTokens:
    return PodTokens("support", "chat-0", "m", between(hour * HOUR, (hour + 1) * HOUR), Tokens(input=7))


async def test_the_past_is_asked_for_oldest_first_day_by_day() -> None:
    """One pass asks for every missing day once, in order, and then nothing is missing."""
    history = FakeHistory(TOLD, covers=(THREE_DAYS,))
    recording = Recording(history)
    await recording.catch_up()
    assert history.asked == DAYS
    assert recording.record.covered == (THREE_DAYS,)
    assert recording.gaps() == []
    await recording.catch_up()
    assert history.asked == DAYS
    assert recording.learnt == 1


@pytest.mark.parametrize("failure", FAILURES, ids=lambda failure: type(failure).__name__)
async def test_a_history_that_fails_is_a_gap_and_is_asked_again(failure: Exception) -> None:
    """A failure stops the pass at that day, says so with its cause, and the next pass goes on from there."""
    history = FakeHistory(TOLD, covers=(THREE_DAYS,), failure=failure)
    recording = Recording(history)
    await recording.catch_up()
    (gap,) = recording.recorder.gaps()
    assert (gap.reason, gap.feed, gap.since) == (GapReason.NO_POD_HISTORY, Feed.GPU, at(0))
    assert str(failure) in gap.message
    assert history.asked == DAYS[:1]
    assert not recording.record.covered
    history.failure = None
    await recording.catch_up()
    assert recording.record.covered == (THREE_DAYS,)
    assert recording.recorder.gaps() == ()


async def test_the_back_fill_tells_how_far_it_has_come(caplog: pytest.LogCaptureFixture) -> None:
    """In the log after each day, in the gap's words where a day fails, and as a number."""
    history = FakeHistory(TOLD, covers=(THREE_DAYS,))
    recording = Recording(history)
    assert recording.recorder.progress == Progress(0, 0)
    with caplog.at_level("INFO"):
        await recording.catch_up(DAYS[0])
        history.failure = DOWN
        await recording.catch_up()
    assert recording.recorder.progress == Progress(1, 3)
    assert "(1 of 3 days are read): Prometheus does not answer" in recording.recorder.gaps()[0].message
    history.failure = None
    with caplog.at_level("INFO"):
        await recording.catch_up()
    assert recording.recorder.progress == Progress(3, 3)
    told = [line for line in caplog.messages if line.startswith("back-fill of who held which GPU")]
    assert [line.rpartition(": ")[2] for line in told] == [
        "1 of 1 days are read",
        "2 of 3 days are read",
        "3 of 3 days are read",
    ]


async def test_days_of_which_nobody_knows_are_done_once_they_were_asked_for() -> None:
    """Time before the first series will not be told by asking again."""
    recording = Recording(FakeHistory(TOLD, covers=(DAYS[2],)))
    await recording.catch_up()
    assert recording.recorder.progress == Progress(3, 3)


async def test_what_no_history_knows_and_nothing_precedes_is_not_asked_again() -> None:
    """Time before the first series stays uncovered, is no gap of this pass, and costs one question only."""
    history = FakeHistory(TOLD, covers=(DAYS[2],))
    recording = Recording(history)
    await recording.catch_up()
    assert recording.record.covered == (DAYS[2],)
    await recording.catch_up()
    assert history.asked == DAYS
    assert recording.gaps() == []


async def test_a_hole_between_known_times_is_bridged() -> None:
    """Where no series tells of a time in the middle, what is known around it covers it."""
    history = FakeHistory(TOLD, covers=(DAYS[0], DAYS[2]))
    recording = Recording(history)
    await recording.catch_up()
    assert recording.record.covered == (THREE_DAYS,)


async def test_closed_months_are_asked_for_after_the_open_ones() -> None:
    """Oldest first, without a gap where they cannot be read; and not at all while the open ones cannot."""
    history = FakeHistory(TOLD, covers=(THREE_DAYS,), failure=DOWN)
    recording, closed = Recording(history), (DAYS[0], DAYS[1])
    await recording.recorder.catch_up(DAYS[2], LATENESS, closed)
    assert (history.asked, recording.gaps()) == ([DAYS[2]], [GapReason.NO_POD_HISTORY])
    history.failure = None
    await recording.recorder.catch_up(DAYS[2], LATENESS)
    history.failure = DOWN
    await recording.recorder.catch_up(DAYS[2], LATENESS, closed)
    assert (history.asked[2:], recording.gaps()) == ([DAYS[0]], [])
    history.failure = None
    await recording.recorder.catch_up(DAYS[2], LATENESS, closed)
    assert (history.asked[3:], recording.record.covered) == ([DAYS[0], DAYS[1]], (THREE_DAYS,))
    assert recording.recorder.lost == ()


async def test_what_no_series_tells_of_before_all_else_is_lost() -> None:
    """It is asked for once, and no hole of a closed month."""
    history = FakeHistory(TOLD, covers=(DAYS[2],))
    recording = Recording(history)
    await recording.catch_up()
    assert recording.recorder.lost == (between(0, 2 * DAY),)


async def test_what_was_lost_is_lost_after_a_restart_too_and_asked_for_once_more() -> None:
    """So that a month is closed alike, wherever the operator was killed; what is told then after all is covered."""
    recording = Recording(FakeHistory(TOLD, covers=(between(DAY, 3 * DAY),)))
    await recording.catch_up()
    _, marks = recording.recorder.unsaved()
    history = FakeHistory(TOLD, covers=(THREE_DAYS,))
    again = Recording(history, marks=dict(marks))
    assert again.recorder.lost == (between(0, DAY),)
    await again.catch_up()
    assert (history.asked[0], again.record.covered) == (between(0, DAY), (THREE_DAYS,))


async def test_a_day_that_is_covered_in_part_is_taken_as_far_as_it_is() -> None:
    """Series that begin at noon tell of the afternoon."""
    afternoon = between(DAY // 2, DAY)
    recording = Recording(FakeHistory(TOLD, covers=(afternoon,)))
    await recording.catch_up(DAYS[0])
    assert recording.record.covered == (afternoon,)


async def test_histories_are_asked_in_turn_until_one_knows_the_time() -> None:
    """The second history is asked only for the days before anything was known; a later hole is bridged."""
    first, second = FakeHistory(TOLD, covers=(DAYS[1],)), FakeHistory(TOLD, covers=(THREE_DAYS,))
    recording = Recording(first, second)
    await recording.catch_up()
    assert second.asked == [DAYS[0]]
    assert recording.record.covered == (THREE_DAYS,)


async def test_the_watched_time_is_not_asked_for() -> None:
    """The history tells of the time before the watch; what the watch covers is its own."""
    history = FakeHistory(TOLD, covers=(THREE_DAYS,))
    recording = Recording(history)
    running = Devices((a_group(8, Window(at(0), FOREVER)),))
    recording.record.watched(running, at(DAY + HOUR), at(DAY + HOUR))
    await recording.catch_up()
    assert history.asked == [DAYS[0], between(DAY, DAY + HOUR)]


async def test_only_hours_that_are_over_and_past_their_lateness_are_observed() -> None:
    """Use and counts are asked for whole hours that no late sample can change."""
    recording = Recording(FakeHistory(TOLD, covers=(THREE_DAYS,)))
    await recording.catch_up(between(0, 3 * HOUR + LATENESS - 1))
    assert recording.use.asked == recording.meter.asked == [between(0, 2 * HOUR)]
    await recording.catch_up(between(0, 3 * HOUR + LATENESS))
    assert recording.use.asked[1:] == recording.meter.asked[1:] == [between(2 * HOUR, 3 * HOUR)]


@pytest.mark.parametrize("failure", FAILURES, ids=lambda failure: type(failure).__name__)
async def test_observations_that_fail_are_gaps_of_their_own(failure: Exception) -> None:
    """Utilisation that cannot be read delays neither devices nor counters, and is asked for again."""
    recording = Recording(FakeHistory(TOLD, covers=(THREE_DAYS,)))
    recording.use.failure = failure
    recording.meter.seen = (a_count(0),)
    await recording.catch_up()
    (gap,) = recording.recorder.gaps()
    assert (gap.reason, gap.feed) == (GapReason.NO_UTILISATION, Feed.USAGE)
    assert str(failure) in gap.message
    assert recording.recorder.unsaved()[0].pod_tokens == (a_count(0),)
    recording.use.failure, recording.use.seen = None, (a_use(0),)
    await recording.catch_up()
    assert recording.gaps() == []
    assert recording.recorder.unsaved()[0].card_use == (a_use(0),)


async def test_observations_wait_until_the_ledger_has_them() -> None:
    """What was observed is handed out until it is saved; what came after that stays."""
    recording = Recording(FakeHistory(TOLD, covers=(THREE_DAYS,)))
    recording.use.seen, recording.meter.seen = (a_use(0), a_use(3)), (a_count(0), a_count(3))
    await recording.catch_up(between(0, HOUR + LATENESS))
    observed, _ = recording.recorder.unsaved()
    assert observed == Observed((a_use(0),), (a_count(0),))
    assert recording.recorder.unsaved()[0] == observed
    await recording.catch_up(between(0, 4 * HOUR + LATENESS))
    recording.recorder.saved(observed)
    assert recording.recorder.unsaved()[0] == Observed((a_use(3),), (a_count(3),))


async def test_a_restart_goes_on_where_the_marks_say() -> None:
    """Hours whose observations the ledger has are not asked for again."""
    before = Recording(FakeHistory(TOLD, covers=(THREE_DAYS,)))
    await before.catch_up(DAYS[0])
    observed, marks = before.recorder.unsaved()
    before.recorder.saved(observed)
    after = Recording(FakeHistory(TOLD, covers=(THREE_DAYS,)), marks=dict(marks))
    await after.catch_up(between(0, DAY + HOUR))
    assert after.use.asked == after.meter.asked == [between(DAY - HOUR, DAY)]


async def test_nobody_is_asked_how_busy_cards_were_before_any_series_tells_who_held_them() -> None:
    """No line is of that time; what model servers counted may be of pods that are still there."""
    recording = Recording(FakeHistory(TOLD, covers=(DAYS[2],)))
    await recording.catch_up()
    assert recording.recorder.lost == (between(0, 2 * DAY),)
    assert recording.use.asked == [between(2 * DAY, 3 * DAY - HOUR)]
    assert recording.meter.asked == [*DAYS[:2], between(2 * DAY, 3 * DAY - HOUR)]
    assert recording.recorder.counted_through(at(0)) == at(3 * DAY - HOUR)


async def test_observations_reach_as_far_as_the_feed_that_lags() -> None:
    """Counted through: the end of what both feeds told without a hole."""
    recording = Recording(FakeHistory(TOLD, covers=(THREE_DAYS,)))
    assert recording.recorder.counted_through(at(0)) == at(0)
    await recording.catch_up(between(0, 2 * HOUR + LATENESS))
    recording.meter.failure = DOWN
    await recording.catch_up(between(0, 5 * HOUR + LATENESS))
    assert recording.recorder.counted_through(at(0)) == at(2 * HOUR)


def test_without_feeds_nothing_is_counted() -> None:
    """Where nothing can tell of use, nobody waits for it."""
    recorder = Recorder(Feeds(), DeviceRecord(Devices(), {}), {}, lambda: None)
    assert recorder.counted_through(at(0)) is None


async def test_the_evaluation_is_woken_only_by_news() -> None:
    """A pass that finds nothing new, or fails as the pass before, wakes nobody."""
    recording = Recording(FakeHistory(failure=DOWN))
    await recording.catch_up()
    await recording.catch_up()
    assert recording.learnt == 1
    assert json.loads(recording.recorder.unsaved()[1]["utilisation.covered"]) == [[at(0), at(3 * DAY - HOUR)]]


async def test_a_pod_between_two_chunks_is_one_holding() -> None:
    """Cutting the past into days does not cut what was held over midnight."""
    recording = Recording(
        FakeHistory(Devices(TOLD.groups, (a_holding(a_pod(), between(100, 2 * DAY)),)), (THREE_DAYS,))
    )
    await recording.catch_up()
    (holding,) = recording.record.known(THREE_DAYS)[0].holdings
    assert holding.window == between(100, 2 * DAY)
