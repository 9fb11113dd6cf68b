"""What an organisation calls its projects, API keys and service accounts. People stay ids."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from aicost.ports import BillReading
from aicost.sources.tokens.answers import Answer
from aicost.sources.tokens.client import Client
from aicost.sources.tokens.naming import Labels, Lists, Named, last_id, mentioned, named

PROJECTS = "/organization/projects"
PER_PAGE = ("limit", "100")


@dataclass(frozen=True, slots=True)
class Names:
    """Of all projects, and of the keys of those that are billed: each project has a list of its own."""

    most_pages: int

    async def ask(self, client: Client, reading: BillReading) -> Labels:
        """Raises what asking raises."""
        lists = Lists("after", self.most_pages, last_id)
        found = await lists.read(client, PROJECTS, [PER_PAGE, ("include_archived", "true")], parse_project)
        for project in sorted(set(mentioned(reading, "project")) & {value for _, value in found}):
            every = [PER_PAGE, ("owner_project_access", "any")]  # else keys of people who left the project are hidden
            found |= await lists.read(client, f"{PROJECTS}/{project}/api_keys", every, parse_key)
        return found


def parse_project(item: Answer) -> Iterator[Named]:
    """A project's name."""
    yield named("project", item)


def parse_key(item: Answer) -> Iterator[Named]:
    """A key's name, and that of the service account that it is of: bills tell of that as a user."""
    yield named("apiKey", item)
    account = item.field("owner").optional("service_account")
    if account is not None:
        yield named("user", account)
