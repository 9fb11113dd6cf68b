"""The bill desk: each source on its own schedule, nobody waits for another, the last good account stays."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import replace
from itertools import pairwise

import pytest

from aicost.core.bills import BillDay
from aicost.core.declarations import Series, Source
from aicost.core.gaps import Feed, Gap
from aicost.core.reasons import GapReason
from aicost.core.usage import Tokens, UsageRow
from aicost.core.window import DAY
from aicost.ports import BillReader
from aicost.reconcile.bills import FIRST_RETRY, BillDesk
from tests.support.builders import T0, a_bill, a_row, a_source, at, between, dims, usd
from tests.support.fakes import FakeBillReader, ManualClock

POLL = 3600.0
OPENAI = a_source()
OTHER = Source("claude", "Anthropic", "Bill")
UNREADABLE = Gap(GapReason.BILL_UNAVAILABLE, Feed.BILLS, T0, "500 from the provider", source="openai")


def a_day(day: int = 0, dollars: int = 1, source: str = "openai") -> BillDay:
    return a_bill(a_row(usd(dollars), project="p"), source=source, day=day)


class Desk:
    """A desk with one reader for OpenAI and one for Anthropic, at noon of the third day."""

    def __init__(self, days: int = 35, openai: FakeBillReader | None = None) -> None:
        self.clock = ManualClock(at(2 * DAY + DAY // 2))
        self.openai, self.anthropic = openai or FakeBillReader((a_day(0), a_day(1))), FakeBillReader()
        self.learnt = 0
        readers: dict[tuple[str, str], BillReader] = {
            ("OpenAI", "Bill"): self.openai,
            ("Anthropic", "Bill"): self.anthropic,
        }
        self.desk = BillDesk(readers, self.clock, poll=POLL, days=days, learnt=self._learn)

    def _learn(self) -> None:
        self.learnt += 1

    async def poll(self, *sources: Source, loop_time: float = 0.0) -> None:
        self.desk.attend(sources or (OPENAI,), loop_time)
        await self.desk.settle()

    def reasons(self) -> list[GapReason]:
        return [gap.reason for gap in self.desk.gaps()]


async def test_a_source_is_pending_until_it_was_read() -> None:
    """Before the first poll has ended its gap says so; after it the days are there and everybody is told."""
    desk = Desk()
    desk.desk.attend((OPENAI,), 0.0)
    assert desk.reasons() == [GapReason.BILL_PENDING]
    await desk.desk.settle()
    assert desk.reasons() == []
    assert desk.desk.days(at(0)) == (a_day(0), a_day(1))
    assert (desk.desk.revision, desk.learnt) == (1, 1)


async def test_each_source_is_read_on_its_own_schedule() -> None:
    """A source is read when its own poll is due, counted from when it was read last."""
    desk = Desk()
    await desk.poll(OPENAI)
    await desk.poll(OPENAI, OTHER, loop_time=1800.0)
    await desk.poll(OPENAI, OTHER, loop_time=POLL - 1)
    assert (len(desk.openai.asked), len(desk.anthropic.asked)) == (1, 1)
    await desk.poll(OPENAI, OTHER, loop_time=POLL)
    assert (len(desk.openai.asked), len(desk.anthropic.asked)) == (2, 1)
    await desk.poll(OPENAI, OTHER, loop_time=1800.0 + POLL)
    assert (len(desk.openai.asked), len(desk.anthropic.asked)) == (2, 2)


async def test_a_poll_asks_for_so_many_days_up_to_today() -> None:
    """Every poll reads the last days again, today among them."""
    desk = Desk(days=3)
    await desk.poll()
    assert desk.openai.asked == [(OPENAI, between(0, 3 * DAY))]


async def test_a_slow_reader_delays_nobody() -> None:
    """While one provider does not answer, the other's bill is read, and no second poll of the slow one is begun."""
    desk = Desk()
    desk.openai.answering.clear()
    desk.anthropic.days = (a_day(0, source="claude"),)
    desk.desk.attend((OPENAI, OTHER), 0.0)
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert desk.desk.days(at(0)) == (a_day(0, source="claude"),)
    assert desk.reasons() == [GapReason.BILL_PENDING]
    desk.desk.attend((OPENAI, OTHER), 2 * POLL)
    assert len(desk.openai.asked) == 1
    desk.openai.answering.set()
    await desk.desk.settle()
    assert desk.reasons() == []


async def test_a_reader_that_raises_delays_nobody(caplog: pytest.LogCaptureFixture) -> None:
    """A fault in one reader is logged and a gap, the others' bills are there, and it is read again at its next poll."""
    desk = Desk()
    desk.openai.failure = RuntimeError("a fault of ours")
    desk.anthropic.days = (a_day(0, source="claude"),)
    with caplog.at_level(logging.ERROR):
        await desk.poll(OPENAI, OTHER)
    assert "UsageSource openai" in caplog.text
    assert [(gap.reason, gap.source) for gap in desk.desk.gaps()] == [(GapReason.BILL_UNAVAILABLE, "openai")]
    assert desk.desk.days(at(0)) == (a_day(0, source="claude"),)
    desk.openai.failure = None
    await desk.poll(OPENAI, OTHER, loop_time=POLL)
    assert desk.desk.days(at(0)) == (a_day(0, source="claude"), a_day(0), a_day(1))


@pytest.mark.parametrize("fault", [UNREADABLE, RuntimeError("a fault of ours")], ids=["gap", "raised"])
async def test_a_reading_that_failed_is_tried_again_soon(fault: Gap | Exception) -> None:
    """A reading that failed is repeated after minutes, then ever less often, at most every poll; success ends that."""
    desk = Desk()
    desk.openai.gaps = (fault,) if isinstance(fault, Gap) else ()
    desk.openai.failure = fault if isinstance(fault, Exception) else None
    tried = []
    for second in range(0, 4 * int(POLL), 60):
        before = len(desk.openai.asked)
        await desk.poll(loop_time=second)
        tried += [second] * (len(desk.openai.asked) - before)
    waits = [later - earlier for earlier, later in pairwise(tried)]
    assert waits[:6] == [FIRST_RETRY * 2**failures for failures in range(5)] + [POLL]
    desk.openai.gaps, desk.openai.failure = (), None
    await desk.poll(loop_time=tried[-1] + POLL)
    await desk.poll(loop_time=tried[-1] + 2 * POLL - 1)
    await desk.poll(loop_time=tried[-1] + 2 * POLL)
    assert len(desk.openai.asked) == len(tried) + 2


async def test_a_refused_grouping_is_no_failure() -> None:
    """A provider that gives a coarser split than asked for has answered: it is asked again at the next poll."""
    desk = Desk()
    desk.openai.gaps = (replace(UNREADABLE, reason=GapReason.GROUPING_REFUSED),)
    await desk.poll()
    await desk.poll(loop_time=POLL - 1)
    assert len(desk.openai.asked) == 1


async def test_a_spoilt_day_keeps_its_last_good_account() -> None:
    """A day that a later poll cannot read stays as it was, with a gap; the day that it can read is replaced."""
    desk = Desk()
    await desk.poll()
    desk.openai.days, desk.openai.gaps = (a_day(1, dollars=5),), (UNREADABLE,)
    await desk.poll(loop_time=POLL)
    assert desk.desk.days(at(0)) == (a_day(0), a_day(1, dollars=5))
    assert desk.desk.gaps() == (UNREADABLE,)


async def test_usage_goes_with_its_days() -> None:
    """A day that is read again brings its usage anew; one without usage any more has none."""
    desk = Desk()
    desk.openai.usage = (UsageRow("openai", between(0, DAY), dims(project="p"), Tokens(input=3)),)
    await desk.poll()
    assert desk.desk.usage([at(0)]) == desk.desk.used("openai", at(0)) == desk.openai.usage
    assert desk.desk.usage([at(DAY)]) == desk.desk.used("openai", at(DAY)) == ()
    desk.openai.usage = ()
    await desk.poll(loop_time=POLL)
    assert desk.desk.usage([at(0)]) == ()
    assert desk.desk.usage_days([at(DAY), at(9 * DAY)]) == {("openai", between(DAY, 2 * DAY))}


async def test_usage_that_was_not_read_is_not_nothing() -> None:
    """A day whose bill was read and whose usage was not keeps the usage that was known of it."""
    desk = Desk()
    desk.openai.usage = (UsageRow("openai", between(0, DAY), dims(project="p"), Tokens(input=3)),)
    await desk.poll()
    desk.openai.counts_usage = False
    await desk.poll(loop_time=POLL)
    assert desk.desk.usage([at(0)]) == desk.desk.used("openai", at(0)) == desk.openai.usage


async def test_names_stay_until_they_are_read_again() -> None:
    """A poll that did not ask for names takes none away."""
    desk = Desk()
    desk.openai.names = {("project", "p"): "Support"}
    await desk.poll()
    desk.openai.names = None
    await desk.poll(loop_time=POLL)
    assert desk.desk.names() == {("openai", "project", "p"): "Support"}


@pytest.mark.parametrize(
    "changed",
    [
        replace(OPENAI, url="https://eu.api.openai.com"),
        replace(OPENAI, secret=("other", "token")),
        replace(OPENAI, projects=frozenset({"p"})),
        replace(OPENAI, type="Anthropic"),
        replace(OPENAI, series=Series("Kong")),
    ],
    ids=["url", "secret", "projects", "type", "series"],
)
async def test_a_source_that_reads_otherwise_is_read_anew(changed: Source) -> None:
    """What was read by another credential, place or filter is forgotten, and read at once."""
    desk = Desk()
    await desk.poll()
    desk.desk.attend((changed,), 1.0)
    assert desk.desk.days(at(0)) == ()
    assert desk.reasons() == [GapReason.BILL_PENDING]
    await desk.desk.settle()
    assert [source for source, _ in (*desk.openai.asked, *desk.anthropic.asked)] == [OPENAI, changed]


async def test_a_source_whose_grants_change_is_not_read_anew() -> None:
    """Who may claim what does not change the bill."""
    desk = Desk()
    await desk.poll()
    await desk.poll(a_source(*OPENAI.grants, name="openai"), loop_time=1.0)
    await desk.poll(replace(OPENAI, generation=9), loop_time=2.0)
    assert len(desk.openai.asked) == 1
    assert desk.desk.days(at(0)) == (a_day(0), a_day(1))


async def test_a_source_that_is_gone_is_forgotten() -> None:
    """Its days and gaps are gone, and a poll under way ends."""
    desk = Desk()
    desk.openai.answering.clear()
    desk.desk.attend((OPENAI,), 0.0)
    await asyncio.sleep(0)
    desk.desk.attend((), 1.0)
    await desk.desk.settle()
    assert (desk.desk.days(at(0)), desk.desk.gaps(), desk.desk.through()) == ((), (), {})


async def test_a_poll_of_the_source_as_it_was_teaches_nothing() -> None:
    """An answer to the source before its change never lands in the account of the changed one."""
    desk = Desk()
    desk.openai.answering.clear()
    desk.desk.attend((OPENAI,), 0.0)
    await asyncio.sleep(0)
    changed = replace(OPENAI, url="https://eu.api.openai.com")
    desk.desk.attend((changed,), 1.0)
    await asyncio.sleep(0)
    desk.openai.days = (a_day(0, dollars=7),)
    desk.openai.answering.set()
    await desk.desk.settle()
    assert desk.desk.days(at(0)) == (a_day(0, dollars=7),)
    assert desk.desk.revision == 1


@pytest.mark.parametrize(
    ("unread", "hides_cost"),
    [
        (Source("gw", "LiteLLM", "Bill"), True),
        (Source("gw", "LiteLLM", "Refine"), False),
        (Source("gw", "Prometheus", "Meter"), False),
        (Source("gw", "OpenAI", "Refine"), False),
    ],
    ids=str,
)
async def test_a_source_that_this_version_does_not_read_says_so(unread: Source, hides_cost: bool) -> None:
    """Type and role are named, nobody is asked, and money is missing only where the role would add some."""
    desk = Desk()
    await desk.poll(unread)
    await desk.poll(unread, loop_time=POLL)
    (gap,) = desk.desk.gaps()
    assert (gap.reason, gap.source, gap.hides_cost) == (GapReason.SOURCE_NOT_EVALUATED, "gw", hides_cost)
    assert f"type {unread.type} and role {unread.role}" in gap.message
    assert desk.openai.asked == desk.anthropic.asked == []


async def test_a_source_that_becomes_a_bill_is_read() -> None:
    """And one that is a bill no longer is forgotten: what it read counts no more as known."""
    desk = Desk()
    await desk.poll(replace(OPENAI, role="Refine"))
    await desk.poll(OPENAI, loop_time=1.0)
    assert (len(desk.openai.asked), desk.reasons()) == (1, [])
    await desk.poll(replace(OPENAI, role="Refine"), loop_time=2.0)
    assert (desk.desk.days(at(0)), desk.reasons()) == ((), [GapReason.SOURCE_NOT_EVALUATED])


async def test_a_bill_reaches_to_the_end_of_its_last_complete_day() -> None:
    """Today's account is not over; a source that was never read reaches nowhere."""
    desk = Desk()
    desk.openai.days = (a_day(0), a_day(1), a_day(2))
    await desk.poll(OPENAI, OTHER)
    assert desk.desk.through() == {"openai": at(2 * DAY)}


async def test_closing_gives_up_the_polls_under_way() -> None:
    """A shutdown does not wait for a provider."""
    desk = Desk()
    desk.openai.answering.clear()
    desk.desk.attend((OPENAI,), 0.0)
    await asyncio.sleep(0)
    desk.desk.close()
    await asyncio.wait_for(desk.desk.settle(), 1)
    assert desk.reasons() == [GapReason.BILL_PENDING]
