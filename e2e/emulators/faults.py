"""A script of faults for any emulator: which requests go wrong, how, and how often.

A fault acts on the right answer: it withholds, cuts, repeats or edits it. Later providers add kinds here.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, TypeAlias

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from e2e.emulators.raw_json import Raw, dumps

Act: TypeAlias = Callable[[web.Request, web.Response], Awaitable[web.StreamResponse]]
AGAIN = "again-"
"""A cursor with this prefix means the page that the rest of the cursor means: how a page comes twice."""


@dataclass(slots=True)
class Fault:
    """What happens to requests whose path ends in `path`, for `day` (`2026-11-01`), whose cursor begins with `page`.

    Empty conditions hold for all. It happens after `skip` such requests, `times` times.
    """

    act: Act
    path: str = ""
    day: str = ""
    page: str | None = None
    skip: int = 0
    times: int = 1_000_000
    seen: int = field(default=0, init=False)

    def happens(self, request: web.Request) -> bool:
        """Whether this request is hit; counts it."""
        if not self._concerns(request):
            return False
        self.seen += 1
        return self.skip < self.seen <= self.skip + self.times

    def _concerns(self, request: web.Request) -> bool:
        start = request.query.get("start_time", request.query.get("starting_at", request.query.get("start_date", "")))
        day = datetime.fromtimestamp(int(start), UTC).date().isoformat() if start.isdecimal() else start[:10]
        page = request.query.get("page", "")
        return (
            request.path.endswith(self.path)
            and self.day in {"", day}
            and (self.page is None or (page.startswith(self.page) and bool(page) is bool(self.page)))
        )


def injecting(script: Sequence[Fault]) -> Middleware:
    """A middleware that lets the first fault of `script` that happens act; the script may change while it serves."""

    @web.middleware
    async def inject(request: web.Request, handler: Handler) -> web.StreamResponse:
        answer = await handler(request)
        hit = next((fault for fault in script if fault.happens(request)), None)
        return await hit.act(request, answer) if hit and isinstance(answer, web.Response) else answer

    return inject


def status(code: int, retry_after: str | None = None, error: str = "server_error") -> Act:
    """An error status, in the shape of OpenAI's errors; the message repeats the credential, as careless ones do."""

    async def act(request: web.Request, _answer: web.Response) -> web.Response:
        message = f"not now, {request.headers.get('Authorization', request.headers.get('x-api-key', 'nobody'))}"
        body = {"error": {"message": message, "type": error, "param": None, "code": error}}
        headers = {} if retry_after is None else {"Retry-After": retry_after}
        return web.json_response(body, status=code, headers=headers)

    return act


def redirect(to: str) -> Act:
    """Sends the caller elsewhere."""

    async def act(_request: web.Request, _answer: web.Response) -> web.Response:
        return web.Response(status=307, headers={"Location": to})

    return act


def hang(seconds: float) -> Act:
    """The right answer, too late."""

    async def act(_request: web.Request, answer: web.Response) -> web.Response:
        await asyncio.sleep(seconds)
        return answer

    return act


def torn() -> Act:
    """Half of the body, as if it were all."""

    async def act(_request: web.Request, answer: web.Response) -> web.Response:
        text = _text(answer)
        return _answered(text[: len(text) // 2])

    return act


def cut() -> Act:
    """The connection breaks after half of the body."""

    async def act(request: web.Request, answer: web.Response) -> web.StreamResponse:
        body = _text(answer).encode()
        broken = web.StreamResponse(headers={"Content-Length": str(len(body))})
        await broken.prepare(request)
        await broken.write(body[: len(body) // 2])
        if request.transport is not None:
            request.transport.close()
        return broken

    return act


def stall(seconds: float) -> Act:
    """Half of the body, then nothing for so long."""

    async def act(request: web.Request, answer: web.Response) -> web.StreamResponse:
        body = _text(answer).encode()
        slow = web.StreamResponse(headers={"Content-Length": str(len(body))})
        await slow.prepare(request)
        await slow.write(body[: len(body) // 2])
        await asyncio.sleep(seconds)
        await slow.write(body[len(body) // 2 :])
        return slow

    return act


def drop() -> Act:
    """The connection is closed without a word."""

    async def act(request: web.Request, answer: web.Response) -> web.StreamResponse:
        if request.transport is not None:
            request.transport.abort()
        return answer

    return act


def page_again() -> Act:
    """The page is right, but the next one is this page again, under another cursor."""
    return _paged(lambda page, cursor: page | {"has_more": True, "next_page": f"{AGAIN}{cursor}"})


def cursor_loop() -> Act:
    """The next page is always the first one."""
    return _paged(lambda page, _cursor: page | {"has_more": True, "next_page": AGAIN})


def empty_page() -> Act:
    """Nothing yet, but more to come; the next page has what this one should have had."""
    return _paged(lambda page, cursor: page | {"data": [], "has_more": True, "next_page": f"{AGAIN}{cursor}"})


def put(where: str, text: str) -> Act:
    """Another JSON text at a place such as `data.0.results.0.amount.value`: `NaN`, `"12"`, `true`, `1e-7`."""

    def edit(page: dict[str, Any], _cursor: str) -> dict[str, Any]:
        holder, last = _place(page, where)
        holder[last] = Raw(text)
        return page

    return _paged(edit)


def without(where: str) -> Act:
    """Nothing at a place, as if the provider had renamed the field."""

    def edit(page: dict[str, Any], _cursor: str) -> dict[str, Any]:
        holder, last = _place(page, where)
        del holder[last]
        return page

    return _paged(edit)


def twice(where: str) -> Act:
    """The list at a place has its first element once more, at its end."""
    return _relisted(where, lambda rows: [*rows, rows[0]])


def backwards(where: str) -> Act:
    """The list at a place in the opposite order."""
    return _relisted(where, lambda rows: rows[::-1])


def emptied(where: str) -> Act:
    """The list at a place has nothing in it."""
    return _relisted(where, lambda _rows: [])


KINDS: Mapping[str, Callable[..., Act]] = {
    "status": status,
    "redirect": redirect,
    "hang": hang,
    "torn": torn,
    "cut": cut,
    "stall": stall,
    "drop": drop,
    "pageAgain": page_again,
    "cursorLoop": cursor_loop,
    "emptyPage": empty_page,
    "put": put,
    "without": without,
    "twice": twice,
    "backwards": backwards,
    "emptied": emptied,
}
"""Every fault by its name in a script file."""


def scripted(entries: Sequence[Mapping[str, Any]]) -> list[Fault]:
    """A script from plain data: `{kind: status, with: {code: 429}, path: /costs, day: 2026-11-01, times: 1}`."""
    return [
        Fault(
            KINDS[entry["kind"]](**entry.get("with", {})),
            **{name: value for name, value in entry.items() if name not in {"kind", "with"}},
        )
        for entry in entries
    ]


def _place(page: dict[str, Any], where: str) -> tuple[Any, Any]:
    """What holds a place such as `data.0.results`, and the last step to it."""
    *parents, last = [int(step) if step.isdecimal() else step for step in where.split(".")]
    holder: Any = page
    for step in parents:
        holder = holder[step]
    return holder, last


def _relisted(where: str, rows: Callable[[list[Any]], list[Any]]) -> Act:
    def edit(page: dict[str, Any], _cursor: str) -> dict[str, Any]:
        holder, last = _place(page, where)
        holder[last] = rows(holder[last])
        return page

    return _paged(edit)


def _paged(edit: Callable[[dict[str, Any], str], dict[str, Any]]) -> Act:
    async def act(request: web.Request, answer: web.Response) -> web.Response:
        cursor = request.query.get("page", "").removeprefix(AGAIN)
        page = json.loads(_text(answer), parse_float=Raw, parse_int=Raw)
        return _answered(dumps(edit(page, cursor)))

    return act


def _text(answer: web.Response) -> str:
    return answer.text or ""


def _answered(text: str) -> web.Response:
    return web.Response(text=text, content_type="application/json")
