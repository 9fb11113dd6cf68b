"""Re-charge in the running evaluation: days are divided anew when their cost, their callers or the claims change."""

from __future__ import annotations

from typing import Any

import pytest

from aicost.core.cost import by_workload
from aicost.core.holdings import FOREVER
from aicost.core.identity import WorkloadRef
from aicost.core.ledger import Component, Entry
from aicost.core.money import decimal
from aicost.core.window import DAY, HOUR, Period, Window
from aicost.ports import ResourceRef, Unavailable
from tests.reconcile.world import BOOK, CHAT, NOON, RANK, World, a_book_of, node, running
from tests.support.builders import at, usd
from tests.support.metering import METERED, a_use

LLM = ResourceRef("AIWorkload", "platform", "llm")
PLATFORM = ResourceRef("BusinessUnit", "", "platform")
METER = ResourceRef("UsageSource", "", METERED)
GRANTS = [
    {"dimension": "customer", "value": name, "namespaces": [place]}
    for name, place in (("chat", "support"), ("rank", "search"))
]
SPEC: dict[str, Any] = {
    "type": "Prometheus",
    "role": "Meter",
    "costOf": {"namespace": "platform", "name": "llm"},
    "prometheus": {"preset": "vLLM", "matchers": {"namespace": "platform"}, "dimensions": {"customer": "tenant_id"}},
    "grants": GRANTS,
}


def calls(customer: str) -> dict[str, Any]:
    """A workload that claims its calls and holds nothing itself."""
    unit = {"chat": "care", "rank": "find"}[customer]
    return {"businessUnit": unit, "usage": [{"name": "llm", "source": METERED, "match": {"customer": customer}}]}


def a_world(now: int) -> World:
    """A server of four cards, 384 dollars a day, of whose time chat has half and rank a quarter; nothing evaluated yet."""
    world = World(now)
    world.declare()
    world.store.apply("BusinessUnit", "platform", {"namespaces": [{"name": "platform"}]})
    pods = {"selector": {"matchLabels": {"app": "llm"}}}
    world.store.apply("AIWorkload", "llm", {"businessUnit": "platform", "pods": pods}, namespace="platform")
    world.store.apply("AIWorkload", "chat", calls("chat"), namespace="support")
    world.store.apply("AIWorkload", "rank", calls("rank"), namespace="search")
    world.store.apply("UsageSource", METERED, SPEC)
    world.inventory.groups = (node(),)
    world.inventory.holdings = (running("llm-0", "platform", "llm", count=4),)
    world.history.told = world.inventory.devices(FOREVER)
    world.history.covers = (Window(at(0), FOREVER),)
    world.called.seen = tuple(
        a_use(hour, seconds, customer)
        for hour in range(48)
        for customer, seconds in (("chat", 20), ("rank", 10), ("stranger", 10))
    )
    return world


@pytest.fixture
async def world() -> World:
    """At noon of the second day, evaluated once."""
    world = a_world(NOON)
    await world.cycle()
    return world


def shares(world: World) -> tuple[str, ...]:
    """What the server and its callers are charged, by the ledger: a status may wait for its next write."""
    by_name = by_workload(world.ledger.totals(Period("2026-11").window))
    refs = (WorkloadRef(ref.namespace, ref.name) for ref in (LLM, CHAT, RANK))
    return tuple(decimal(sum(total.nanos for total in by_name.get(ref, ()))) for ref in refs)


def cost(world: World, ref: ResourceRef) -> dict[str, str]:
    of: dict[str, Any] = world.store.status(ref)["cost"]
    return {"incurred": of["incurred"]["total"], **{name: of[name] for name in ("passedOn", "received", "charged")}}


def recharges(world: World) -> list[Entry]:
    """What the ledger has of re-charges, by day."""
    return sorted(
        world.ledger.entries(Window(at(0), at(30 * DAY)), Component.RECHARGE), key=lambda of: of.origin.window
    )


def moved(world: World) -> int:
    """Entries of re-charges that say anything."""
    return sum(1 for entry in recharges(world) if entry.origin.quantity)


async def test_callers_carry_the_server(world: World) -> None:
    """A day and a half at 16 dollars an hour: passed on, received, and what a stranger called stays; units follow."""
    assert cost(world, LLM) == {"incurred": "576.00", "passedOn": "432.00", "received": "0.00", "charged": "144.00"}
    assert cost(world, CHAT) == {"incurred": "0.00", "passedOn": "0.00", "received": "288.00", "charged": "288.00"}
    assert world.charged(RANK) == "144.00"
    assert world.store.status(PLATFORM)["total"]["charged"] == "144.00"
    assert all(proof.difference == proof.broken == 0 for proof in world.ledger.proofs(Period("2026-11")))
    meter = world.store.status(METER)
    assert meter["recharge"] == {
        "passedOn": "432.00",
        "unclaimed": "144.00",
        "unclaimedCallers": [{"name": "customer stranger", "amount": "144.00"}],
    }
    assert meter["summary"] == {"captureRate": "75.0", "state": "OK"}
    assert "billed" not in meter


async def test_time_goes_on_and_nothing_is_written_twice(world: World) -> None:
    """The open day moves with its cost; the same instant again adds no entry and no status."""
    assert await world.cycles(3, seconds=0) == 0
    assert world.ledger.new[-3:] == [0, 0, 0]
    await world.cycles(2, seconds=HOUR)
    assert shares(world) == ("152.00", "304.00", "152.00")


async def test_a_restart_changes_nothing(world: World) -> None:
    """A new process over the same ledger asks for no hour again and says the same, Prometheus or not."""
    before, asked = world.digest(), len(world.called.asked)
    world.called.failure = Unavailable("down")
    world.restart()
    await world.cycle()
    assert (world.digest(), len(world.called.asked)) == (before, asked)


async def test_step_by_step_is_as_at_once() -> None:
    """Cycle after cycle, with a day of which nothing could be read until later, gives the ledger of one evaluation."""
    uneven = tuple(a_use(hour, 1 + hour % 7, name) for hour in range(72) for name in ("chat", "rank") if hour % 5)
    step_by_step = a_world(HOUR)
    step_by_step.called.seen = uneven
    for hour in range(0, 72, 12):
        step_by_step.called.failure = Unavailable("down") if 20 < hour < 50 else None
        await step_by_step.cycle(12 * HOUR)
    digest = step_by_step.digest()
    at_once = a_world(73 * HOUR)
    at_once.called.seen = uneven
    await at_once.cycle()
    assert at_once.digest() == digest
    assert moved(at_once) == 3


async def test_a_day_that_is_over_joins_history(world: World) -> None:
    """Two days later the first days are settled, and no draft of theirs is left."""
    await world.cycle(2 * DAY)
    assert moved(world) == 2
    assert world.condition(METER, "DataAvailable")["reason"] == "MeterUnavailable"  # the third day has no series


async def test_who_comes_late_is_given_what_nobody_claims(world: World) -> None:
    """A new claim takes its calls back to the begin of the month; a claim that goes counts from its instant on."""
    spec = calls("chat")
    spec["usage"].append({"name": "more", "source": METERED, "match": {"customer": "stranger"}})
    world.store.apply("UsageSource", METERED, {**SPEC, "grants": [*GRANTS, {**GRANTS[0], "value": "stranger"}]})
    world.store.apply("AIWorkload", "chat", spec, namespace="support")
    await world.cycle()
    assert shares(world) == ("0.00", "432.00", "144.00")
    world.store.apply("AIWorkload", "chat", {**spec, "usage": spec["usage"][1:]}, namespace="support")
    await world.cycle()
    assert shares(world) == ("47.997777778", "384.002222222", "144.00"), "the day's 96.00, but for noon and 2 seconds"


async def test_a_thief_is_charged_nothing_and_changes_nothing(world: World) -> None:
    """Who claims calls without a grant for his namespace is told, and every line stays."""
    before = world.digest()
    world.store.apply("AIWorkload", "mallory", {**calls("chat"), "businessUnit": "find"}, namespace="search")
    await world.cycle()
    assert world.digest() == before
    assert world.condition(ResourceRef("AIWorkload", "search", "mallory"), "ClaimDenied")["reason"] == "GrantMissing"


async def test_another_price_of_cards_moves_with_its_cost(world: World) -> None:
    """Open months are priced anew, and so is what is passed on."""
    world.store.apply("PriceBook", BOOK.name, a_book_of("8"))
    await world.cycle()
    assert shares(world) == ("288.00", "576.00", "288.00")


async def test_a_meter_that_goes_keeps_what_it_divided(world: World) -> None:
    """A day that is over stays as it was; that of the deletion divides by its seconds, and later ones no more."""
    before = recharges(world)[:1]
    world.store.delete(METER)
    await world.cycle(HOUR)
    assert recharges(world)[:1] == before
    await world.cycle(2 * DAY)
    assert recharges(world)[:1] == before
    assert moved(world) == 2
    assert shares(world) == ("916.00", "296.00", "148.00"), "of 3/4 of the second day's 384.00 what 13 of 24 hours are"


async def test_what_a_meter_had_still_to_tell_is_asked_when_it_is_gone() -> None:
    """Prometheus comes back after the deletion: the days in which the meter stood divide all the same."""
    world = a_world(NOON)
    world.called.failure = Unavailable("down")
    await world.cycle()
    assert shares(world) == ("576.00", "0.00", "0.00")
    world.store.delete(METER)
    await world.cycle(HOUR)
    world.called.failure = None
    await world.cycles(2, seconds=HOUR)
    assert recharges(world)[0].origin.quantity
    assert shares(world)[1] == "257.00", "the first day's 192.00, and 13 of 24 hours of half of 240.00"


async def test_nothing_that_is_deleted_lowers_what_was_passed_on(world: World) -> None:
    """Server, callers, units and meter: of days that are over each line stays, in this process and in the next."""
    before = recharges(world)[:1]
    for gone in (METER, LLM, CHAT, RANK, PLATFORM, ResourceRef("BusinessUnit", "", "find")):
        world.store.delete(gone)
        await world.cycle(HOUR)
        assert recharges(world)[:1] == before
        world.restart()
        await world.cycle()
        assert recharges(world)[:1] == before


async def test_a_server_that_is_gone_keeps_what_it_passed_on(world: World) -> None:
    """What its pods cost from then on is nobody's and moves no more; all sums to what the pods cost."""
    world.store.delete(LLM)
    await world.cycle()
    assert shares(world) == ("144.00", "288.00", "144.00")
    await world.cycle(2 * DAY)
    assert shares(world) == ("144.001111111", "288.002222222", "144.001111111")
    assert world.billed() == usd(8 * 4 * 84).nanos


async def test_an_unread_meter_moves_nothing_and_is_told(world: World) -> None:
    """Without series: everything stays with the server, and source, server and callers are told."""
    world.called.seen = ()
    again = World(NOON)
    again.called.failure = Unavailable("Prometheus does not answer")
    again.inventory, again.history, again.store, again.bills = world.inventory, world.history, world.store, world.bills
    again.restart()
    again.writer.store = again.store
    await again.cycle()
    assert shares(again) == ("576.00", "0.00", "0.00")
    for ref in (LLM, CHAT, METER):
        assert again.condition(ref, "DataAvailable")["reason"] == "MeterUnavailable"
    assert again.store.status(CHAT)["summary"]["state"] == "Partial"


async def test_what_is_known_stays_while_prometheus_is_away(world: World) -> None:
    """No total of anybody drops for it: the day is divided by what is known of it, and the gap says so."""
    world.called.failure = Unavailable("Prometheus does not answer")
    await world.cycles(2, seconds=HOUR)
    assert shares(world) == ("152.00", "304.00", "152.00")
    assert world.condition(METER, "DataAvailable")["reason"] == "MeterUnavailable"


async def test_a_circle_is_refused_in_a_condition(world: World) -> None:
    """Ready stays True; nothing of the circle is passed on; taking a claim away mends it."""
    pods = {"selector": {"matchLabels": {"app": "llm"}}}
    usage = [{"name": "chat", "source": "chat-meter", "match": {"customer": "llm"}}]
    own = {**SPEC, "costOf": {"namespace": "support", "name": "chat"}}
    own["prometheus"] = {**SPEC["prometheus"], "matchers": {"namespace": "support"}}
    own["grants"] = [{"dimension": "customer", "value": "llm", "namespaces": ["platform"]}]
    world.store.apply("UsageSource", "chat-meter", own)
    spec = {"businessUnit": "platform", "pods": pods}
    world.store.apply("AIWorkload", "llm", {**spec, "usage": usage}, namespace="platform")
    await world.cycle()
    refused = world.condition(METER, "RechargeRefused")
    assert (refused["status"], refused["reason"]) == ("True", "RechargeCycle")
    assert "platform/llm -> support/chat -> platform/llm" in refused["message"]
    assert world.condition(METER, "Ready")["status"] == "True"
    assert world.store.status(METER)["summary"]["state"] == "Refused"
    assert shares(world) == ("576.00", "0.00", "0.00")
    world.store.apply("AIWorkload", "llm", spec, namespace="platform")
    await world.cycle()
    assert shares(world) == ("144.00", "288.00", "144.00")
    assert world.condition(METER, "RechargeRefused")["status"] == "False"
