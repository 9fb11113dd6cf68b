"""What an organisation calls its workspaces, with their tags, and its API keys. People stay ids.

Source of the shapes: the types `beta.organization.BetaWorkspace` and `BetaAPIKey` of the `anthropic` package 2.12.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from aicost.core.names import cleaned
from aicost.ports import BillReading
from aicost.sources.tokens.answers import Answer
from aicost.sources.tokens.client import Client
from aicost.sources.tokens.naming import Labels, Lists, Named, mentioned, named

WORKSPACES, KEYS = "/organizations/workspaces", "/organizations/api_keys"
EVERY = [("include_archived", "true"), ("include_default", "true")]


@dataclass(frozen=True, slots=True)
class Names:
    """Of all workspaces, and of the keys that are billed."""

    most_pages: int

    async def ask(self, client: Client, reading: BillReading) -> Labels:
        """Raises what asking raises."""
        lists = Lists("1000", "after_id", self.most_pages)
        workspaces = await lists.read(client, WORKSPACES, EVERY, parse_workspace)
        keys = await lists.read(client, KEYS, [], parse_key)
        billed = set(mentioned(reading, "apiKey"))
        return workspaces | {of: name for of, name in keys.items() if of[1] in billed}


def parse_workspace(item: Answer) -> Iterator[Named]:
    """A workspace's name with its tags behind it: they may say whose it is, and claim nothing."""
    of, name = named("workspace", item)
    tags = item.optional("tags")
    told = sorted(f"{tag}={value.text()}" for tag, value in tags.entries()) if tags is not None else []
    yield of, ", ".join(part for part in (cleaned(name), *told) if part)


def parse_key(item: Answer) -> Iterator[Named]:
    """A key's name."""
    yield named("apiKey", item)
