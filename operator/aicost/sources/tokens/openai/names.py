"""What an organisation calls its projects, API keys and service accounts. Labels only: without them nothing is missing."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from aicost.core.names import cleaned
from aicost.ports import BillReading, Forbidden, Malformed, Unavailable
from aicost.sources.tokens.answers import Answer
from aicost.sources.tokens.client import Client

logger = logging.getLogger(__name__)
PROJECTS = "/organization/projects"
ASKED_EVERY_S = 6 * 3600
PER_PAGE = "100"

Labels = Mapping[tuple[str, str], str]
"""Names by dimension and id."""


@dataclass(slots=True)
class Naming:
    """Asks now and then, since names seldom change and each project has a list of keys of its own."""

    within_s: float
    most_pages: int
    _asked: dict[str, float] = field(default_factory=dict)

    async def read(self, client: Client, reading: BillReading, source: str) -> Labels | None:
        """The names of what a reading has ids of; None where they were asked for lately, or cannot be had."""
        now = asyncio.get_running_loop().time()
        if now < self._asked.get(source, now - ASKED_EVERY_S) + ASKED_EVERY_S:
            return None
        try:
            async with asyncio.timeout(self.within_s):
                named = dict(await self._listed(client, PROJECTS, [("include_archived", "true")], parse_project))
                for project in sorted(_projects(reading) & {value for _, value in named}):
                    every = [("owner_project_access", "any")]  # else keys of people who left the project are hidden
                    named |= await self._listed(client, f"{PROJECTS}/{project}/api_keys", every, parse_key)
        except (Unavailable, Malformed, Forbidden, TimeoutError) as fault:
            logger.info("the names of %s cannot be read, its ids stand for themselves: %s", source, fault)
            return None
        self._asked[source] = now
        return named

    async def _listed(
        self, client: Client, path: str, asked: list[tuple[str, str]], parse: Callable[[Answer], Iterator[_Named]]
    ) -> Labels:
        found: dict[tuple[str, str], str] = {}
        after: list[tuple[str, str]] = []
        for _ in range(self.most_pages):
            page = await client.get(path, [("limit", PER_PAGE), *asked, *after])
            listed, following = parse_list(page, parse)
            found |= listed
            if following is None or ("after", following) in after:
                return found
            after = [("after", following)]
        raise Malformed(f"there are more than {self.most_pages} pages of names")


_Named = tuple[tuple[str, str], str]


def parse_list(answer: Answer, parse: Callable[[Answer], Iterable[_Named]]) -> tuple[Labels, str | None]:
    """A page of names, and the id after which the next begins. Raises Malformed, with the path of what is wrong."""
    answer.field("object").exactly("list")
    named = {of: cleaned(name) for item in answer.field("data").items() for of, name in parse(item)}
    more = answer.field("has_more").flag()
    return {of: name for of, name in named.items() if name}, answer.field("last_id").text() if more else None


def parse_project(item: Answer) -> Iterator[_Named]:
    """A project's name."""
    yield _named("project", item)


def parse_key(item: Answer) -> Iterator[_Named]:
    """A key's name, and that of the service account that it is of: bills tell of that as a user. People stay ids."""
    yield _named("apiKey", item)
    account = item.field("owner").optional("service_account")
    if account is not None:
        yield _named("user", account)


def _named(dimension: str, item: Answer) -> _Named:
    name = item.optional("name")
    return (dimension, item.field("id").text()), name.text() if name is not None else ""


def _projects(reading: BillReading) -> set[str]:
    rows = (row for day in reading.days for row in day.rows)
    return {value for row in rows for name, value in row.dimensions if name == "project"}
