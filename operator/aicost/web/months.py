"""`POST /v1/close`: closing a month, for `aicost close`. On loopback only, like the read API beside it."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from typing import Any, TypeAlias

from aiohttp import web

from aicost.core.closing import Outcome
from aicost.core.window import Period
from aicost.ports import Forbidden, Malformed, Unavailable
from aicost.reports.closing import outcome_to_json

MOST_CHARACTERS = 256
Close: TypeAlias = Callable[[Period, str, bool, bool], Awaitable[Outcome]]
"""Closes a month: which, for whom, whether only to ask, and whether also with open points."""


def routes(close: Close) -> web.RouteTableDef:
    """`{"period": "2026-10", "by": "jane", "dryRun": false, "force": false}` as application/json.

    That type is asked for because a page in a browser cannot send it here unasked. 200 with the outcome, 400 for a body
    that cannot be understood, 409 for a month that cannot be closed at all, 503 where the ledger does not take it.
    """
    table = web.RouteTableDef()

    @table.post("/v1/close")
    async def post(request: web.Request) -> web.Response:
        if request.content_type != "application/json":
            return _problem(415, "send application/json")
        try:
            period, by, dry_run, force = _asked(await request.json())
        except (ValueError, KeyError, TypeError, json.JSONDecodeError) as error:
            return _problem(400, f"the request cannot be understood: {error}")
        try:
            outcome = await close(period, by, dry_run, force)
        except Malformed as problem:
            return _problem(409, str(problem))
        except (Unavailable, Forbidden) as problem:
            return _problem(503, str(problem))
        return web.json_response(outcome_to_json(outcome))

    return table


def _asked(body: Any) -> tuple[Period, str, bool, bool]:
    period, by = Period(body["period"]), str(body["by"]).strip()
    if not by or len(by) > MOST_CHARACTERS or not by.isprintable():
        raise ValueError(f"by must name who closes the month, in at most {MOST_CHARACTERS} printable characters")
    return period, by, body.get("dryRun", False) is True, body.get("force", False) is True


def _problem(status: int, error: str) -> web.Response:
    return web.json_response({"error": error}, status=status)
