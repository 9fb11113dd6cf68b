"""`GET /v1/basis`: the evaluated month's units and workloads as incurred, charged and used. On loopback."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from aiohttp import web

from aicost.core.statement import Facts
from aicost.core.window import Period
from aicost.ports import CLUSTER, Clock, Ledger, Unavailable
from aicost.reports.basis import Bases, bases
from aicost.web import asked


def routes(ledger: Ledger, clock: Clock, latest: Callable[[], Facts | None]) -> web.RouteTableDef:
    """`GET /v1/basis?period=2026-11`: as statuses tell it, so of the month that is evaluated only.

    400 for a month that cannot be understood, 409 for one that is not evaluated now: what was distributed of it, and at
    which rates, nobody kept.
    """
    table = web.RouteTableDef()

    @table.get("/v1/basis")
    async def get(request: web.Request) -> web.Response:
        try:
            period = asked.period(request.query, clock.now())
        except ValueError as error:
            return web.json_response({"error": str(error)}, status=400)
        facts = latest()
        if facts is None:
            raise Unavailable("nothing was evaluated yet since the operator started: try again in a minute")
        if period not in (None, facts.period):
            return web.json_response({"error": _not_evaluated(period, facts.period)}, status=409)
        return web.json_response((await asyncio.to_thread(_told, ledger, facts)).to_json())

    return table


def _told(ledger: Ledger, facts: Facts) -> Bases:
    return bases(facts, ledger.marks().get(CLUSTER, ""))


def _not_evaluated(period: Period | None, evaluated: Period) -> str:
    return (
        f"a basis is told of the month that is evaluated, {evaluated}: of {period} the ledger holds what was incurred and"
        f" re-charged, before distribution: aicost report --period {period}"
    )
