"""Closing a month over real HTTP: what is understood, what is refused, and what a page in a browser cannot send."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from aiohttp import ClientSession

from aicost.core.closing import Check, Closing, Outcome
from aicost.core.meanings import MEANINGS
from aicost.core.reasons import CheckReason
from aicost.core.window import Period
from aicost.ports import Forbidden, Malformed, Unavailable
from aicost.web.months import routes
from aicost.web.server import LOOPBACK, serving
from tests.support.builders import at

OCTOBER = Period("2026-10")
CHECK = Check(CheckReason.UNCLAIMED, "2.00 are claimed by nobody", blocks=False)
CLOSED = Outcome(OCTOBER, (CHECK,), Closing(OCTOBER, at(0), "jane", "d1", ("x: y",)))
ASKED = {"period": "2026-10", "by": " jane ", "dryRun": False, "force": True}


@dataclass
class Engine:
    """What closes months, in a test's hands."""

    outcome: Outcome | Exception = CLOSED
    asked: list[tuple[Period, str, bool, bool]] = field(default_factory=list)

    async def close(self, period: Period, by: str, dry_run: bool, force: bool) -> Outcome:
        self.asked.append((period, by, dry_run, force))
        if isinstance(self.outcome, Exception):
            raise self.outcome
        return self.outcome


@pytest.fixture
def engine() -> Engine:
    return Engine()


@pytest.fixture
async def port(engine: Engine) -> AsyncIterator[int]:
    async with serving(routes(engine.close), LOOPBACK, 0) as port:
        yield port


async def post(port: int, body: str, kind: str = "application/json") -> tuple[int, dict[str, Any]]:
    url, headers = f"http://{LOOPBACK}:{port}/v1/close", {"Content-Type": kind}
    async with ClientSession() as session, session.post(url, data=body, headers=headers) as answer:
        return answer.status, json.loads(await answer.text())


async def test_a_month_is_closed_and_its_outcome_told(port: int, engine: Engine) -> None:
    """Who, what was open, the digest, and every point of the check-list with its remedy."""
    assert await post(port, json.dumps(ASKED)) == (
        200,
        {
            "period": "2026-10",
            "clean": True,
            "before": False,
            "checks": [
                {
                    "reason": "Unclaimed",
                    "message": "2.00 are claimed by nobody",
                    "remedy": MEANINGS[CheckReason.UNCLAIMED][1],
                    "blocks": False,
                }
            ],
            "closing": {
                "period": "2026-10", "at": "2026-11-01T00:00:00Z", "by": "jane", "digest": "d1", "left": ["x: y"], "charged": []
            },
        },
    )  # fmt: skip
    assert engine.asked == [(OCTOBER, "jane", False, True)]


async def test_nothing_is_forced_or_only_asked_unless_it_is_said(port: int, engine: Engine) -> None:
    """A word that is not `true` is not taken for it."""
    await post(port, json.dumps({"period": "2026-10", "by": "jane", "force": "yes"}))
    assert engine.asked == [(OCTOBER, "jane", False, False)]


@pytest.mark.parametrize(
    "body",
    ["", "[]", "1", "{}", '{"period": "2026-10"}', '{"period": "October", "by": "jane"}', '{"period": "2026-10", "by": ""}',
     '{"period": 10, "by": "jane"}', '{"period": "2026-10", "by": "a\\nb"}', json.dumps({**ASKED, "by": "x" * 257})],
)  # fmt: skip
async def test_what_cannot_be_understood_closes_nothing(port: int, engine: Engine, body: str) -> None:
    """It is a 400 in words."""
    status, answer = await post(port, body)
    assert (status, engine.asked) == (400, [])
    assert answer["error"].startswith("the request cannot be understood: ")


async def test_a_form_of_a_page_is_refused(port: int, engine: Engine) -> None:
    """A browser sends these types to any port of its machine without asking; JSON it does not."""
    for kind in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data"):
        assert (await post(port, json.dumps(ASKED), kind))[0] == 415
    assert engine.asked == []


@pytest.mark.parametrize(
    ("problem", "status"), [(Malformed("not over"), 409), (Unavailable("no room"), 503), (Forbidden("newer"), 503)]
)
async def test_what_cannot_be_done_says_why(port: int, engine: Engine, problem: Exception, status: int) -> None:
    """A month that cannot be closed, and a ledger that does not take it."""
    engine.outcome = problem
    assert await post(port, json.dumps(ASKED)) == (status, {"error": str(problem)})
