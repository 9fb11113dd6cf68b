"""The engine: one loop that evaluates at a fixed cadence, and at once when something changed; it never overlaps itself.

The gatherers make a pass before the first evaluation, so that a restart does not show gaps that are none.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from dataclasses import dataclass, field

from aicost.core.closing import Outcome
from aicost.core.window import Period
from aicost.ports import Forbidden, Malformed, TakenOver, Unavailable
from aicost.reconcile.evaluation import Evaluation

logger = logging.getLogger(__name__)
FIRST_PASS_SECONDS = 120.0
SYNC_POLL_SECONDS = 0.05


@dataclass(slots=True)
class Health:
    """What probes and metrics ask: loop time of the last evaluation that finished, and counts since the start.

    `problem` is why the last one did not finish; empty where it did.
    """

    finished_at: float | None = None
    evaluations: int = 0
    failures: int = 0
    statuses: int = 0
    seconds: float = 0.0
    problem: str = ""


@dataclass(slots=True)
class Engine:
    """Evaluates every `cycle` seconds, and when `changed` is set."""

    evaluation: Evaluation
    cycle: float
    changed: asyncio.Event
    health: Health = field(default_factory=Health)
    _turn: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def run(self) -> None:
        """Wait for the stores, make a first pass, then evaluate until cancelled. A commit under way is finished.

        Ends by itself only where another operator took the ledger over: raises TakenOver, in a group.
        """
        await self._synced()
        await self._first_pass()
        async with asyncio.TaskGroup() as loops:
            loops.create_task(self._record(), name="recorder")
            loops.create_task(self._evaluate(), name="evaluation")

    async def once(self) -> int:
        """One pass of every gatherer and one evaluation; returns how many statuses were written."""
        await self._synced()
        await self._pass()
        return await self.evaluation.run()

    async def close(self, period: Period, by: str, dry_run: bool, force: bool) -> Outcome:
        """Evaluate, then close a month or only ask, between two evaluations of the loop.

        Raises Unavailable before the first evaluation, Malformed for a month that cannot be closed, and what the ledger
        raises.
        """
        if not self.health.evaluations:
            raise Unavailable("nothing was evaluated yet since the operator started: try again in a minute")
        async with self._turn:
            await self.evaluation.run()
            outcome = await self.evaluation.close(period, by, dry_run=dry_run, force=force)
        self.changed.set()
        return outcome

    async def _synced(self) -> None:
        while not (self.evaluation.store.synced and self.evaluation.inventory.synced_at is not None):  # noqa: ASYNC110 # two stores of other threads, looked at once, at the start
            await asyncio.sleep(SYNC_POLL_SECONDS)

    async def _first_pass(self) -> None:
        try:
            async with asyncio.timeout(FIRST_PASS_SECONDS):
                await self._pass()
        except TimeoutError:
            logger.warning(
                "the first pass takes longer than %.0f s: evaluating what is known so far", FIRST_PASS_SECONDS
            )

    async def _pass(self) -> None:
        self.evaluation.watch()
        self.evaluation.attend(asyncio.get_running_loop().time())
        await asyncio.gather(self.evaluation.catch_up(), self.evaluation.desk.settle())

    async def _record(self) -> None:
        while True:
            await asyncio.sleep(self.cycle)
            await self.evaluation.catch_up()

    async def _evaluate(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            begun = loop.time()
            self.changed.clear()
            self.evaluation.attend(begun)
            try:
                async with self._turn:
                    self.health.statuses += await self.evaluation.run()
            except TakenOver:
                raise
            except (Unavailable, Forbidden, Malformed) as problem:
                self.health.failures += 1
                self.health.problem = str(problem)
                logger.error("this evaluation changed nothing: %s", problem)  # noqa: TRY400 # expected: no traceback
            except Exception:
                self.health.failures += 1
                self.health.problem = "a fault of aicost, which its log tells"
                logger.exception("this evaluation changed nothing: a fault of aicost")
            else:
                self.health.evaluations += 1
                self.health.problem = ""
                self.health.finished_at = loop.time()
            self.health.seconds = loop.time() - begun
            with contextlib.suppress(TimeoutError):
                # Not wait_for: in Python 3.11 it forgets a cancellation that comes together with a change.
                async with asyncio.timeout(max(0.0, self.cycle - self.health.seconds)):
                    await self.changed.wait()
