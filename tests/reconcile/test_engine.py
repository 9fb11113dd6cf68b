"""The engine: at its cadence, at once when something changed, never twice at once, and no fault ends it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress

import pytest

from aicost.core.window import DAY, Period, Window
from aicost.ports import Forbidden, Malformed, TakenOver, Unavailable
from aicost.reconcile import engine as engine_module
from aicost.reconcile.engine import Engine
from tests.reconcile.world import CHAT, World
from tests.support.builders import at

A_DAY = 86400.0
SOON = 5.0


def an_engine(cycle: float = A_DAY) -> tuple[Engine, World]:
    world = World()
    world.declare()
    return Engine(world.evaluation, cycle, asyncio.Event()), world


@asynccontextmanager
async def running(engine: Engine) -> AsyncIterator[asyncio.Task[None]]:
    task = asyncio.create_task(engine.run())
    try:
        yield task
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def until(holds: Callable[[], bool]) -> None:
    """Wait until something is so; fails when it takes too long."""
    async with asyncio.timeout(SOON):
        while not holds():  # noqa: ASYNC110 # a condition of plain values, looked at from outside
            await asyncio.sleep(0.001)


async def test_it_evaluates_at_once_and_then_at_its_cadence() -> None:
    """The first evaluation needs no event; the next ones come by themselves."""
    engine, world = an_engine(cycle=0.02)
    async with running(engine):
        await until(lambda: engine.health.evaluations >= 3)
    assert engine.health.failures == 0
    assert engine.health.statuses == len(world.writer.written) == 6
    assert engine.health.finished_at is not None


async def test_a_change_wakes_it() -> None:
    """What changes is answered at once, not at the end of a long cycle."""
    engine, world = an_engine()
    async with running(engine):
        await until(lambda: engine.health.evaluations == 1)
        world.store.delete(CHAT)
        engine.changed.set()
        await until(lambda: engine.health.evaluations == 2)
        await asyncio.sleep(0.02)
        assert engine.health.evaluations == 2


async def test_a_stop_that_comes_with_a_change_ends_it() -> None:
    """An operator that is told to go while something changes goes: it hung for ever when both came at once."""
    engine, _ = an_engine()
    task = asyncio.create_task(engine.run())
    await until(lambda: engine.health.evaluations == 1)
    for _ in range(20):
        await asyncio.sleep(0)
    engine.changed.set()
    task.cancel()
    done, _ = await asyncio.wait([task], timeout=SOON)
    assert done == {task}
    assert task.cancelled()


@pytest.mark.parametrize("failure", [Unavailable("u"), Forbidden("f"), Malformed("m"), ZeroDivisionError("ours")])
async def test_no_failure_ends_it(failure: Exception, caplog: pytest.LogCaptureFixture) -> None:
    """An evaluation that fails is counted and logged with its cause, and the next one is made."""
    engine, world = an_engine()
    world.ledger.failure = failure
    async with running(engine):
        await until(lambda: engine.health.failures == 1)
        assert str(failure) in caplog.text
        assert (engine.health.evaluations, engine.health.finished_at) == (0, None)
        ours = isinstance(failure, ZeroDivisionError)
        assert engine.health.problem == ("a fault of aicost, which its log tells" if ours else str(failure))
        world.ledger.failure = None
        engine.changed.set()
        await until(lambda: engine.health.evaluations == 1)
        assert engine.health.problem == ""


async def test_a_ledger_that_was_taken_over_ends_it() -> None:
    """Another operator writes now: this one must not try again, so that its process ends and a fresh one waits."""
    engine, world = an_engine()
    world.ledger.failure = TakenOver("by another")
    with pytest.raises(ExceptionGroup) as ended:
        await asyncio.wait_for(engine.run(), SOON)
    assert ended.group_contains(TakenOver, match="by another")
    assert engine.health.evaluations == 0


async def test_it_waits_until_everything_was_listed() -> None:
    """Before the first lists nobody knows what is declared: nothing is evaluated, nothing is written."""
    engine, world = an_engine()
    world.store.synced = world.inventory.watching = False
    async with running(engine):
        await asyncio.sleep(0.02)
        world.store.synced = True
        await asyncio.sleep(0.1)
        assert engine.health.evaluations == 0
        world.inventory.watching = True
        await until(lambda: engine.health.evaluations == 1)


async def test_bills_and_history_come_before_the_first_evaluation() -> None:
    """The first status already has what can be had: a restart shows no gap that is none."""
    engine, world = an_engine()
    world.populate()
    async with running(engine):
        await until(lambda: engine.health.evaluations == 1)
    assert world.charged(CHAT) == "316.00"
    assert [gap["reason"] for gap in world.store.status(CHAT)["gaps"]] == ["NoUtilisation"]


async def test_a_first_pass_that_takes_too_long_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """A provider that does not answer delays the first evaluation, but does not prevent it."""
    monkeypatch.setattr(engine_module, "FIRST_PASS_SECONDS", 0.05)
    engine, world = an_engine()
    world.bills.answering.clear()
    async with running(engine):
        await until(lambda: engine.health.evaluations == 1)
    assert world.condition(CHAT, "DataAvailable")["reason"] == "BillPending"


async def test_one_pass_on_demand() -> None:
    """`once` gathers and evaluates one time: for demonstrations and tests."""
    engine, world = an_engine()
    world.populate()
    assert await engine.once() == 6
    assert await engine.once() == 0
    assert world.charged(CHAT) == "316.00"


async def test_a_month_is_closed_between_two_evaluations() -> None:
    """What is asked while one goes on waits for it, evaluates for itself, and wakes the loop to show the result."""
    engine, world = an_engine()
    world.populate()
    world.history.covers = (Window(at(-DAY), at(30 * DAY)),)
    async with running(engine):
        await until(lambda: engine.health.evaluations == 1)
        first, second = await asyncio.gather(*[engine.close(Period("2026-10"), who, False, True) for who in ("a", "b")])
        assert (first.before, second.before, second.closing) == (False, True, first.closing)
        await until(lambda: engine.health.evaluations == 2)
    assert world.ledger.closings() == (first.closing,)


async def test_no_month_is_closed_before_anything_was_evaluated() -> None:
    """An empty store is no reason to close an empty month."""
    engine, _ = an_engine()
    with pytest.raises(Unavailable, match="nothing was evaluated yet"):
        await engine.close(Period("2026-10"), "a", False, True)
