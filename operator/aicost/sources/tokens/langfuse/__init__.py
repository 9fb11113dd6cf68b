"""Langfuse: who used which model, by environment, as applications traced it; it adds no money."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import Mapping
from dataclasses import dataclass

from aicost.core.declarations import Source
from aicost.core.gaps import Feed
from aicost.core.usage import UsageRow
from aicost.core.window import Window
from aicost.ports import BillReading
from aicost.sources.tokens.client import Access, Client, Provider
from aicost.sources.tokens.daily import ReadDay, read_bill
from aicost.sources.tokens.langfuse.metrics import PATH, parse, query
from aicost.sources.tokens.langfuse.observations import look
from aicost.sources.tokens.sampling import Sampler

LANGFUSE = Provider(
    name="langfuse",
    base_url="https://cloud.langfuse.com",
    headers=lambda pair: {"Authorization": f"Basic {base64.b64encode(pair.encode()).decode()}"},
    needs="a project's key pair is needed, its public and its secret key with a colon between them (pk-lf-...:sk-lf-...)",
)


class LangfuseUsage:
    """Reads what a project traced, day by day."""

    def __init__(self, access: Access) -> None:
        self._access = access
        self._sampler = Sampler(LANGFUSE, access, look)

    async def read(self, source: Source, over: Window) -> BillReading:
        """Each UTC day that the window touches: complete, or a gap that says why; never any money."""

        def reads(client: Client) -> Mapping[Feed, ReadDay]:
            return {Feed.USAGE: _Poll(source, client).usage}

        reading = await read_bill(LANGFUSE, source, self._access, over, reads, feeds=(Feed.USAGE,))
        return await self._sampler.beside(source, over, reading, lambda _, caller: (caller,))


@dataclass(frozen=True, slots=True)
class _Poll:
    """The questions of one poll."""

    source: Source
    client: Client

    async def usage(self, day: Window) -> BillReading:
        answer = await self.client.get(PATH, query(day))
        rows = await asyncio.to_thread(parse, answer)
        usage = tuple(UsageRow(self.source.name, day, dimensions, counted) for dimensions, counted in rows.items())
        return BillReading(usage=usage, usage_days=(day,))
