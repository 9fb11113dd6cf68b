"""A server that misbehaves: each fault becomes one of the port's errors, in time, and without secrets."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager

import pytest
from aiohttp import web

from aicost.core.window import HOUR, Instant, Window, instant
from aicost.ports import Malformed, Unavailable
from aicost.sources.prometheus import Prometheus, in_parts
from e2e.emulators.serving import Serving

AT = instant("2026-11-01T00:00:00Z")
EMPTY = '{"status":"success","data":{"resultType":"vector","result":[]}}'
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@contextmanager
def answering(handler: Handler) -> Iterator[str]:
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", handler)
    with Serving(app) as serving:
        yield serving.url


async def test_the_query_is_in_the_body() -> None:
    """Long queries must not meet a proxy's limit for URLs."""
    asked: list[tuple[str, str, dict[str, str]]] = []

    async def handler(request: web.Request) -> web.Response:
        form = {name: str(value) for name, value in (await request.post()).items()}
        asked.append((request.method, request.path_qs, form))
        return web.Response(text=EMPTY)

    with answering(handler) as url:
        assert await Prometheus(f"{url}/prefix/").instant("up" * 9000, AT) == ()
    assert asked == [("POST", "/prefix/api/v1/query", {"query": "up" * 9000, "time": str(AT)})]


async def test_nobody_at_the_address_is_unavailable() -> None:
    """A refused connection is named by host and port; a password in the URL stays secret."""
    with pytest.raises(Unavailable, match=r"Prometheus at 127\.0\.0\.1:9") as refused:
        await Prometheus("http://user:canary@127.0.0.1:9").instant("up", AT)
    assert "canary" not in str(refused.value)


@pytest.mark.parametrize("drips", [True, False], ids=["drips", "hangs"])
async def test_a_slow_answer_ends_at_the_deadline(drips: bool) -> None:
    """Also a body that keeps arriving, byte by byte, is given up."""

    async def handler(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        if drips:
            await response.prepare(request)
        for _ in range(100):
            await asyncio.sleep(0.1)
            if drips:
                await response.write(b" ")
        return response

    with answering(handler) as url:
        began = time.monotonic()
        with pytest.raises(Unavailable, match="in time"):
            await Prometheus(url, deadline=1).instant("up", AT)
        assert time.monotonic() - began < 5


async def test_a_torn_answer_and_a_redirect_are_errors() -> None:
    """A body shorter than announced is tried again later; a redirect is not followed."""

    async def torn(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Length": "1000"})
        await response.prepare(request)
        await response.write(EMPTY.encode()[:30])
        assert request.transport
        request.transport.close()
        return response

    async def moved(_: web.Request) -> web.Response:
        raise web.HTTPFound("http://169.254.169.254/")

    with answering(torn) as url, pytest.raises(Unavailable):
        await Prometheus(url).instant("up", AT)
    with answering(moved) as url, pytest.raises(Malformed, match="302"):
        await Prometheus(url).instant("up", AT)


async def test_too_large_a_window_is_asked_in_parts() -> None:
    """A server that bears six hours answers a day in four parts, in order."""

    async def handler(request: web.Request) -> web.Response:
        if "24h" in str((await request.post())["query"]) or "12h" in str((await request.post())["query"]):
            text = '{"status":"error","errorType":"execution","error":"query processing would load too many samples"}'
            return web.Response(status=422, text=text)
        return web.Response(text=EMPTY)

    asked: list[Window] = []

    with answering(handler) as url:
        prometheus = Prometheus(url)

        async def ask(over: Window) -> int:
            await prometheus.instant(f"up[{over.seconds // HOUR}h]", over.end)
            asked.append(over)
            return over.seconds

        assert await in_parts(ask, Window(AT, Instant(AT + 24 * HOUR))) == [6 * HOUR] * 4
    assert asked == sorted(asked)


async def test_queries_are_bounded_in_number() -> None:
    """However many are asked together, only so many are under way."""
    under_way, most = 0, 0

    async def handler(_: web.Request) -> web.Response:
        nonlocal under_way, most
        under_way += 1
        most = max(most, under_way)
        await asyncio.sleep(0.05)
        under_way -= 1
        return web.Response(text=EMPTY)

    with answering(handler) as url:
        prometheus = Prometheus(url, at_once=3)
        await asyncio.gather(*(prometheus.instant("up", AT) for _ in range(12)))
    assert most == 3
