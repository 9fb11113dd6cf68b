"""Whole lists of a resource, page by page, so that neither side ever holds all of it as JSON."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from typing import Any

from aicost.cluster.connection import Connection
from aicost.cluster.requests import Request, Resource
from aicost.ports import Malformed

PAGE = 500


@dataclass(frozen=True, slots=True)
class Page:
    """Some of a list's items, and the resource version that the whole list shows."""

    items: tuple[Mapping[str, Any], ...]
    version: str


async def pages(connection: Connection, resource: Resource, *, size: int = PAGE) -> AsyncIterator[Page]:
    """The list over all namespaces, as of its first page, at most `size` items a time.

    Raises:
        Unavailable, Forbidden, Malformed: none of what was yielded before counts then. A continue token that expired
            (410) is such a case.
    """
    token = ""
    while True:
        params = {"limit": str(size), **({"continue": token} if token else {})}
        request = Request("list", resource, params=params)
        answer = await connection.send(request)
        page, token = _page(request, answer)
        yield page
        if not token:
            return


def _page(request: Request, answer: Mapping[str, Any]) -> tuple[Page, str]:
    metadata, items = answer.get("metadata"), answer.get("items")
    if not isinstance(metadata, dict) or not isinstance(items or [], list) or not metadata.get("resourceVersion"):
        raise Malformed(f"{request} answered something that is not a list of {request.resource.plural}")
    return Page(tuple(items or ()), metadata["resourceVersion"]), metadata.get("continue") or ""
