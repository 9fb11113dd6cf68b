"""The record of callers: each hour asked once, for all meters together, kept over a restart, begun anew when read otherwise."""

from __future__ import annotations

from dataclasses import replace

from aicost.core.declarations import Series, Source
from aicost.core.gaps import Gap
from aicost.core.identity import labels
from aicost.core.reasons import GapReason
from aicost.core.recharge import MeteredDay
from aicost.core.window import DAY, HOUR, Window
from aicost.ports import CallerMeter, Unavailable
from aicost.reconcile.callers import CallerRecord
from tests.support.builders import a_source, at, between
from tests.support.fakes import FakeCallerMeter
from tests.support.metering import LLM, METERED, a_day, a_meter, a_use, for_seconds

LATENESS = 900
TWO_DAYS = between(0, 2 * DAY)
METER, OTHER = a_meter(), a_meter(name="other")
SEEN = (a_use(0, 1, "acme"), a_use(1, 2, "acme"), a_use(24, 4, "acme"), a_use(0, 8, "acme", "other"))
OTHERWISE = replace(METER, series=Series("vLLM", labels({"job": "router"})))


class Recording:
    """A record and what it asks."""

    def __init__(self, meter: CallerMeter | None = None) -> None:
        self.meter = FakeCallerMeter(SEEN)
        self.learnt = 0
        self.record = CallerRecord(self.meter if meter is None else meter, (), {}, self._learn)

    def _learn(self) -> None:
        self.learnt += 1

    async def catch_up(self, *sources: Source, over: Window = TWO_DAYS) -> None:
        await self.record.catch_up(sources or (METER,), over, LATENESS)

    def gaps(self, *sources: Source) -> tuple[Gap, ...]:
        return self.record.gaps(sources or (METER,), TWO_DAYS)

    def restarted(self) -> CallerRecord:
        """A new process over what was stored."""
        batches, marks = self.record.unsaved()
        return CallerRecord(self.meter, [use for batch in batches for use in batch.uses], marks, self._learn)


async def test_hours_are_asked_once_and_add_up_to_days() -> None:
    """Day by day, oldest first; of the last hour not before its lateness has passed."""
    recording = Recording()
    await recording.catch_up()
    await recording.catch_up()
    assert recording.meter.asked == [((METERED,), between(0, DAY)), ((METERED,), between(DAY, 2 * DAY - HOUR))]
    assert recording.record.days(TWO_DAYS) == (
        a_day(for_seconds(3, "acme")),
        a_day(for_seconds(4, "acme"), day=1),
    )
    assert (recording.learnt, recording.gaps()) == (1, ())


async def test_meters_that_miss_the_same_are_read_together() -> None:
    """So that the number of queries does not grow with the sources; a later one is read alone. Bills are not asked."""
    recording = Recording()
    day = between(0, DAY + LATENESS)
    await recording.catch_up(METER, OTHER, a_source(), over=day)
    await recording.catch_up(METER, OTHER, a_meter(name="third"), over=day)
    assert [names for names, _ in recording.meter.asked] == [(METERED, "other"), ("third",)]
    assert recording.record.days(TWO_DAYS)[1] == a_day(for_seconds(8, "acme"), source="other")


async def test_a_day_without_series_is_told_as_read() -> None:
    """It has no caller, which is another thing than a day that nobody asked for."""
    recording = Recording()
    await recording.catch_up(a_meter(name="silent"), over=between(0, DAY))
    assert recording.record.days(TWO_DAYS) == (MeteredDay("silent", between(0, DAY)),)


async def test_a_meter_that_no_pass_has_met_is_a_gap() -> None:
    """New, or read otherwise than before: nothing of it is known, and nothing is taken for nobody's call."""
    recording = Recording()
    assert [gap.message for gap in recording.gaps()] == ["UsageSource llm-meter: its meter was not read yet"] * 2
    await recording.catch_up()
    assert recording.gaps() == ()
    assert len(recording.gaps(OTHERWISE)) == 2


async def test_a_failure_is_a_gap_of_source_and_server_and_is_asked_again() -> None:
    """What was read before stays; the next pass goes on where this one ended."""
    recording = Recording()
    await recording.catch_up(over=between(0, DAY + LATENESS))
    recording.meter.failure = Unavailable("Prometheus does not answer")
    await recording.catch_up()
    of_source, of_server = recording.gaps()
    assert {of_source.reason, of_server.reason} == {GapReason.METER_UNAVAILABLE}
    assert (of_source.source, of_server.workload, of_source.since) == (METERED, LLM, at(DAY))
    assert "Prometheus does not answer" in of_source.message
    assert recording.record.days(TWO_DAYS) == (a_day(for_seconds(3, "acme")),)
    recording.meter.failure = None
    await recording.catch_up()
    assert recording.gaps() == ()
    assert len(recording.record.days(TWO_DAYS)) == 2


async def test_one_source_s_series_spoil_no_other_s_day() -> None:
    """What cannot be understood is asked for source by source: the others are read, and only that one is a gap."""
    recording = Recording()
    recording.meter.spoilt = "other"
    await recording.catch_up(METER, OTHER)
    assert {gap.source for gap in recording.gaps(METER, OTHER)} == {"other", None}
    assert recording.record.days(TWO_DAYS) == (a_day(for_seconds(3, "acme")), a_day(for_seconds(4, "acme"), day=1))


async def test_without_prometheus_the_meter_is_a_gap() -> None:
    """It says what to configure."""
    record = CallerRecord(None, (), {}, lambda: None)
    await record.catch_up((METER,), TWO_DAYS, LATENESS)
    assert "no Prometheus is configured" in record.gaps((METER,), TWO_DAYS)[0].message


async def test_a_fault_of_ours_is_logged_and_tried_again() -> None:
    """An exception that no port may raise ends the pass, not the operator."""
    recording = Recording()
    recording.meter.failure = RuntimeError("a fault")
    await recording.catch_up()
    recording.meter.failure = None
    await recording.catch_up()
    assert len(recording.record.days(TWO_DAYS)) == 2


async def test_a_restart_asks_for_nothing_again() -> None:
    """Uses and the hours they cover come back from the ledger; what was saved waits no more."""
    recording = Recording()
    await recording.catch_up()
    again = recording.restarted()
    await again.catch_up((METER,), TWO_DAYS, LATENESS)
    assert again.days(TWO_DAYS) == recording.record.days(TWO_DAYS)
    assert len(recording.meter.asked) == 2
    recording.record.saved(recording.record.unsaved()[0])
    assert recording.record.unsaved()[0] == ()


async def test_a_meter_that_is_read_otherwise_begins_anew() -> None:
    """What nobody was named of is forgotten in memory and in the ledger; another price forgets nothing."""
    recording = Recording()
    recording.meter.seen = (a_use(0, 3), a_use(24, 4))
    await recording.catch_up()
    recording.record.saved(recording.record.unsaved()[0])
    recording.meter.seen = (a_use(1, 5, "acme"),)
    await recording.catch_up(replace(METER, grants=a_meter().grants))
    assert recording.record.unsaved()[0] == ()
    await recording.catch_up(OTHERWISE)
    forgotten, *anew = recording.record.unsaved()[0]
    assert (forgotten.over, forgotten.uses) == (TWO_DAYS, ())
    assert [use for batch in anew for use in batch.uses] == [a_use(1, 5, "acme")]
    assert recording.record.days(TWO_DAYS)[0] == a_day(for_seconds(5, "acme"))


async def test_callers_who_were_named_stay_though_a_meter_is_read_otherwise() -> None:
    """Saved or not: a day that was divided among them stays so; a day without a name, and hours unread, are asked anew."""
    for saved in (True, False):
        recording = Recording()
        recording.meter.seen = (a_use(0, 3), a_use(24, 4, "acme"))
        await recording.catch_up(over=between(0, DAY + 2 * HOUR + LATENESS))
        batches = recording.record.unsaved()[0]
        if saved:
            recording.record.saved(batches)
        recording.meter.seen = (a_use(1, 5, "globex"), a_use(24, 9, "globex"), a_use(26, 1, "globex"))
        await recording.catch_up(OTHERWISE)
        first, second = recording.record.days(TWO_DAYS)
        assert first == a_day(for_seconds(5, "globex"))
        assert second == a_day(for_seconds(4, "acme"), for_seconds(1, "globex"), day=1)
        kept = [] if saved else [batch for batch in batches if batch.over.start == at(DAY)]
        waiting = recording.record.unsaved()[0]
        assert list(waiting[: len(kept)]) == kept
        holes = [batch.over for batch in waiting[len(kept) :] if not batch.uses]
        assert holes == [between(0, DAY), between(DAY + 2 * HOUR, 2 * DAY)]


async def test_a_meter_that_is_gone_is_asked_up_to_its_end_and_stays() -> None:
    """What it told is known on; what it had still to tell is asked, or is a gap; one that never was read is not."""
    recording = Recording()
    assert not recording.record.metered
    await recording.catch_up(over=between(0, DAY + LATENESS))
    ended = ((METER, at(DAY + HOUR + 1)), (OTHER, at(DAY)))
    recording.meter.failure = Unavailable("Prometheus does not answer")
    await recording.record.catch_up((), TWO_DAYS, LATENESS, ended)
    assert {gap.source for gap in recording.record.gaps((), TWO_DAYS)} == {METERED, None}
    recording.meter.failure = None
    for _ in range(2):
        await recording.record.catch_up((), TWO_DAYS, LATENESS, ended)
    assert recording.meter.asked[1:] == [((METERED,), between(DAY, DAY + 2 * HOUR))] * 2
    assert recording.record.gaps((), TWO_DAYS) == ()
    assert recording.record.metered
    assert recording.record.days(TWO_DAYS) == (a_day(for_seconds(3, "acme")), a_day(for_seconds(4, "acme"), day=1))


async def test_changed_days_are_known_by_revision() -> None:
    """So that only days of which something was learnt are divided anew."""
    recording = Recording()
    await recording.catch_up(over=between(0, DAY + LATENESS))
    known = recording.record.revision
    assert recording.record.changed_since(0) == at(0)
    assert recording.record.changed_since(known) is None
    await recording.catch_up()
    assert recording.record.changed_since(known) == at(DAY)


async def test_months_that_are_not_evaluated_are_dropped() -> None:
    """Memory holds the open months only."""
    recording = Recording()
    await recording.catch_up()
    await recording.catch_up(over=between(DAY, 2 * DAY))
    assert recording.record.days(TWO_DAYS)[-1] == a_day(for_seconds(4, "acme"), day=1)
    assert a_day(for_seconds(3, "acme")) not in recording.record.days(TWO_DAYS)
