"""Two small HTTP servers: probes and metrics on the pod's address, the read API on loopback only."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager

from aiohttp import web

from aicost.ports import Unavailable

LOOPBACK = "127.0.0.1"


@asynccontextmanager
async def serving(routes: Iterable[web.AbstractRouteDef], address: str, port: int) -> AsyncIterator[int]:
    """Serve the routes; gives the port. Raises Unavailable when it cannot listen there."""
    app = web.Application()
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
