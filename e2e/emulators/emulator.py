"""What every provider's emulator is: an application that remembers what it was asked, and goes wrong by a script."""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from aiohttp import web
from aiohttp.typedefs import Handler

from e2e.emulators.faults import AGAIN, Fault, injecting
from e2e.emulators.serving import Serving

State = TypeVar("State")


@dataclass(frozen=True, slots=True)
class Asked:
    """A request that arrived: its path and its parameters in order, and when by the monotonic clock."""

    path: str
    params: tuple[tuple[str, str], ...]
    at: float = field(default_factory=time.monotonic, compare=False)


class Emulator(ABC, Generic[State]):
    """One provider's API. While it serves, `organisation` may be replaced and `faults` edited."""

    def __init__(self, organisation: State, faults: Sequence[Fault] = ()) -> None:
        self.organisation = organisation
        self.faults = list(faults)
        self.asked: list[Asked] = []

    @property
    def app(self) -> web.Application:
        """A new application that serves it."""
        app = web.Application(middlewares=[self._record, injecting(self.faults), self._authorise])
        app.on_response_prepare.append(self._head)
        self.route(app.router)
        return app

    def headers(self) -> Mapping[str, str]:
        """What every answer has in its head."""
        return {}

    async def _head(self, _: web.Request, response: web.StreamResponse) -> None:
        response.headers.update(self.headers())

    def serving(self, port: int = 0) -> Serving:
        """It, ready to be started."""
        return Serving(self.app, port)

    @abstractmethod
    def route(self, router: web.UrlDispatcher) -> None:
        """Say which paths it answers."""

    @abstractmethod
    def admit(self, request: web.Request) -> None:
        """Let a request pass that may be answered. Raises the provider's refusal otherwise."""

    def error(self, reason: str) -> dict[str, Any]:
        """The body of an answer to what no path or method is for, in the provider's shape."""
        return {"error": {"message": reason}}

    @web.middleware
    async def _record(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        self.asked.append(Asked(request.path, tuple(request.query.items())))
        return await handler(request)

    @web.middleware
    async def _authorise(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        try:
            self.admit(request)
            return await handler(request)
        except web.HTTPException as error:
            if error.content_type == "application/json":
                return web.Response(text=error.text, status=error.status, content_type="application/json")
            return web.json_response(self.error(error.reason), status=error.status)


def turned(cursor: str, fingerprint: str, pages: int) -> tuple[int, str | None]:
    """The number of the page that a cursor means, and the cursor of the next one.

    Raises LookupError for a cursor of another question.
    """
    named, _, number = cursor.removeprefix(AGAIN).removeprefix("page_").partition("_")
    if not named:
        page = 0
    elif named != fingerprint or not number.isdecimal() or int(number) >= pages:
        raise LookupError(cursor)
    else:
        page = int(number)
    return page, f"page_{fingerprint}_{page + 1}" if page + 1 < pages else None
