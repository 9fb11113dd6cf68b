"""The read API: reports of the ledger as JSON, for the CLI. On loopback, reached by port-forward, so RBAC gates it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from aiohttp import web

from aicost.core.statement import Facts
from aicost.core.window import Period
from aicost.ports import CLUSTER, Clock, Ledger
from aicost.reports.document import Document, document
from aicost.reports.known import known


def routes(ledger: Ledger, clock: Clock, latest: Callable[[], Facts | None]) -> web.RouteTableDef:
    """`GET /v1/report?period=2026-11`: the document of a month, by default the current one.

    `latest` gives the last evaluation's facts: they tell of their month how far data reaches and what is missing.
    """
    table = web.RouteTableDef()

    @table.get("/v1/report")
    async def report(request: web.Request) -> web.Response:
        try:
            period = Period(request.query.get("period") or Period.of(clock.now()).month)
        except ValueError as error:
            return web.json_response({"error": str(error)}, status=400)
        return web.json_response((await asyncio.to_thread(_document, ledger, period, latest())).to_json())

    return table


def _document(ledger: Ledger, period: Period, facts: Facts | None) -> Document:
    totals = ledger.totals(period.window, by_subject=True)
    told = known(facts) if facts and facts.period == period else None
    cluster = ledger.marks().get(CLUSTER, "")
    return document(period, totals, ledger.proofs(period), ledger.digest(period), told, cluster=cluster)
