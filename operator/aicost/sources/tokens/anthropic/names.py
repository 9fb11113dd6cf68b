"""What an organisation calls its workspaces, with their tags, its API keys and service accounts. People stay ids.

Source of the shapes: the types `beta.organization.BetaWorkspace`, `BetaAPIKey` and `BetaServiceAccount` of the `anthropic` package 2.12.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from aicost.core.names import cleaned
from aicost.ports import BillReading, Forbidden
from aicost.sources.tokens.answers import Answer
from aicost.sources.tokens.client import Client
from aicost.sources.tokens.naming import Labels, Lists, Named, cursor, last_id, mentioned, named
from aicost.sources.tokens.pages import EndpointMissing

WORKSPACES, KEYS = "/organizations/workspaces", "/organizations/api_keys"
ACCOUNTS = "/organizations/service_accounts"
PER_PAGE, ARCHIVED = ("limit", "1000"), ("include_archived", "true")


@dataclass(frozen=True, slots=True)
class Names:
    """Of all workspaces, and of the keys and service accounts that are billed."""

    most_pages: int

    async def ask(self, client: Client, reading: BillReading) -> Labels:
        """Raises what asking raises."""
        lists = Lists("after_id", self.most_pages, last_id)
        every = [PER_PAGE, ARCHIVED, ("include_default", "true")]
        workspaces = await lists.read(client, WORKSPACES, every, parse_workspace)
        found = await lists.read(client, KEYS, [PER_PAGE], parse_key)
        accounts = set(mentioned(reading, "serviceAccount"))
        if accounts:
            found |= await self._accounts(client)
        billed = accounts | set(mentioned(reading, "apiKey"))
        return workspaces | {of: name for of, name in found.items() if of[1] in billed}

    async def _accounts(self, client: Client) -> Labels:
        """None where the list is not there, or not for this key: it is not everybody's."""
        try:
            return await Lists("page", self.most_pages, cursor).read(client, ACCOUNTS, [ARCHIVED], parse_account)
        except (EndpointMissing, Forbidden):
            return {}


def parse_workspace(item: Answer) -> Iterator[Named]:
    """A workspace's name with its tags behind it: they may say whose it is, and claim nothing."""
    of, name = named("workspace", item)
    tags = item.optional("tags")
    told = sorted(f"{tag}={value.text()}" for tag, value in tags.entries()) if tags is not None else []
    yield of, ", ".join(part for part in (cleaned(name), *told) if part)


def parse_account(item: Answer) -> Iterator[Named]:
    """A service account's name."""
    yield named("serviceAccount", item)


def parse_key(item: Answer) -> Iterator[Named]:
    """A key's name."""
    yield named("apiKey", item)
