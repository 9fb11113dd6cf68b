"""Reads yesterday's bill of every UsageSource through the operator's own readers."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

from aicost.cli.doctor.facts import SourceFacts
from aicost.cli.doctor.gathering.attempts import attempted
from aicost.core.declarations import Source
from aicost.core.window import DAY, Instant, Window, floor
from aicost.ports import BillReader

SECONDS = 45.0
"""How long one source may take: a provider that asks for a short pause gets it."""


async def source_facts(
    sources: tuple[Source, ...], readers: Mapping[tuple[str, str], BillReader], now: Instant
) -> tuple[SourceFacts, ...]:
    """All sources, each read for the UTC day before `now`'s."""
    midnight = floor(now, DAY)
    yesterday = Window(Instant(midnight - DAY), midnight)
    return tuple(
        await asyncio.gather(*(_read(source, readers.get((source.type, source.role)), yesterday) for source in sources))
    )


async def _read(source: Source, reader: BillReader | None, day: Window) -> SourceFacts:
    if reader is None:
        return SourceFacts(source, None)
    return SourceFacts(source, await attempted(reader.read(source, day), SECONDS))
