"""What fails is a gap with its cause; no total drops, nothing is lost, and everything is filled in later."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from aicost.core.gaps import Feed, Gap
from aicost.core.reasons import GapReason
from aicost.core.window import DAY, HOUR
from aicost.ports import Forbidden, Unavailable
from tests.reconcile.world import CHAT, NOON, OPENAI, RANK, World, bill_of
from tests.support.builders import a_holding, a_pod, at, between

DOWN = Unavailable("Prometheus does not answer")
SPOILT = Gap(GapReason.BILL_MALFORMED, Feed.BILLS, at(0), "the day cannot be read", source="openai")


def history_down(world: World) -> None:
    world.history.failure = DOWN


def use_down(world: World) -> None:
    world.use.failure = world.meter.failure = DOWN


def bills_spoilt(world: World) -> None:
    world.bills.days, world.bills.gaps = (), (SPOILT,)


def bills_raise(world: World) -> None:
    world.bills.failure = RuntimeError("a fault of ours")


def watch_lost(world: World) -> None:
    world.inventory.watching = False


def everything(world: World) -> None:
    for fail in (history_down, use_down, bills_spoilt, watch_lost):
        fail(world)


FAILURES: tuple[Callable[[World], None], ...] = (
    history_down, use_down, bills_spoilt, bills_raise, watch_lost, everything,
)  # fmt: skip


_UNDISTURBED: list[tuple[str, Any]] = []


async def a_world() -> World:
    world = World()
    world.declare()
    world.populate()
    world.observe_use("chat-0", "support", range(30))
    await world.cycle()
    return world


async def undisturbed() -> tuple[str, Any]:
    """The digest, and what chat shows in short, when nothing fails in the same time."""
    if not _UNDISTURBED:
        world = await a_world()
        await world.cycle(3 * HOUR)
        await world.cycle(900)
        _UNDISTURBED.append((world.digest(), world.store.status(CHAT)["summary"]))
    return _UNDISTURBED[0]


async def mended_later(fail: Callable[[World], None], *, restart: bool) -> tuple[list[int], World]:
    """What the ledger sums to before a failure, in two hours of it, and after."""
    world = await a_world()
    days, sums = world.bills.days, [world.billed()]
    fail(world)
    if restart:
        world.restart()
    for _ in range(2):
        await world.cycle(HOUR)
        sums.append(world.billed())
    world.history.failure = world.use.failure = world.meter.failure = world.bills.failure = None
    world.bills.days, world.bills.gaps, world.inventory.watching = days, (), True
    await world.cycle(HOUR)
    return [*sums, world.billed()], world


@pytest.mark.parametrize("restart", [False, True], ids=["running", "restarted"])
@pytest.mark.parametrize("fail", FAILURES, ids=lambda fail: fail.__name__)
async def test_no_total_drops_and_all_is_filled_in(fail: Callable[[World], None], restart: bool) -> None:
    """While something fails sums only grow; when it is back the ledger is as if it had never failed."""
    sums, world = await mended_later(fail, restart=restart)
    assert sums == sorted(sums)
    await world.cycle(900)
    assert (world.digest(), world.store.status(CHAT)["summary"]) == await undisturbed()


async def test_a_past_that_is_not_known_yet_is_a_gap_and_partial() -> None:
    """With Prometheus down at the first start only the watched time is charged, and everybody is told why."""
    world = World()
    world.declare()
    world.populate()
    world.history.failure = DOWN
    for pod, namespace in (("chat-0", "support"), ("rank-0", "search")):
        world.observe_use(pod, namespace, range(36))
    await world.cycle()
    assert (world.charged(CHAT), world.store.status(CHAT)["summary"]["state"]) == ("28.00", "Partial")
    (gap, *_) = world.store.status(CHAT)["gaps"]
    assert (gap["reason"], gap["component"], gap["since"]) == ("NoPodHistory", "gpu", "2026-10-01T00:00:00Z")
    condition = world.condition(CHAT, "DataAvailable")
    assert (condition["status"], str(DOWN) in condition["message"]) == ("False", True)
    assert world.condition(CHAT, "Ready")["status"] == "True"
    world.history.failure = None
    await world.cycle(300)
    assert world.condition(CHAT, "DataAvailable")["status"] == "True"
    assert world.store.status(RANK)["summary"]["state"] == "OK"
    assert world.charged(RANK) == "144.333333333"


async def test_a_spoilt_bill_concerns_who_claims_it_only() -> None:
    """A day of the bill that cannot be read is a gap of its claimants and of its source, of nobody else."""
    world = await a_world()
    bills_spoilt(world)
    await world.cycle(HOUR)
    assert [gap["reason"] for gap in world.store.status(CHAT)["gaps"]] == ["BillMalformed"]
    assert world.store.status(OPENAI)["summary"]["state"] == "Partial"
    assert world.condition(OPENAI, "DataAvailable")["reason"] == "BillMalformed"
    assert world.store.status(RANK)["summary"]["state"] == "OK"


@pytest.mark.parametrize("failure", [Unavailable("the disk is full"), Forbidden("read-only")], ids=["full", "readonly"])
async def test_a_commit_that_fails_loses_nothing(failure: Exception) -> None:
    """No status is written from an evaluation that could not be stored; the next one stores all of it."""
    world = World()
    world.declare()
    world.populate()
    world.observe_use("chat-0", "support", range(30))
    world.ledger.failure = failure
    with pytest.raises(type(failure)):
        await world.cycle()
    assert world.writer.written == []
    world.ledger.failure = None
    await world.cycle(60)
    assert world.digest() == (await a_world()).digest()
    assert len(world.ledger.observed(between(0, 2 * DAY)).card_use) == 30


async def test_a_status_that_could_not_be_written_is_tried_again() -> None:
    """A refused write is no write: nobody is told of a transition, and the next cycle tries again."""
    world = World()
    world.declare()
    world.populate()
    world.history.failure = DOWN
    world.writer.refuses = {CHAT}
    await world.cycle()
    assert CHAT not in {ref for _, ref in world.writer.written}
    assert CHAT not in {ref for ref, *_ in world.announcer.told}
    world.writer.refuses = set()
    await world.cycle(60)
    assert CHAT in {ref for _, ref in world.writer.written}
    assert [reason for ref, reason, *_ in world.announcer.told if ref == CHAT] == ["NoPodHistory"]


async def test_pods_that_came_and_went_while_the_watch_was_lost_are_found() -> None:
    """What the watch missed the history tells: the pod of the lost hour pays its hour."""
    world = await a_world()
    watch_lost(world)
    ended = a_holding(a_pod("brief", "search", app="rank"), between(NOON + 600, NOON + 2400))
    world.history.told = replace(world.history.told, holdings=(*world.history.told.holdings, ended))
    await world.cycle(HOUR)
    world.inventory.watching = True
    await world.cycle(HOUR)
    assert world.charged(RANK) == "154.00"  # 38 hours of rank-0 and half an hour of brief


async def test_without_anything_to_read_there_is_a_status() -> None:
    """No Prometheus, no bill, no price book: the workload is accepted, costs nothing yet, and is told what is missing."""
    world = World()
    world.store.apply("BusinessUnit", "care", {"namespaces": [{"name": "support"}]})
    world.declare()
    world.populate()
    world.history.covers, world.bills.days = (), (bill_of(0),)
    world.store.delete(type(OPENAI)("PriceBook", "", "default"))
    await world.cycle()
    await world.cycle(900)
    shown = world.store.status(CHAT)
    assert (shown["currency"], shown["cost"]["charged"]) == ("USD", "14.00")
    assert [(gap["reason"], gap["quantity"]) for gap in shown["gaps"] if "quantity" in gap] == [
        ("NoPrice", "0.50 card hours")
    ]
