"""The read API: reports of the ledger as JSON, for the CLI. On loopback, reached by port-forward, so RBAC gates it."""

from __future__ import annotations

import asyncio

from aiohttp import web

from aicost.core.window import Period
from aicost.ports import Clock, Ledger
from aicost.reports.document import Document, document


def routes(ledger: Ledger, clock: Clock) -> web.RouteTableDef:
    """`GET /v1/report?period=2026-11`: the document of a month, by default the current one."""
    table = web.RouteTableDef()

    @table.get("/v1/report")
    async def report(request: web.Request) -> web.Response:
        try:
            period = Period(request.query.get("period") or Period.of(clock.now()).month)
        except ValueError as error:
            return web.json_response({"error": str(error)}, status=400)
        return web.json_response((await asyncio.to_thread(_document, ledger, period)).to_json())

    return table


def _document(ledger: Ledger, period: Period) -> Document:
    totals = ledger.totals(period.window, by_subject=True)
    return document(period, totals, ledger.proofs(period), ledger.digest(period))
