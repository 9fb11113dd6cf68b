"""What OpenAI counts beside completions and embeddings: many kinds of few rows, so that all days are asked for at once."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field

from aicost.core.declarations import Dimensions
from aicost.core.gaps import Feed, Gap
from aicost.core.window import DAY, Window, date
from aicost.ports import Malformed, Unavailable
from aicost.sources.tokens.answers import Answer
from aicost.sources.tokens.daily import gap
from aicost.sources.tokens.openai import usage
from aicost.sources.tokens.openai.asking import Asking
from aicost.sources.tokens.openai.pages import DAY_OF
from aicost.sources.tokens.pages import EndpointMissing, Page, QueryRefused
from aicost.sources.tokens.used import Used


@dataclass(slots=True)
class Others:
    """What was counted by day and dimensions, the dimensions that could not be had, and the kinds that are not there."""

    used: dict[str, dict[Dimensions, Used]] = field(default_factory=lambda: defaultdict(dict))
    lost: set[str] = field(default_factory=set)
    missing: list[Unavailable] = field(default_factory=list)

    def add(self, rows: Mapping[Dimensions, Used], lost: set[str]) -> None:
        """Add what a kind counts."""
        self.lost |= lost
        for dimensions, used in rows.items():
            day = dict(dimensions)[DAY_OF]
            named = dimensions - {(DAY_OF, day)}
            self.used[day][named] = self.used[day].get(named, Used()) + used

    def on(self, day: Window) -> Mapping[Dimensions, Used]:
        """What was counted on one day."""
        return self.used.get(date(day.start), {})

    def gaps(self, source: str, day: Window) -> tuple[Gap, ...]:
        """A gap for each kind that the organisation has no endpoint of."""
        return tuple(gap(source, Feed.USAGE, day, fault) for fault in self.missing)


@dataclass(slots=True)
class OtherUsage:
    """Asked by the first day that needs it; what comes of that, a fault too, is the answer to all others."""

    asking: Asking
    over: Window
    _found: Others | Unavailable | Malformed | None = None
    _turn: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def read(self) -> Others:
        """Of all days. Raises Unavailable, Malformed or Forbidden."""
        async with self._turn:
            if self._found is None:
                try:
                    self._found = await self._read()
                except (Unavailable, Malformed) as fault:
                    self._found = fault
        if isinstance(self._found, Exception):
            raise self._found
        return self._found

    async def _read(self) -> Others:
        found = Others()
        for name, kind in usage.OTHERS.items():
            days = _Days(self.over, kind)
            try:
                rows, lost = await self.asking.split(self.over, f"{usage.PATH}/{name}", kind.split_by, days.parse)
            except (EndpointMissing, QueryRefused) as fault:
                found.missing.append(fault)
            else:
                days.check()
                found.add(rows, lost)
        return found


@dataclass(slots=True)
class _Days:
    """Which days of a window there were buckets for."""

    over: Window
    kind: usage.Kind
    told: set[int] = field(default_factory=set)

    def parse(self, answer: Answer, over: Window) -> Page[Used]:
        page = usage.parse_days(answer, over, self.kind)
        self.told.update(bucket.field("start_time").count() for bucket in answer.field("data").items())
        return page

    def check(self) -> None:
        """An empty day has an empty bucket. Raises Malformed where one is missing."""
        if missing := {*range(self.over.start, self.over.end, DAY)} - self.told:
            raise Malformed(f"no bucket of {self.kind.result} came for {len(missing)} of the days")
