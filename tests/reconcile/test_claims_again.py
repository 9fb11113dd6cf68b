"""Claims that are given up and made again, over evaluations, restarts and absences: what they cost whom."""

from __future__ import annotations

import json

import pytest

from aicost.core.ledger import Component
from aicost.core.window import DAY, HOUR, Period
from aicost.reconcile.owners import FIRST_CLAIMS, GONE_CLAIMS
from tests.reconcile.world import CHAT, CHAT_SPEC, NOON, OPENAI, RANK, RANK_SPEC, World, bill_of
from tests.support.builders import a_row, at, between, owned_by, usd

MINE = {"businessUnit": "care", "usage": [{"name": "it", "source": "openai", "match": {"project": "p"}}]}
THEIRS = {**RANK_SPEC, "usage": [{"name": "it", "source": "openai", "match": {"user": "u"}}]}
RANKS = owned_by("rank", "search", "find")


async def a_world() -> World:
    """Noon of the second day: each row of the bill is of a project that one may claim, and of a user that another may."""
    world = World(NOON)
    world.declare()
    world.populate()
    grants = [
        {"dimension": "project", "value": "p", "namespaces": ["support"]},
        {"dimension": "user", "value": "u", "namespaces": ["search"]},
    ]
    world.store.apply("UsageSource", "openai", {**(world.store.resource(OPENAI) or {})["spec"], "grants": grants})
    world.bills.days = tuple(bill_of(day, a_row(usd(24), project="p", user="u")) for day in range(4))
    await world.cycle()
    return world


async def later(world: World, seconds: int, restarts: bool) -> None:
    """Time passes, and somebody looks at the declarations; then the operator may begin anew."""
    await world.cycle(seconds)
    if restarts:
        world.restart()


def paid(world: World) -> dict[str, list[int]]:
    """What each workload pays of the bill of each day, in dollars."""
    days = [world.ledger.entries(between(day * DAY, (day + 1) * DAY), Component.TOKENS) for day in range(4)]
    lines = [(day, line) for day, entries in enumerate(days) for entry in entries for line in entry.lines]
    found: dict[str, list[int]] = {str(line.owner.workload): [0] * 4 for _, line in lines}
    for day, line in lines:
        found[str(line.owner.workload)][day] += line.amount.nanos if line.amount else 0
    assert all(proof.difference == proof.broken == 0 for proof in world.ledger.proofs(Period("2026-11")))
    return {of: [nanos // usd(1).nanos for nanos in by_day] for of, by_day in found.items()}


@pytest.mark.parametrize("restarts", [False, True], ids=["running", "restarted"])
async def test_who_took_a_project_over_keeps_it(restarts: bool) -> None:
    """The one who gave it up pays for his time, and for nothing after he claims it again."""
    world = await a_world()
    await later(world, 6 * HOUR, restarts)
    world.store.delete(CHAT)
    await later(world, 1, restarts)
    world.store.apply("AIWorkload", "rank", THEIRS, namespace="search")
    await later(world, HOUR, restarts)
    world.store.apply("AIWorkload", "chat", MINE, namespace="support")
    await later(world, HOUR, restarts)
    await world.cycle(3 * DAY)
    assert paid(world) == {"support/chat": [24, 18, 0, 0], "search/rank": [0, 5, 24, 24]}
    assert world.condition(CHAT, "Conflict")["reason"] == "ClaimedByAnother"


@pytest.mark.parametrize("restarts", [False, True], ids=["running", "restarted"])
async def test_what_is_deleted_and_made_again_has_its_place(restarts: bool) -> None:
    """As GitOps does: whoever waits has the time in between and nothing afterwards."""
    world = await a_world()
    world.store.apply("AIWorkload", "rank", THEIRS, namespace="search")
    await later(world, 6 * HOUR, restarts)
    world.store.delete(CHAT)
    await later(world, 1, restarts)
    world.clock.advance(HOUR)
    world.store.apply("AIWorkload", "chat", MINE, namespace="support")
    await later(world, 60, restarts)
    await world.cycle(3 * DAY)
    assert paid(world) == {"support/chat": [24, 23, 24, 24], "search/rank": [0, 1, 0, 0]}
    assert world.condition(RANK, "Conflict")["reason"] == "ClaimedByAnother"


async def test_what_a_namespace_edits_away_does_not_fill_the_ledger() -> None:
    """Each of 40 edits claims 20 models anew; what is written with each evaluation stays small."""
    world = await a_world()
    for edit in range(40):
        models = [
            {"name": f"m-{n}", "source": "openai", "match": {"project": "p", "model": f"{edit}-{n}"}} for n in range(20)
        ]
        world.store.apply("AIWorkload", "chat", {**CHAT_SPEC, "usage": models}, namespace="support")
        world.evaluation.owners.observe(world.store.declarations().declared, world.clock.now())
        world.evaluation.owners.unsaved(world.store.declarations().declared, at(0), world.clock.now())
        world.evaluation.owners.saved()
        world.clock.advance(60)
    await world.cycle(60)
    marks = world.ledger.marks()
    assert len(json.loads(marks[FIRST_CLAIMS])) < 600
    assert len(marks[FIRST_CLAIMS]) + len(marks[GONE_CLAIMS]) < 64_000
