"""Evaluations one after the other over the real ledger: what settles, what follows an edit, what survives a restart."""

from __future__ import annotations

from decimal import Decimal

import pytest

from aicost.core.holdings import Holding
from aicost.core.ledger import Component
from aicost.core.money import decimal
from aicost.core.usage import Tokens, UsageRow
from aicost.core.window import DAY, HOUR, Window
from aicost.ports import ResourceRef
from tests.reconcile.world import (
    BOOK,
    CARE,
    CHAT,
    CHAT_SPEC,
    OPENAI,
    RANK,
    RANK_SPEC,
    UNALLOCATED,
    World,
    a_book_of,
    bill_of,
    running,
)
from tests.support.builders import a_row, at, between, dims, usd

CHAT_COST = "302.00"
"""Two cards for 36 hours at 4.00, and 14.00 dollars of OpenAI on the first day only: 288 + 14; see `a_world`."""


async def a_world(*more: Holding) -> World:
    """Noon of the second day, evaluated once; the bill is in for the first day."""
    world = World()
    world.declare()
    world.store.apply("BusinessUnit", "unallocated", {})
    world.populate()
    world.inventory.holdings += more
    world.history.told = world.inventory.devices(at(2 * DAY))
    world.bills.days = (bill_of(0),)
    await world.cycle()
    return world


async def test_the_first_evaluation_tells_everything() -> None:
    """After one cycle every kind shows its part, and the parts sum to what the cards and the provider cost."""
    world = await a_world()
    assert world.charged(CHAT) == CHAT_COST
    assert world.charged(RANK) == "144.00"
    assert world.store.status(CARE)["total"]["charged"] == CHAT_COST
    assert world.store.status(UNALLOCATED)["pools"] == {"idle": "720.00", "unclaimed": "2.00", "parked": "0.00"}
    assert world.store.status(OPENAI)["summary"] | {"through": None} == {
        "billed": "16.00",
        "unclaimed": "2.00",
        "captureRate": "87.5",
        "through": None,
        "state": "OK",
    }
    assert [item["name"] for item in world.store.status(BOOK)["priced"]] == ["H100-80GB"]
    assert decimal(world.billed()) == "1168.00"


async def test_an_hour_settles_exactly_once() -> None:
    """The hour's one entry is appended when its lateness has passed, and no later cycle appends anything to it."""
    world = await a_world()
    world.ledger.new.clear()
    await world.cycles(14, 300)
    assert world.ledger.new == [0] * 2 + [1] + [0] * 11  # the hour before noon, at a quarter past
    world.ledger.new.clear()
    await world.cycles(2, 300)
    assert world.ledger.new == [1, 0]


async def test_a_second_evaluation_of_the_same_moment_changes_nothing() -> None:
    """Evaluating again without news appends nothing, writes nothing, and leaves the digest as it is."""
    world = await a_world()
    digest = world.digest()
    world.ledger.new.clear()
    assert await world.cycle() == 0
    assert (world.ledger.new, world.digest()) == ([0], digest)


async def test_a_restart_gives_the_same_ledger_and_no_status_write() -> None:
    """A new process over the same world finds the same numbers: equal digest, nothing appended, nothing written."""
    world = await a_world()
    world.observe_use("chat-0", "support", range(35))
    await world.cycles(3, 300)
    digest = world.digest()
    world.restart()
    world.ledger.new.clear()
    assert await world.cycle(60) == 0
    assert (world.ledger.new, world.digest()) == ([0], digest)


async def test_cost_is_the_same_by_the_watch_and_by_the_history() -> None:
    """Who watched all day and who came later and read the recorded series have the same ledger."""
    watched = World(now=0)
    watched.declare()
    watched.populate()
    watched.bills.days = (bill_of(0),)
    for _ in range(12):
        await watched.cycle(3 * HOUR)
    by_watch = watched.digest()
    told = await a_world()
    assert by_watch == told.digest()


async def test_an_edited_price_rates_open_months_anew() -> None:
    """Every hour of the months that are still open follows the price book; bills and other people's prices do not."""
    world = World(now=DAY // 2)
    world.declare()
    world.populate()
    world.history.covers = (Window(at(-DAY), at(DAY)),)
    world.inventory.holdings = (running("chat-0", "support", "chat", since=-DAY),)
    world.history.told = world.inventory.devices(at(DAY))
    world.bills.days = (bill_of(0),)
    await world.cycle()
    assert (world.charged(CHAT), world.store.status(CHAT)["previousMonth"]["amount"]) == ("110.00", "192.00")
    world.store.apply("PriceBook", "default", a_book_of("8"))
    assert await world.evaluation.run() > 0
    await world.cycle(900)
    assert world.store.status(CHAT)["cost"]["incurred"] == {
        "total": "210.00", "gpu": "196.00", "compute": "0.00", "tokens": "14.00"
    }  # fmt: skip
    assert world.store.status(CHAT)["previousMonth"]["amount"] == "384.00"


async def test_a_month_past_its_close_day_is_not_rated_anew() -> None:
    """From the close day on nothing that is edited moves the month before."""
    world = World(now=30 * DAY + 2 * HOUR)
    world.declare()
    world.populate()
    world.history.covers = (Window(at(29 * DAY), at(31 * DAY)),)
    world.bills.days = (bill_of(29),)
    await world.cycle()
    november = world.digest()
    world.clock.at = at(34 * DAY)
    world.store.apply("PriceBook", "default", a_book_of("8"))
    await world.cycle()
    assert world.digest() == november
    assert world.store.status(CHAT)["previousMonth"]["amount"] == "206.00"


async def test_a_new_month_begins_at_zero_and_shows_the_one_before() -> None:
    """At the month's turn the period changes at once, and what the month before cost stays in view."""
    world = World(now=30 * DAY - 600)
    world.declare()
    world.populate()
    world.inventory.holdings = (running("chat-0", "support", "chat", since=29 * DAY),)
    world.history.told = world.inventory.devices(at(31 * DAY))
    world.history.covers = (Window(at(29 * DAY), at(31 * DAY)),)
    world.bills.days = ()
    await world.cycle()
    assert "previousMonth" not in world.store.status(CHAT)
    await world.cycle(600)
    shown = world.store.status(CHAT)
    assert (shown["period"], shown["cost"]["charged"]) == ("2026-12", "0.00")
    assert shown["previousMonth"] == {"period": "2026-11", "amount": "192.00", "state": "Open"}
    await world.cycle(900)
    assert world.charged(CHAT) == "2.00"
    assert world.store.status(CHAT)["coveredFrom"] == "2026-12-01T00:00:00Z"
    assert world.store.status(CARE)["previousMonth"]["amount"] == "192.00"


async def test_a_restated_bill_supersedes_the_day() -> None:
    """What the provider restates counts as restated, upwards and downwards, and a row that it takes back is gone."""
    world = await a_world()
    world.bills.days = (bill_of(0, a_row(usd(15), project="p")),)
    await world.cycle(3600)
    assert world.store.status(CHAT)["cost"]["incurred"]["tokens"] == "15.00"
    tokens = [t for t in world.ledger.totals(Window(at(0), at(DAY))) if t.component is Component.TOKENS]
    assert decimal(sum(total.nanos for total in tokens)) == "15.00"


async def test_usage_that_the_provider_takes_back_is_gone() -> None:
    """A day of usage that was read again and is empty counts no more tokens, in the ledger as in the status."""
    world = await a_world()
    world.bills.usage = (UsageRow("openai", between(0, DAY), dims(project="p"), Tokens(input=3)),)
    await world.cycle(3600)
    assert world.store.status(CHAT)["tokens"]["input"] == 3
    world.bills.usage = ()
    await world.cycle(3600)
    assert world.ledger.observed(between(0, DAY)).usage == ()
    assert not world.store.status(CHAT).get("tokens")


async def test_a_deleted_workload_keeps_its_past() -> None:
    """What a workload cost stays its unit's and its own, marked as deleted; its pods are nobody's from then on."""
    world = await a_world()
    world.store.delete(CHAT)
    await world.cycle()
    await world.cycle(2 * HOUR)
    care = world.store.status(CARE)
    (top,) = care["top"]["workloads"]
    assert (top["name"], top["deleted"]) == ("chat", True)
    assert top["amount"] == care["total"]["charged"]
    kept, lost = Decimal(top["amount"]), Decimal(world.store.status(UNALLOCATED)["pools"]["unclaimed"])
    assert 0 <= kept - Decimal(CHAT_COST) < Decimal("0.003"), "but for the second in which it was seen last"
    assert kept + lost == Decimal(CHAT_COST) + 18


@pytest.mark.parametrize("waited", [True, False], ids=["waited", "came meanwhile"])
async def test_a_workload_that_comes_back_has_its_past_and_its_old_claim(waited: bool) -> None:
    """Its identity is namespace and name: it goes before a rival who waited, and after one who took over what it left."""
    world = await a_world()
    another = ResourceRef("AIWorkload", "support", "another")
    await world.cycle(60)
    if waited:
        world.store.apply("AIWorkload", "another", CHAT_SPEC, namespace="support")
        await world.cycle(60)
    world.store.delete(CHAT)
    await world.cycle(60)
    world.store.apply("AIWorkload", "another", CHAT_SPEC, namespace="support")
    await world.cycle(60)
    world.restart()
    world.store.apply("AIWorkload", "chat", CHAT_SPEC, namespace="support")
    await world.cycle(3600)
    winner, loser = (CHAT, another) if waited else (another, CHAT)
    assert world.condition(winner, "Conflict")["status"] == "False"
    lost = world.condition(loser, "Conflict")
    assert (lost["status"], f"AIWorkload support/{winner.name}" in lost["message"]) == ("True", True)
    more = Decimal(world.charged(CHAT)) - Decimal(CHAT_COST)
    assert more > 7 if waited else 0 <= more < 1, "an hour of two cards, or a minute"


async def test_a_thief_is_denied_and_nothing_else_moves() -> None:
    """A workload that claims what another namespace was granted is told so, in money and in words; others see nothing."""
    world = await a_world()
    digest = world.digest()
    world.writer.written.clear()
    theft = {"businessUnit": "find", "usage": CHAT_SPEC["usage"]}
    mallory = world.store.apply("AIWorkload", "mallory", theft, namespace="search")
    await world.cycle(30)
    assert [ref for _, ref in world.writer.written] == [mallory]
    assert (world.charged(mallory), world.store.status(mallory)["summary"]["state"]) == ("0.00", "Denied")
    assert world.condition(mallory, "ClaimDenied")["reason"] == "GrantMissing"
    assert world.digest() == digest
    await world.cycle(900)
    assert [refused["name"] for refused in world.store.status(OPENAI)["refused"]] == ["mallory"]


async def test_use_and_tokens_are_shown_beside_the_cost() -> None:
    """Utilisation of the hours that were observed, and the used part of the cost."""
    world = await a_world()
    world.observe_use("chat-0", "support", range(36), busy_ppm=250_000)
    await world.cycle(900)
    shown = world.store.status(CHAT)
    assert shown["gpu"] == {
        "cardHours": "72.50", "utilisation": "25.0", "signal": "SM_ACTIVE", "sharing": "Exclusive"
    }  # fmt: skip
    assert shown["cost"]["used"] == "86.50"  # a quarter of 36.25 hours at 8.00, and all 14.00 for tokens


async def test_a_resource_that_cannot_be_read_is_told_so_and_harms_nobody() -> None:
    """A spec of an older schema gets its error in its own status; every other status stays."""
    world = await a_world()
    world.writer.written.clear()
    broken = world.store.apply("AIWorkload", "broken", {"businessUnit": "care"}, namespace="support")
    await world.cycle(30)
    assert [ref for _, ref in world.writer.written] == [broken]
    ready = world.condition(broken, "Ready")
    assert (ready["status"], ready["reason"]) == ("False", "InvalidSpec")
    assert "claim something" in ready["message"]
    assert world.condition(broken, "Stalled")["status"] == "True"


async def test_a_workload_of_a_unit_that_comes_later_gets_the_open_month() -> None:
    """Denied for want of a unit, it owns nothing; once the unit is there, it owns what nobody claimed meanwhile."""
    world = await a_world(running("late-0", "support", "rank", since=DAY, count=1))
    late = world.store.apply("AIWorkload", "late", {**RANK_SPEC, "businessUnit": "late"}, namespace="support")
    await world.cycle(60)
    assert world.store.status(late)["summary"]["state"] == "Denied"
    world.store.apply("BusinessUnit", "late", {"namespaces": [{"name": "support"}]})
    await world.cycle(60)
    assert world.store.status(late)["summary"]["state"] == "OK"
    assert world.charged(late) == "48.00"
