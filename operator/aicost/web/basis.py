"""`GET /v1/basis`: units and workloads of a month as incurred, charged, used, paid and amortised. On loopback."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

from aiohttp import web

from aicost.core.closing import Closing
from aicost.core.exchange import Exchange
from aicost.core.issued import Issued
from aicost.core.statement import Facts
from aicost.core.window import Period
from aicost.ports import CLUSTER, Clock, Ledger, Malformed, Unavailable
from aicost.reconcile.look import Look
from aicost.reconcile.totals import Totals
from aicost.reports.basis import Bases, bases, closed_bases, issued_bases
from aicost.web import asked


def routes(
    ledger: Ledger, clock: Clock, latest: Callable[[], Facts | None], look: Callable[[], Look]
) -> web.RouteTableDef:
    """`GET /v1/basis?period=2026-11`: the evaluated month as statuses tell it, a closed one as its closing charged it.

    A month that is open yet is told as closing it now would charge it. 400 for a month that cannot be understood, 409
    for one of which the ledger has nothing, or nobody kept what was distributed, and at which rates.
    """
    table, told = web.RouteTableDef(), _Told(ledger)

    @table.get("/v1/basis")
    async def get(request: web.Request) -> web.Response:
        try:
            period = asked.period(request.query, clock.now())
        except ValueError as error:
            return web.json_response({"error": str(error)}, status=400)
        facts, now = latest(), look() if latest() else None
        try:
            return web.json_response((await asyncio.to_thread(told.of, period, facts, now)).to_json())
        except Malformed as problem:
            return web.json_response({"error": str(problem)}, status=409)

    return table


@dataclass(frozen=True, slots=True)
class _Told:
    """Reads the ledger, so it blocks."""

    ledger: Ledger

    def of(self, period: Period | None, facts: Facts | None, now: Look | None) -> Bases:
        """Raises Malformed for a month that cannot be told, Unavailable before the first evaluation, but for closed months."""
        closing = next((each for each in self.ledger.closings() if each.period == period), None)
        if period and closing:
            return closed_bases(self._issued(period, _kept(closing)), closing)
        if facts is None or now is None:
            raise Unavailable("nothing was evaluated yet since the operator started: try again in a minute")
        if period is None or period == facts.period:
            return bases(facts, self._cluster)
        if not self.ledger.totals(period.window):
            raise Malformed(f"nothing is known of {period}: the ledger has no entry of that month")
        return self._issued(period, now.issued(period))

    def _issued(self, period: Period, issued: Issued) -> Bases:
        over, read = period.window, Totals(self.ledger, Exchange(issued.book, issued.rates))
        currencies = {of.currency for of in issued.units} | {of.currency for of in issued.workloads}
        totals = {currency: read.over(over, currency) for currency in sorted(currencies)}
        return issued_bases(period, issued, totals, self.ledger.use(over), self._cluster)

    @property
    def _cluster(self) -> str:
        return self.ledger.marks().get(CLUSTER, "")


def _kept(closing: Closing) -> Issued:
    if closing.issued is None:
        raise Malformed(
            f"what was charged in {closing.period} is not known, for its closing did not keep it: the ledger holds what was"
            f" incurred and re-charged, before distribution: aicost report --period {closing.period}"
        )
    return closing.issued
