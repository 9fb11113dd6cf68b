"""`GET /v1/basis`: units and workloads of the evaluated month, or of a closed one, as incurred, charged and used. On loopback."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from aiohttp import web

from aicost.core.closing import Closing
from aicost.core.exchange import Exchange
from aicost.core.issued import Issued
from aicost.core.statement import Facts
from aicost.core.window import Period
from aicost.ports import CLUSTER, Clock, Ledger, Unavailable
from aicost.reconcile.totals import Totals
from aicost.reports.basis import Bases, bases, closed_bases
from aicost.web import asked


def routes(ledger: Ledger, clock: Clock, latest: Callable[[], Facts | None]) -> web.RouteTableDef:
    """`GET /v1/basis?period=2026-11`: the evaluated month as statuses tell it, a closed one as its closing charged it.

    400 for a month that cannot be understood, 409 for one of which nobody kept what was distributed, and at which rates.
    """
    table = web.RouteTableDef()

    @table.get("/v1/basis")
    async def get(request: web.Request) -> web.Response:
        try:
            period = asked.period(request.query, clock.now())
        except ValueError as error:
            return web.json_response({"error": str(error)}, status=400)
        facts = latest()
        if period and (facts is None or period != facts.period):
            closing = await asyncio.to_thread(_closing, ledger, period)
            if closing and closing.issued:
                told = await asyncio.to_thread(_as_closed, ledger, closing, closing.issued)
                return web.json_response(told.to_json())
            if closing or facts:
                return web.json_response({"error": _not_kept(period, closing)}, status=409)
        if facts is None:
            raise Unavailable("nothing was evaluated yet since the operator started: try again in a minute")
        return web.json_response((await asyncio.to_thread(_told, ledger, facts)).to_json())

    return table


def _told(ledger: Ledger, facts: Facts) -> Bases:
    return bases(facts, ledger.marks().get(CLUSTER, ""))


def _closing(ledger: Ledger, period: Period) -> Closing | None:
    return next((each for each in ledger.closings() if each.period == period), None)


def _as_closed(ledger: Ledger, closing: Closing, issued: Issued) -> Bases:
    over, read = closing.period.window, Totals(ledger, Exchange(issued.book, issued.rates))
    currencies = {of.currency for of in issued.units} | {of.currency for of in issued.workloads}
    totals = {currency: read.over(over, currency) for currency in sorted(currencies)}
    return closed_bases(closing, issued, totals, ledger.use(over), ledger.marks().get(CLUSTER, ""))


def _not_kept(period: Period, closing: Closing | None) -> str:
    why = "it is not closed, and not the month that is evaluated" if closing is None else "its closing did not keep it"
    return (
        f"what was charged in {period} is not known, for {why}: the ledger holds what was incurred and re-charged, before"
        f" distribution: aicost report --period {period}"
    )
