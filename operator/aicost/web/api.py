"""The read API: reports and proofs of the ledger as JSON, for the CLI. On loopback, reached by port-forward: RBAC gates it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from aiohttp import web

from aicost.core.statement import Facts
from aicost.core.window import Instant, Period
from aicost.ports import CLUSTER, Clock, Ledger
from aicost.reports.advice import advice_document
from aicost.reports.closing import verification_to_json
from aicost.reports.document import Document, document
from aicost.reports.known import known
from aicost.web import asked


def routes(ledger: Ledger, clock: Clock, latest: Callable[[], Facts | None]) -> web.RouteTableDef:
    """What can be asked: a month's document and a ledger's verification.

    `GET /v1/report?period=2026-11&asOf=2026-11-03T00:00:00Z`: the document of a month, by default the current one, as
    it is now or was known at an instant. `GET /v1/verify?period=2026-11`: what is broken in a month, by default in the
    whole ledger. A month that has not begun is refused.

    `latest` gives the last evaluation's facts: they tell of their month how far data reaches and what is missing.
    """
    table = web.RouteTableDef()

    @table.get("/v1/report")
    async def report(request: web.Request) -> web.Response:
        try:
            period = asked.period(request.query, clock.now()) or Period.of(clock.now())
            as_of = asked.as_of(request.query, clock.now())
        except ValueError as error:
            return web.json_response({"error": str(error)}, status=400)
        return web.json_response((await asyncio.to_thread(_document, ledger, period, latest(), as_of)).to_json())

    @table.get("/v1/verify")
    async def verify(request: web.Request) -> web.Response:
        try:
            period = asked.period(request.query, clock.now())
        except ValueError as error:
            return web.json_response({"error": str(error)}, status=400)
        return web.json_response(verification_to_json(await asyncio.to_thread(ledger.verify, period)))

    return table


def _document(ledger: Ledger, period: Period, facts: Facts | None, as_of: Instant | None) -> Document:
    """What is missing is told of the evaluated month as it is now; of an earlier instant nobody kept it."""
    closing = next((each for each in ledger.closings() if each.period == period), None)
    told = facts if facts and facts.period == period and as_of is None else None
    return document(
        period,
        ledger.totals(period.window, by_subject=True, as_of=as_of),
        ledger.proofs(period, as_of),
        ledger.digest(period, as_of),
        known(told) if told else None,
        cluster=ledger.marks().get(CLUSTER, ""),
        as_of=as_of,
        closing=closing if closing and (as_of is None or closing.at <= as_of) else None,
        advice=advice_document(told) if told and (told.advice or told.promises) else None,
    )
