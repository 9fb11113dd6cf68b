"""Advice about GPUs over whole evaluations: from what series told to what a status says."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from aicost.core.holdings import FOREVER, CardGroup
from aicost.core.identity import ObjectRef
from aicost.core.loads import Loads
from aicost.core.recommendations.gpu import servers
from aicost.core.recommendations.live import NOTHING_LIVE
from aicost.core.usage import SIGNALS
from aicost.core.window import DAY, HOUR, Window
from aicost.ports import Unavailable
from aicost.reconcile.gpu_advice import advise_on_gpus
from aicost.reconcile.known import Known
from tests.reconcile.world import CHAT, CHAT_SPEC, RANK, STATUS_INTERVAL, World, a_book_of, node
from tests.support.builders import a_group, a_holding, a_pod, at
from tests.support.loads import a_load

NOW = 9 * DAY + HOUR
OWNER = ObjectRef("apps", "StatefulSet", "chat")
IDLE = {"duty_peak_ppm": 0, "memory_peak_mib": 4, "power_low_mw": 68_000, "power_peak_mw": 70_000}
BUSY: dict[str, Any] = {
    "signal": SIGNALS[0],
    "mean_ppm": 10_000,
    "high_ppm": 30_000,
    "peak_ppm": 200_000,
    "bandwidth_peak_ppm": 40_000,
}
SMALL = {"memory_peak_mib": 9_000}


async def a_world(
    load: dict[str, Any],
    failure: Exception | None = None,
    owner: ObjectRef = OWNER,
    groups: tuple[CardGroup, ...] = (node(1),),
    book: dict[str, Any] | None = None,
) -> World:
    """Nine days in which one pod held a card alone on its node."""
    world = World(NOW)
    world.advisers = (advise_on_gpus,)
    world.restart()
    world.declare()
    if book:
        world.store.apply("PriceBook", "default", book)
    pod = a_pod("chat-0", owners=(owner,), app="chat")
    world.inventory.groups = groups
    world.inventory.holdings = (a_holding(pod, Window(at(0), FOREVER)),)
    world.history.told = world.inventory.devices(FOREVER)
    world.history.covers = (Window(at(-DAY), FOREVER),)
    hours = range(2 * 24, 9 * 24)
    world.loads.failure = failure
    world.loads.seen = Loads(tuple(replace(a_load(hour), **load) for hour in hours))
    await world.cycles(2)
    return world


def advice(world: World) -> list[tuple[str, str, str, str]]:
    told = world.store.status(CHAT).get("recommendations", [])
    return [(of["kind"], of["basis"], of["effect"], of["monthlySaving"]["high"]) for of in told]


async def test_an_idle_week_is_told_with_its_price_and_what_must_go() -> None:
    """A card at 4 dollars an hour, alone on a rented node: 2,920 a month."""
    world = await a_world(IDLE)
    assert advice(world) == [("ScaleToZero", "Actionable", "BillReduction", "2920.00")]
    told = world.store.status(CHAT)["recommendations"][0]
    assert told["requires"] == ["remove node node-a once nothing runs there: idle nodes go on costing"]
    assert told["evidence"]["numbers"]["grEngineActivePeakPercent"] == "0.0"
    assert world.store.status(CHAT)["summary"]["saving"] == "2920.00"
    assert "recommendations" not in world.store.status(RANK)


async def test_work_that_fits_a_slice_is_told_so() -> None:
    """No node has one yet: what the cards could be cut into, as a trial."""
    world = await a_world(BUSY | SMALL)
    assert [(kind, basis) for kind, basis, *_ in advice(world)] == [("UseMIGSlice", "Hypothesis")]


async def test_loads_that_come_later_are_heard() -> None:
    """Nothing is advised while they cannot be read, and their coming is reason enough to look again."""
    world = await a_world(IDLE, Unavailable("Prometheus does not answer"))
    assert advice(world) == []
    world.loads.failure = None
    await world.cycle(STATUS_INTERVAL)
    assert [kind for kind, *_ in advice(world)] == ["ScaleToZero"]


async def test_a_server_whose_evidence_fails_silences_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nor does it end its own advice: nobody looked, and what was told stands; it is counted by name."""
    world = await a_world(IDLE)
    monkeypatch.setattr(servers, "_replicas", lambda *_: 1 // 0)
    world.store.apply("PriceBook", "default", a_book_of("5"))
    await world.cycles(2, STATUS_INTERVAL)
    assert [kind for kind, *_ in advice(world)] == ["ScaleToZero"]
    assert world.evaluation.advice.asking.failures["evidence"] > 0


async def test_batch_work_is_told_of_bought_cards_that_idle() -> None:
    """It rents a card all day, and a node that was bought does nothing; where that is another unit's, it is left alone."""
    dgx = {"name": "dgx", "model": "H100-80GB", "nodes": {"matchLabels": {"own": "dgx"}}, "count": 8, "months": 48}
    book = {**a_book_of("4"), "owned": [{**dgx, "from": "2026-01-01", "capex": "240000", "includesHost": True}]}
    there = Window(at(-60 * DAY), FOREVER)
    groups = node(8), a_group(8, there, node="dgx-1", created=there.start, own="dgx")
    world = await a_world(BUSY | SMALL, owner=ObjectRef("batch", "CronJob", "tune"), groups=groups, book=book)
    assert ("UseIdleHours", "Hypothesis", "FreedCapacity", "2920.00") in advice(world)
    theirs = {"namespaces": [{"name": "search"}], "reservedNodes": {"matchLabels": {"own": "dgx"}}}
    world.store.apply("BusinessUnit", "find", theirs)
    await world.cycle(STATUS_INTERVAL)
    assert "UseIdleHours" not in [kind for kind, *_ in advice(world)]


async def test_who_wants_no_advice_is_told_none() -> None:
    """Whatever the numbers say."""
    world = await a_world(IDLE)
    world.store.apply("AIWorkload", "chat", {**CHAT_SPEC, "rightSizing": {"mode": "Off"}}, namespace="support")
    await world.cycle()
    assert advice(world) == []


async def test_without_a_price_book_nothing_is_said() -> None:
    """For nothing has a price."""
    world = await a_world(IDLE)
    seen, _ = world.evaluation._gather(world.store.declarations().declared)  # noqa: SLF001 # what an evaluation saw
    window = Window(at(2 * DAY), at(9 * DAY))
    known = Known(world.ledger, seen, world.evaluation.listed, window, "USD", NOTHING_LIVE)
    assert [answer.lever.value for _, answer in advise_on_gpus(known)] == ["ScaleToZero"]
    without = replace(known, seen=replace(seen, declared=replace(seen.declared, prices=None)))
    assert list(advise_on_gpus(without)) == []
