"""`GET /v1/basis` over real HTTP: the evaluated month as its statuses tell it, and no other."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator

import pytest

from aicost.ports import CLUSTER, Commit
from aicost.reports.basis import Bases, bases
from aicost.store import SqlLedger
from aicost.web.basis import routes
from aicost.web.server import LOOPBACK, serving
from tests.store.stored import emptied
from tests.support.builders import a_total, at, facts, owned_by, usd
from tests.support.fakes import ManualClock
from tests.web.operator import get

EVALUATED = facts(a_total(owned_by(), usd(4)))


@pytest.fixture
def ledger() -> SqlLedger:
    ledger = emptied()
    ledger.commit(Commit(marks={CLUSTER: "eu-1"}), at(0))
    return ledger


@pytest.fixture
async def port(ledger: SqlLedger) -> AsyncIterator[int]:
    async with serving(routes(ledger, ManualClock(at(0)), lambda: EVALUATED), LOOPBACK, 0) as port:
        yield port


@pytest.mark.parametrize("query", ["", "?period=", "?period=2026-11"])
async def test_the_evaluated_month_is_told(port: int, query: str) -> None:
    """Named or not."""
    status, _, text = await get(port, f"/v1/basis{query}")
    assert (status, Bases.from_json(json.loads(text))) == (200, bases(EVALUATED, "eu-1"))


@pytest.mark.parametrize(
    ("month", "status", "said"),
    [
        ("2026-10", 409, "before distribution: aicost report --period 2026-10"),
        ("2026-12", 400, "has not begun"),
        ("x", 400, "write it as 2026-11"),
    ],
)
async def test_another_month_is_refused(port: int, month: str, status: int, said: str) -> None:
    """Nobody kept what was distributed of it; what the ledger has is named."""
    answered, _, text = await get(port, f"/v1/basis?period={month}")
    assert answered == status
    assert said in json.loads(text)["error"]


async def test_nothing_is_told_before_the_first_evaluation(ledger: SqlLedger) -> None:
    """503: it is not zero, it is not known yet."""
    async with serving(routes(ledger, ManualClock(at(0)), lambda: None), LOOPBACK, 0) as port:
        status, _, text = await get(port, "/v1/basis")
    assert status == 503
    assert "nothing was evaluated yet" in json.loads(text)["error"]
