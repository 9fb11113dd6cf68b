"""The agent at work: reads the cards at its interval, asks the kubelet who holds them, shows the last that is fresh."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, field

from aicost.agent.exposition import Host, page
from aicost.agent.fields import Field
from aicost.agent.gpm import FIRST
from aicost.agent.holders import Handed, holders_of
from aicost.agent.readings import Reading
from aicost.ports import Forbidden, Malformed, Unavailable
from aicost.sources.abandonable import abandonable

logger = logging.getLogger(__name__)

FRESH_INTERVALS = 3
"""What was read so many intervals ago or longer is no longer shown: a card that hangs drops out."""
PATIENCE_SECONDS = 60.0
"""Longest time without a finished reading before the agent calls itself unhealthy, at least."""
SECOND_SAMPLE = 1.0
"""Seconds from the first reading to the second: activity is only known between two."""

Read = Callable[[], list[Reading]]
Ask = Callable[[], Awaitable[list[Handed]]]


@dataclass(slots=True)
class Service:
    """`read` blocks and runs in a thread; `ask` is None where there is no kubelet. Instants are the clock's seconds."""

    host: Host
    interval: float
    clock: Callable[[], float]
    read: Read
    ask: Ask | None = None
    fault: str = ""
    """Why the last reading told nothing; empty if it did."""
    _started: float = 0.0
    _finished: float | None = None
    _readings: list[Reading] = field(default_factory=list)
    _handed: list[Handed] = field(default_factory=list)
    _handed_at: float | None = None
    _told: dict[str, str] = field(default_factory=dict)

    async def run(self) -> None:
        """Until it is cancelled. A reading that hangs keeps the next from beginning, and what it last told gets old."""
        self._started = self.clock()
        await self.once()
        await asyncio.sleep(min(SECOND_SAMPLE, self.interval))
        while True:
            await self.once()
            await asyncio.sleep(self.interval)

    async def once(self) -> None:
        """One reading, and who holds the cards. What fails is logged, and told by `problem` if it lasts."""
        try:
            self._readings = await abandonable(self.read)
        except (Unavailable, Forbidden) as problem:
            self.fault = str(problem)
            self._say("driver", f"no reading: {problem}")
        else:
            self._finished, self.fault = self.clock(), ""
            self._say("driver", "")
            self._say_missing()
        await self._ask_for_holders()

    def page(self) -> str:
        """What /metrics shows now: fresh readings, and none while nobody can say who holds the cards."""
        now = self.clock()
        known = self._knows_holders(now)
        shown = [reading for reading in self._readings if reading.values and now - reading.at < self._fresh]
        if known is False:
            shown = []
        return page(self.host, [(r, holders_of(r.card, self._handed)) for r in shown], now, known)

    def problem(self) -> str | None:
        """Why the process should be restarted, or None."""
        silent = self.clock() - (self._finished if self._finished is not None else self._started)
        if silent < max(PATIENCE_SECONDS, self._fresh):
            return None
        return f"no reading of the GPUs finished for {silent:.0f} s" + (f": {self.fault}" if self.fault else "")

    @property
    def _fresh(self) -> float:
        return FRESH_INTERVALS * self.interval

    def _knows_holders(self, now: float) -> bool | None:
        if self.ask is None:
            return None
        return self._handed_at is not None and now - self._handed_at < self._fresh

    async def _ask_for_holders(self) -> None:
        if self.ask is None:
            return
        try:
            self._handed = await self.ask()
        except (Unavailable, Forbidden, Malformed) as problem:
            self._say("kubelet", f"series of cards are left out: {problem}")
        else:
            self._handed_at = self.clock()
            self._say("kubelet", "")

    def _say_missing(self) -> None:
        for reading in self._readings:
            why = {field: said for field, said in reading.missing.items() if said != FIRST}
            self._say(str(reading.card), "; ".join(_reasons(why.items())))

    def _say(self, about: str, text: str) -> None:
        """Each thing once, until it changes."""
        if text != self._told.get(about, ""):
            logger.warning("%s: %s", about, text or "as it should be again")
        self._told[about] = text


def _reasons(missing: Iterable[tuple[Field, str]]) -> list[str]:
    """`NAME, NAME: why`, so that a card without GPM is one sentence."""
    by_reason: dict[str, list[str]] = {}
    for field_, said in missing:
        by_reason.setdefault(said, []).append(field_.name)
    return [f"{', '.join(names)} are not told: {said}" for said, names in by_reason.items()]
