"""What providers call what they have ids of. Labels only: without them nothing is missing.

Lists of OpenAI and of Anthropic go on after the last id of a page, some of Anthropic's by a cursor.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from aicost.core.names import cleaned
from aicost.ports import BillReading, Forbidden, Malformed, Unavailable
from aicost.sources.tokens.answers import Answer
from aicost.sources.tokens.client import Client

logger = logging.getLogger(__name__)
ASKED_EVERY_S = 6 * 3600

Labels: TypeAlias = Mapping[tuple[str, str], str]
"""Names by dimension and id."""
Named: TypeAlias = tuple[tuple[str, str], str]
"""A dimension and an id, and its name."""


@dataclass(slots=True)
class Naming:
    """Asks `ask` now and then, since names seldom change and may need many requests, and within a time."""

    ask: Callable[[Client, BillReading], Awaitable[Labels]]
    within_s: float
    _asked: dict[str, float] = field(default_factory=dict)

    async def read(self, client: Client, reading: BillReading, source: str) -> Labels | None:
        """The names of what a reading has ids of; None where they were asked for lately, or cannot be had."""
        now = asyncio.get_running_loop().time()
        if now < self._asked.get(source, now - ASKED_EVERY_S) + ASKED_EVERY_S:
            return None
        try:
            async with asyncio.timeout(self.within_s):
                named = await self.ask(client, reading)
        except (Unavailable, Malformed, Forbidden, TimeoutError) as fault:
            logger.info("the names of %s cannot be read, its ids stand for themselves: %s", source, fault)
            return None
        self._asked[source] = now
        return named


@dataclass(frozen=True, slots=True)
class Lists:
    """How a provider's lists are read: each page is asked for by `after`, which `following` finds in the one before."""

    after: str
    most_pages: int
    following: Callable[[Answer], str | None]

    async def read(
        self, client: Client, path: str, asked: list[tuple[str, str]], parse: Callable[[Answer], Iterable[Named]]
    ) -> dict[tuple[str, str], str]:
        """All names of a list. Raises what asking raises, and Malformed for a list without an end."""
        found: dict[tuple[str, str], str] = {}
        place: list[tuple[str, str]] = []
        for _ in range(self.most_pages):
            page = await client.get(path, [*asked, *place])
            found |= parse_list(page, parse)
            following = self.following(page)
            if following is None or (self.after, following) in place:
                return found
            place = [(self.after, following)]
        raise Malformed(f"there are more than {self.most_pages} pages of names")


def parse_list(answer: Answer, parse: Callable[[Answer], Iterable[Named]]) -> Labels:
    """A page of names. Raises Malformed, with the path of what is wrong."""
    if (kind := answer.optional("object")) is not None:
        kind.exactly("list")
    named = {of: cleaned(name) for item in answer.field("data").items() for of, name in parse(item)}
    return {of: name for of, name in named.items() if name}


def last_id(answer: Answer) -> str | None:
    """The id after which the next page begins; None on the last. Raises Malformed likewise."""
    return answer.field("last_id").text() if answer.field("has_more").flag() else None


def cursor(answer: Answer) -> str | None:
    """The cursor of the next page; None on the last. Raises Malformed likewise."""
    found = answer.optional("next_page")
    return found.text() or None if found is not None else None


def named(dimension: str, item: Answer) -> Named:
    """What a list calls an item that has an id; the name may be missing."""
    name = item.optional("name")
    return (dimension, item.field("id").text()), name.text() if name is not None else ""


def mentioned(reading: BillReading, dimension: str) -> Iterator[str]:
    """The ids that the bills of a reading have of a dimension."""
    told = {row.dimensions for day in reading.days for row in day.rows}
    return (value for dimensions in told for name, value in dimensions if name == dimension)
