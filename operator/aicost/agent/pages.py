"""/metrics and /healthz of the agent. Healthy: NVML told of the cards lately."""

from __future__ import annotations

from aiohttp import web

from aicost.agent.exposition import CONTENT_TYPE
from aicost.agent.service import Service


def routes(service: Service) -> web.RouteTableDef:
    """The two pages."""
    table = web.RouteTableDef()

    @table.get("/healthz")
    async def healthz(_: web.Request) -> web.Response:
        problem = service.problem()
        return web.Response(status=503 if problem else 200, text=f"{problem or 'ok'}\n")

    @table.get("/metrics")
    async def metrics(_: web.Request) -> web.Response:
        return web.Response(body=service.page().encode(), headers={"Content-Type": CONTENT_TYPE})

    return table
