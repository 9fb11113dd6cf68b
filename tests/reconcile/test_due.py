"""Which days of bills are decided: those that changed and those that are awaited, so many at a time; all others stand."""

from __future__ import annotations

from typing import Any

import pytest

from aicost.core.ledger import Entry
from aicost.core.usage import Tokens, UsageRow
from aicost.core.window import DAY, Instant, date, day_of
from aicost.ports import Commit, Unavailable
from aicost.reconcile import due
from aicost.reconcile.due import Due
from tests.reconcile import october
from tests.reconcile.gateway import GatewayWorld, a_gateway_of
from tests.reconcile.october import NOVEMBER, THE_29TH, close, restate
from tests.reconcile.world import BILL_POLL, CHAT, CHAT_SPEC, RANK, CountingLedger, World, bill_of
from tests.support.builders import a_row, at, dims, usd

DAYS = tuple(bill_of(day) for day in range(4))
NOON = 4 * DAY + DAY // 2


def decided(monkeypatch: pytest.MonkeyPatch) -> list[set[str]]:
    """The dates of which each commit has bill rows, from now on."""
    told: list[set[str]] = []
    commit = CountingLedger.commit

    def watched(self: CountingLedger, addition: Commit, when: Instant) -> int:
        told.append({_date(entry) for entry in addition.entries if entry.origin.key[0] == "bill"})
        return commit(self, addition, when)

    monkeypatch.setattr(CountingLedger, "commit", watched)
    return told


def _date(entry: Entry) -> str:
    return date(entry.origin.window.start)


async def a_world(*, rows: int = due.MOST_ROWS, monkeypatch: pytest.MonkeyPatch) -> World:
    """Noon of the fifth day, with a bill of the four before, of which so many rows are decided together."""
    monkeypatch.setattr(due, "MOST_ROWS", rows)
    world = World(NOON)
    world.declare()
    world.populate()
    world.bills.days = DAYS
    await world.cycle()
    return world


async def test_a_changed_day_is_decided_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """No other day is looked at again; a poll that tells nothing new decides none."""
    world = await a_world(monkeypatch=monkeypatch)
    told = decided(monkeypatch)
    world.bills.days = (*DAYS[:2], bill_of(2, a_row(usd(9), project="p")), DAYS[3])
    await world.cycle(BILL_POLL)
    await world.cycle(BILL_POLL)
    assert told == [{"2026-11-03"}, set()]
    assert world.store.status(CHAT)["cost"]["incurred"]["tokens"] == "51.00"
    assert world.ledger.verify().broken == ()


async def test_who_pays_is_decided_of_all_days(monkeypatch: pytest.MonkeyPatch) -> None:
    """An edited claim moves each of them, but nothing that has no say in it: a budget decides nothing."""
    world = await a_world(monkeypatch=monkeypatch)
    told = decided(monkeypatch)
    world.store.apply("AIWorkload", "chat", {**CHAT_SPEC, "budget": {"amount": "7"}}, namespace="support")
    await world.cycle(60)
    world.store.apply("AIWorkload", "chat", {**CHAT_SPEC, "usage": []}, namespace="support")
    await world.cycle(60)
    assert told == [set(), {_of(day) for day in range(4)}]


async def test_days_are_decided_in_portions(monkeypatch: pytest.MonkeyPatch) -> None:
    """The latest first, each committed before the next; at the end all is what it is when they are decided at once."""
    told = decided(monkeypatch)
    world = await a_world(rows=4, monkeypatch=monkeypatch)
    assert told == [{_of(3), _of(2)}, {_of(1), _of(0)}]
    in_parts = world.digest(), dict(world.store.status(CHAT)), dict(world.store.status(RANK))
    whole = await a_world(monkeypatch=monkeypatch)
    assert told[2:] == [{_of(day) for day in range(4)}]
    assert in_parts == (whole.digest(), dict(whole.store.status(CHAT)), dict(whole.store.status(RANK)))


async def test_a_portion_that_is_not_committed_is_decided_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where those before it are in the ledger already; until then no status tells of a part."""
    world = await a_world(rows=1, monkeypatch=monkeypatch)
    told = decided(monkeypatch)
    world.store.apply("AIWorkload", "chat", {**CHAT_SPEC, "businessUnit": "find", "usage": []}, namespace="support")
    commit = CountingLedger.commit

    def failing(self: CountingLedger, addition: Commit, when: Instant) -> int:
        new = commit(self, addition, when)
        if len(told) > 2:
            raise Unavailable("the disk is full")
        return new

    with monkeypatch.context() as patched:
        patched.setattr(CountingLedger, "commit", failing)
        with pytest.raises(Unavailable):
            await world.cycle(60)
    shown = dict(world.store.status(CHAT))
    await world.cycle(60)
    assert told == [{_of(3)}, {_of(2)}, {_of(1)}, {_of(1)}, {_of(0)}]
    assert "tokens" in shown["cost"]["incurred"]
    assert world.ledger.verify().broken == ()


async def test_contests_of_days_that_stand_are_still_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """A rival of one day's rows is in conflict, also while only another day is decided; it ends with its rows."""
    world = await a_world(monkeypatch=monkeypatch)
    rival: dict[str, Any] = {"businessUnit": "care", "usage": CHAT_SPEC["usage"]}
    ref = world.store.apply("AIWorkload", "rival", rival, namespace="support")
    await world.cycle(60)
    world.bills.days = (*DAYS[:3], bill_of(3, a_row(usd(1), project="q")))
    await world.cycle(BILL_POLL)
    assert world.condition(ref, "Conflict")["status"] == "True"
    world.bills.days = tuple(bill_of(day, a_row(usd(1), project="q")) for day in range(4))
    await world.cycle(BILL_POLL)
    assert world.condition(ref, "Conflict")["status"] == "False"


async def test_what_refines_a_day_decides_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a gateway tells later divides the key's rows of that day, whose bill did not change."""
    world = GatewayWorld(NOON)
    world.declare()
    world.store.apply("UsageSource", "gw", a_gateway_of("search"))
    item = "gpt-6-sol, input_tokens"
    world.bills.days = tuple(bill_of(day, a_row(usd(10), 100, apiKey="key_gw", lineItem=item)) for day in range(4))
    world.bills.usage = tuple(
        UsageRow("openai", day_of(at(day * DAY)), dims(apiKey="key_gw", model="gpt-6-sol"), Tokens(100))
        for day in range(4)
    )
    await world.cycle()
    told = decided(monkeypatch)
    seen = dims(apiKey="rank", model="gpt-6-sol")
    world.gateway.usage = (UsageRow("gw", day_of(at(DAY)), seen, Tokens(40)),)
    await world.cycle(BILL_POLL)
    assert told == [{_of(1)}]
    [entry] = [each for each in world.ledger.entries(day_of(at(DAY))) if each.origin.key[0] == "bill"]
    assert [line.amount for line in entry.lines] == [usd(4), usd(6)]


async def test_a_day_of_a_closed_month_is_corrected_alone() -> None:
    """A restated day takes back nothing of another's corrections, and the next one neither."""
    world = await october.a_world()
    await close(world)
    for day, dollars in ((THE_29TH, 20), (THE_29TH + 1, 13)):
        restate(world, bill_of(day, a_row(usd(dollars), project="p"), a_row(usd(2), project="q")))
        await world.cycle(BILL_POLL)
    booked = [entry for entry in world.ledger.entries(NOVEMBER.window) if entry.origin.key[0] == "correction"]
    assert sorted(entry.origin.amount.nanos for entry in booked if entry.origin.amount) == [-(10**9), 6 * 10**9]


def test_a_day_without_end_is_a_portion_by_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    """However many rows it has; and without days there is nothing to do."""
    world = World(NOON)
    monkeypatch.setattr(due, "MOST_ROWS", -1)
    waiting = Due(frozenset({at(0), at(DAY)}))
    assert waiting.portion(world.desk) == {at(DAY)}
    assert waiting.without(frozenset({at(DAY)})).portion(world.desk) == {at(0)}
    assert Due().portion(world.desk) == frozenset()


def _of(day: int) -> str:
    return date(at(day * DAY))
