"""Owners that follow each other, over evaluations, restarts and absences: each has his own time, to the second."""

from __future__ import annotations

from decimal import Decimal

import pytest

from aicost.core.ledger import Component, Owner
from aicost.core.window import DAY, HOUR, Period, Window
from aicost.ports import ResourceRef, Unavailable
from tests.reconcile.world import CHAT, CHAT_SPEC, FIND, NOON, OPENAI, RANK, RANK_SPEC, World, bill_of
from tests.support.builders import a_row, at, between, owned_by, usd

OWNED_BY_FIND = owned_by("chat", "support", "find")
HEIR = ResourceRef("AIWorkload", "support", "heir")


async def a_world(now: int = NOON) -> World:
    """Noon of the second day, evaluated once; either unit may be named in either namespace."""
    world = World(now)
    world.declare()
    world.populate()
    for unit in ("care", "find"):
        world.store.apply("BusinessUnit", unit, {"namespaces": [{"name": "support"}, {"name": "search"}]})
    await world.cycle()
    return world


def moved(world: World) -> None:
    """Let the workload chat be of another unit from now on."""
    world.store.apply("AIWorkload", "chat", {**CHAT_SPEC, "businessUnit": "find"}, namespace="support")


def paid(world: World, over: Window, component: Component = Component.GPU) -> dict[Owner, int]:
    """What owners pay in the entries that begin in a window, in nano-dollars."""
    found: dict[Owner, int] = {}
    for line in (line for entry in world.ledger.entries(over, component) for line in entry.lines):
        found[line.owner] = found.get(line.owner, 0) + (line.amount.nanos if line.amount else 0)
    return found


async def test_a_workload_that_changes_its_unit_splits_at_that_instant() -> None:
    """A quarter of an hour to the one, the rest to the other; the day's bill by the seconds of the day."""
    world = await a_world()
    world.clock.advance(900)
    moved(world)
    await world.cycles(3, HOUR)
    hour = paid(world, between(NOON, NOON + HOUR))
    assert (hour[owned_by()], hour[OWNED_BY_FIND]) == (usd(2).nanos, usd(6).nanos)
    assert paid(world, between(0, NOON))[owned_by()] == usd(36 * 8).nanos
    day = paid(world, between(DAY, 2 * DAY), Component.TOKENS)
    since = DAY - DAY // 2 - 900
    assert (day[owned_by()] + day[OWNED_BY_FIND], day[OWNED_BY_FIND]) == (
        usd(14).nanos,
        round(Decimal(usd(14).nanos) * since / DAY),
    )
    assert all(proof.difference == proof.broken == 0 for proof in world.ledger.proofs(Period("2026-11")))


async def test_a_restart_gives_equal_entries() -> None:
    """After claims that came, changed hands and went: the same history, the same digest, nothing appended."""
    world = await a_world()
    moved(world)
    await world.cycle(700)
    world.store.apply("AIWorkload", "heir", CHAT_SPEC, namespace="support")
    world.store.delete(CHAT)
    await world.cycle(3000)
    world.store.apply(
        "BusinessUnit", "find", {"namespaces": [{"name": "search"}], "reservedNodes": {"matchLabels": {}}}
    )
    world.store.delete(HEIR)
    await world.cycle(3000)
    world.store.apply("AIWorkload", "chat", CHAT_SPEC, namespace="support")
    await world.cycle(5 * HOUR)
    digest, changes = world.digest(), world.ledger.changes()
    world.restart()
    world.ledger.new.clear()
    await world.cycle()
    assert (world.digest(), world.ledger.changes(), world.ledger.new) == (digest, changes, [0])
    assert len({owner for owner in paid(world, between(0, 2 * DAY)) if owner.workload}) >= 4


@pytest.mark.parametrize(("stripped", "hours"), [(False, 2), (True, 4)], ids=["told", "stripped"])
async def test_what_was_written_while_nobody_looked_counts_from_then(stripped: bool, hours: int) -> None:
    """The API server tells when, unless that is stripped: then it counts from when it is seen."""
    world = await a_world()
    world.clock.advance(2 * HOUR)
    world.store.stripped = stripped
    moved(world)
    world.clock.advance(2 * HOUR)
    world.restart()
    await world.cycle()
    await world.cycle(2 * HOUR)
    found = paid(world, between(NOON, NOON + 6 * HOUR))
    assert (found[owned_by()], found[OWNED_BY_FIND]) == (usd(hours * 8).nanos, usd((6 - hours) * 8).nanos)


async def test_nobody_declares_into_a_past_that_was_seen() -> None:
    """A time before the last look, which whoever writes an object may set, counts from that look."""
    world = await a_world()
    world.clock.at = at(0)
    moved(world)
    world.clock.at = at(NOON + HOUR)
    await world.cycle()
    assert OWNED_BY_FIND not in paid(world, between(0, NOON))
    hour = paid(world, between(NOON, NOON + HOUR))
    assert hour[owned_by()] < usd(0, 3_000_000).nanos < hour[OWNED_BY_FIND], "a second and the rest of the hour"


async def test_a_change_is_stored_with_the_entries_that_it_decides() -> None:
    """What the ledger did not take is told again, from the same instant."""
    world = await a_world()
    known = world.ledger.changes()
    world.clock.advance(900)
    moved(world)
    world.ledger.failure = Unavailable("no room")
    with pytest.raises(Unavailable):
        await world.cycle()
    assert world.ledger.changes() == known
    world.ledger.failure = None
    await world.cycle(2 * HOUR)
    assert [(change.since, change.name.name) for change in world.ledger.changes()[len(known) :]] == [
        (at(NOON + 900), "chat")
    ]
    assert paid(world, between(NOON, NOON + HOUR))[OWNED_BY_FIND] == usd(6).nanos


async def test_what_decides_no_owner_is_not_recorded() -> None:
    """A budget that is edited every day leaves no trace among the owners."""
    world = await a_world()
    known = world.ledger.changes()
    world.store.apply("AIWorkload", "chat", {**CHAT_SPEC, "budget": {"amount": "7"}}, namespace="support")
    await world.cycle(60)
    assert world.ledger.changes() == known


async def test_a_claim_takes_nothing_of_another_workload_and_all_that_is_free() -> None:
    """Back to the begin of the oldest month that is open, whatever came between."""
    world = await a_world()
    world.store.delete(CHAT)
    await world.cycle()
    world.store.apply("AIWorkload", "rank", {**RANK_SPEC, "pods": {"targetRef": {
        "apiVersion": "apps/v1", "kind": "Deployment", "name": "none"}}}, namespace="search")  # fmt: skip
    await world.cycle(HOUR)
    world.store.apply("AIWorkload", "heir", CHAT_SPEC, namespace="support")
    await world.cycle(2 * HOUR)
    assert paid(world, between(0, NOON))[owned_by()] == usd(36 * 8).nanos
    after = paid(world, between(NOON, NOON + 3 * HOUR))
    assert after[owned_by()] + after[owned_by("heir")] == usd(24).nanos
    assert after[owned_by()] < usd(0, 3_000_000).nanos, "the second in which it was seen last"


async def test_whoever_edits_one_claim_keeps_his_place_in_the_others() -> None:
    """Somebody of another namespace waits for a key of his project with a longer claim: nothing of it is ever his."""
    world = await a_world()
    grants = [
        {"dimension": "project", "value": "p", "namespaces": ["support"]},
        {"dimension": "apiKey", "value": "k", "namespaces": ["search"]},
    ]
    source = (world.store.resource(OPENAI) or {})["spec"]
    world.store.apply("UsageSource", "openai", {**source, "grants": grants})
    await world.cycle(60)
    claim = {"name": "key", "source": "openai", "match": {"project": "p", "apiKey": "k"}}
    world.store.apply("AIWorkload", "rank", {**RANK_SPEC, "usage": [claim]}, namespace="search")
    await world.cycle(60)
    world.store.apply(
        "AIWorkload", "chat", {**CHAT_SPEC, "pods": {"selector": {"matchLabels": {"a": "b"}}}}, namespace="support"
    )
    await world.cycle(60)
    world.restart()
    world.bills.days = tuple(bill_of(day, a_row(usd(14), project="p", apiKey="k")) for day in (1, 2, 3))
    await world.cycle(2 * DAY)
    assert paid(world, between(DAY, 4 * DAY), Component.TOKENS)[owned_by()] == usd(42).nanos
    assert world.condition(RANK, "Conflict")["reason"] == "ClaimedByAnother"


def _granted(world: World, grants: dict[str, list[str]]) -> None:
    """Let the bill grant what is called q, by dimension to namespaces, and nothing else."""
    of = [{"dimension": name, "value": "q", "namespaces": namespaces} for name, namespaces in grants.items()]
    world.store.apply("UsageSource", "openai", {**(world.store.resource(OPENAI) or {})["spec"], "grants": of})


@pytest.mark.parametrize("restarts", [False, True], ids=["running", "restarted"])
@pytest.mark.parametrize("dimension", ["project", "user"])
async def test_who_waits_for_a_grant_gains_no_place_by_waiting(dimension: str, restarts: bool) -> None:
    """Else whoever claims all that there may be takes it from its owner once a grant names him, too."""
    world = await a_world()
    rival = {**RANK_SPEC, "usage": [{"name": "it", "source": "openai", "match": {dimension: "q"}}]}
    world.store.apply("AIWorkload", "rank", rival, namespace="search")
    await world.cycle(60)
    assert world.condition(RANK, "ClaimDenied")["reason"] == "GrantMissing"
    _granted(world, {"project": ["support"]})
    claim = {"name": "mine", "source": "openai", "match": {"project": "q"}}
    world.store.apply("AIWorkload", "heir", {"businessUnit": "care", "usage": [claim]}, namespace="support")
    await world.cycle(60)
    world.clock.advance(60)
    _granted(world, {"project": ["support"], dimension: ["support", "search"]})
    if restarts:
        world.restart()
    world.bills.days = tuple(bill_of(day, a_row(usd(14), project="q", user="q")) for day in (1, 2, 3))
    await world.cycle(60)
    await world.cycle(3 * DAY)
    assert paid(world, between(DAY, 4 * DAY), Component.TOKENS)[owned_by("heir")] == usd(42).nanos
    assert world.condition(RANK, "Conflict")["reason"] == "ClaimedByAnother"


async def test_tokens_go_with_the_cost_of_their_day() -> None:
    """A workload that takes a key over in the middle of a month has no tokens of the days before."""
    world = await a_world()
    world.bills.days = (bill_of(0), bill_of(1), bill_of(2))
    moved(world)
    await world.cycle(DAY)
    assert Decimal(world.store.status(FIND)["own"]["charged"]) > 0
    assert paid(world, between(0, DAY), Component.TOKENS)[owned_by()] == usd(14).nanos
    assert paid(world, between(2 * DAY, 3 * DAY), Component.TOKENS)[OWNED_BY_FIND] == usd(14).nanos


async def test_who_claims_more_usage_keeps_its_place_among_its_pods() -> None:
    """Another workload of the namespace waits for the same pods, and has nothing of them afterwards either."""
    world = await a_world()
    await world.cycle(60)
    world.store.apply(
        "AIWorkload",
        "aaa",
        {"businessUnit": "find", "pods": {"selector": {"matchLabels": {"app": "chat"}}}},
        namespace="support",
    )
    await world.cycle(HOUR)
    more = {"name": "k", "source": "openai", "match": {"project": "q"}}
    world.store.apply("AIWorkload", "chat", {**CHAT_SPEC, "usage": [*CHAT_SPEC["usage"], more]}, namespace="support")
    await world.cycle(HOUR)
    await world.cycle(HOUR)
    paying = {owner.workload.name for owner in paid(world, between(NOON, NOON + 4 * HOUR)) if owner.workload}
    assert "chat" in paying
    assert "aaa" not in paying
