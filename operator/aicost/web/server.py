"""Two small HTTP servers: probes and metrics on the pod's address, the read API on loopback only.

What an adapter cannot do now, such as reading the ledger, is an answer 503 that says why, on every page.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager

from aiohttp import web

from aicost.ports import Forbidden, Malformed, Unavailable

LOOPBACK = "127.0.0.1"


@asynccontextmanager
async def serving(routes: Iterable[web.AbstractRouteDef], address: str, port: int) -> AsyncIterator[int]:
    """Serve the routes; gives the port. Raises Unavailable when it cannot listen there."""
    app = web.Application(middlewares=[_said])
    app.add_routes(routes)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    try:
        site = web.TCPSite(runner, address, port)
        try:
            await site.start()
        except OSError as error:
            raise Unavailable(f"cannot listen on {address}:{port}: {error.strerror}; choose another port") from error
        yield runner.addresses[0][1]
    finally:
        await runner.cleanup()


@web.middleware
async def _said(
    request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
) -> web.StreamResponse:
    try:
        return await handler(request)
    except (Unavailable, Forbidden, Malformed) as problem:
        return web.json_response({"error": str(problem)}, status=503)
