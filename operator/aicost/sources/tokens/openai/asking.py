"""Asking one of OpenAI's organisation endpoints for days, to the last page, by the finest split that it gives."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from aicost.core.declarations import Dimensions, Source
from aicost.core.window import Window
from aicost.sources.tokens.answers import Answer
from aicost.sources.tokens.client import Client
from aicost.sources.tokens.groupings import Refusals, finest
from aicost.sources.tokens.openai.pages import DIMENSIONS, Row, query
from aicost.sources.tokens.pages import Page, read_all


@dataclass(frozen=True, slots=True)
class Asking:
    """The conversation of one poll; `refusals` are those of earlier polls, too."""

    source: Source
    client: Client
    most_pages: int
    refusals: Refusals

    async def split(
        self,
        over: Window,
        path: str,
        groupings: Sequence[tuple[str, ...]],
        parse: Callable[[Answer, Window], Page[Row]],
    ) -> tuple[dict[Dimensions, Row], set[str]]:
        """The days by the first grouping that is not refused, and our names of the dimensions that were.

        Raises Unavailable, Malformed or Forbidden; QueryRefused where every grouping is.
        """
        rows, lost = await finest(
            groupings,
            lambda grouping: self._pages(over, path, grouping, parse),
            self.refusals,
            (self.source.account, self.source.secret, path, over),
        )
        return rows, {DIMENSIONS[name] for name in lost}

    async def _pages(
        self, over: Window, path: str, grouping: tuple[str, ...], parse: Callable[[Answer, Window], Page[Row]]
    ) -> dict[Dimensions, Row]:
        asked = query(over, grouping, self.source.projects)

        async def fetch(cursor: str | None) -> Page[Row]:
            turned = [*asked, ("page", cursor)] if cursor is not None else asked
            answer = await self.client.get(path, turned)
            return await asyncio.to_thread(parse, answer, over)  # a large day takes a second

        return await read_all(fetch, self.most_pages)
