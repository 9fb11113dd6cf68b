"""Placements in the ledger: read back as they were, each once, and none lost that a window overlaps or that was the last before it."""

from __future__ import annotations

from dataclasses import replace

from aicost.core.holdings import FOREVER, Devices
from aicost.core.placements import Placement
from aicost.core.window import DAY, HOUR, Instant, Period, Window
from aicost.ports import Commit
from aicost.store import SqlLedger
from tests.support.builders import T0, a_group, between

ONE = Placement("node", "GPU-1", "7", "1g.5gb", between(0, HOUR), "support", "zürich-0")
IDLE = replace(ONE, instance="9", namespace="", pod="")


def test_placements_come_back_as_they_were(ledger: SqlLedger) -> None:
    """One that lasts longer takes the place of what began with it; one that closes a hole joins both sides."""
    later, longer = (replace(ONE, window=between(from_ * HOUR, to * HOUR)) for from_, to in ((2, 3), (0, 3)))
    for told, known in (((ONE, IDLE), (ONE, IDLE)), ((later,), (ONE, later, IDLE)), ((longer,), (longer, IDLE))):
        for _ in range(2):
            ledger.commit(Commit(devices=Devices(placements=told)), T0)
            assert ledger.devices(between(0, 3 * HOUR)).placements == known
    assert ledger.devices(between(2 * HOUR, 3 * HOUR)).placements == (longer, IDLE)
    assert ledger.devices(between(9 * HOUR, 10 * HOUR)).placements == (longer, IDLE)


def test_a_closing_forgets_what_nothing_needs_any_more(ledger: SqlLedger) -> None:
    """What was told again before the months whose holes may still be filled; not what counts the cards of their first hours."""
    months = [Period(f"2026-{month}") for month in (10, 11, 12)]
    begin = months[0].window.start
    before, october, november = (_hour(begin, day) for day in (-1, 20, 35))
    told = [replace(ONE, window=hour) for hour in (before, october, november)]
    gone, silent = (replace(ONE, node=name, window=october) for name in ("gone", "silent"))
    there = Window(begin, FOREVER)
    groups = (a_group(1, there, node=ONE.node), a_group(1, october, node="gone"), a_group(1, there, node="silent"))
    ledger.commit(Commit(devices=Devices(groups, placements=(*told, gone, silent))), T0)
    for period, left in zip(months, ([*told, gone, silent],) * 2 + ([*told[1:], silent],), strict=True):
        ledger.close_month(period, Instant(period.window.end + 5 * DAY), "jane", ())
        assert ledger.devices(Window(before.start, months[2].window.end)).placements == tuple(sorted(left))


def test_a_closing_takes_no_hour_apart(ledger: SqlLedger) -> None:
    """What a hole of the closed month is filled by is as before, also where some of it was told again and some goes on."""
    month = Period("2026-10")
    begin = month.window.start
    whole = replace(ONE, window=Window(Instant(begin - 3 * DAY), Instant(begin + DAY)))
    beside = replace(ONE, card="GPU-2", window=Window(Instant(begin - 3 * DAY), Instant(begin - 2 * DAY)))
    told = (whole, beside, replace(beside, window=_hour(begin, 20)))
    groups = (a_group(2, Window(begin, FOREVER), node=ONE.node),)
    ledger.commit(Commit(devices=Devices(groups, placements=told)), T0)
    asked = [Window(Instant(begin + day * DAY), month.window.end) for day in (0, 3, 25)]
    before = [ledger.devices(over).placements for over in asked]
    ledger.close_month(month, Instant(month.window.end + 5 * DAY), "jane", ())
    assert [ledger.devices(over).placements for over in asked] == before


def _hour(begin: Instant, day: int) -> Window:
    return Window(Instant(begin + day * DAY), Instant(begin + day * DAY + HOUR))
