"""One watch: from a resource version on, the server's events until it ends the stream."""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from aicost.cluster.connection import Connection, decoded
from aicost.cluster.failures import answered
from aicost.cluster.requests import Request, Resource
from aicost.ports import Malformed

Change = Literal["ADDED", "MODIFIED", "DELETED"]


@dataclass(frozen=True, slots=True)
class Event:
    """What happened to an object; `change` None: nothing happened up to `version`, as a bookmark says.

    The first event of a watch has an empty version and says that the server accepted the one it was asked for.
    """

    change: Change | None
    item: Mapping[str, Any]
    version: str


async def watch(
    connection: Connection, resource: Resource, version: str, seconds: int, silence: float
) -> AsyncGenerator[Event]:
    """Events after `version` for about `seconds`.

    Raises:
        ExpiredError: events after that version are gone; everything must be listed.
        Unavailable, Forbidden, Malformed: the stream broke, or said nothing for `silence` seconds.
    """
    params = {
        "watch": "1",
        "resourceVersion": version,
        "allowWatchBookmarks": "true",
        "timeoutSeconds": str(seconds),
    }
    request = Request("watch", resource, params=params)
    async with connection.lines(request, inactivity=silence) as lines:
        yield Event(None, {}, "")
        async for line in lines:
            yield _event(request, line)


def _event(request: Request, line: bytes) -> Event:
    told = decoded(request, line)
    item = told.get("object")
    if not isinstance(item, dict):
        raise Malformed(f"{request} told of an event without an object")
    match told.get("type"):
        case "ADDED" | "MODIFIED" | "DELETED" as change:
            return Event(change, item, _version(request, item))
        case "BOOKMARK":
            return Event(None, {}, _version(request, item))
        case "ERROR":
            code = item.get("code")
            raise answered(request, code if isinstance(code, int) else 0, json.dumps(item).encode())
        case other:
            raise Malformed(f"{request} told of an unknown event {other!r}")


def _version(request: Request, item: Mapping[str, Any]) -> str:
    metadata = item.get("metadata")
    if not isinstance(metadata, dict) or not metadata.get("resourceVersion"):
        raise Malformed(f"{request} told of an object without a resource version")
    return str(metadata["resourceVersion"])
