"""`GET /v1/basis` over real HTTP: the evaluated month as its statuses tell it, others as their closing charges them."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from aicost.core.identity import WorkloadRef
from aicost.core.issued import Issued, UnitCharge, WorkloadCharge
from aicost.core.ledger import Component, Entry, Line
from aicost.core.money import Money
from aicost.core.prices import ExchangeRate
from aicost.core.training import Spread
from aicost.core.window import DAY, Period, day_of
from aicost.ports import CLUSTER, Commit
from aicost.reports.basis import Bases, On, bases, render_bases
from aicost.store import SqlLedger
from aicost.web.basis import routes
from aicost.web.server import LOOPBACK, serving
from tests.store.stored import emptied
from tests.support.builders import a_total, an_origin, at, facts, owned_by, usd
from tests.support.fakes import ManualClock
from tests.support.looks import a_look
from tests.web.operator import get

EVALUATED = facts(a_total(owned_by(), usd(4)))


@pytest.fixture
def ledger() -> SqlLedger:
    ledger = emptied()
    ledger.commit(Commit(marks={CLUSTER: "eu-1"}), at(0))
    return ledger


@pytest.fixture
async def port(ledger: SqlLedger) -> AsyncIterator[int]:
    async with serving(
        routes(ledger, ManualClock(at(0)), lambda: EVALUATED, lambda: a_look(ledger)), LOOPBACK, 0
    ) as port:
        yield port


@pytest.mark.parametrize("query", ["", "?period=", "?period=2026-11"])
async def test_the_evaluated_month_is_told(port: int, query: str) -> None:
    """Named or not."""
    status, _, text = await get(port, f"/v1/basis{query}")
    assert (status, Bases.from_json(json.loads(text))) == (200, bases(EVALUATED, "eu-1"))


@pytest.mark.parametrize(
    ("month", "status", "said"),
    [
        ("2026-09", 409, "nothing is known of 2026-09: the ledger has no entry of that month"),
        ("2026-12", 400, "has not begun"),
        ("x", 400, "write it as 2026-11"),
    ],
)
async def test_another_month_is_refused(port: int, month: str, status: int, said: str) -> None:
    """One of which the ledger has nothing, or that cannot be."""
    answered, _, text = await get(port, f"/v1/basis?period={month}")
    assert answered == status
    assert said in json.loads(text)["error"]


async def test_an_open_month_is_told_as_closing_it_would_charge_it(port: int, ledger: SqlLedger) -> None:
    """On every basis, and that it is open."""
    line = Line(owned_by(), "openai", Money(8, "USD"), 0)
    origin = replace(an_origin("bill", amount=Money(8, "USD")), component=Component.TOKENS, window=day_of(at(-DAY)))
    ledger.commit(Commit((Entry(origin, (line,)),)), at(0))
    told = Bases.from_json(json.loads((await get(port, "/v1/basis?period=2026-10"))[2]))
    assert [(of.unit, of.charged, of.effective) for of in told.units if of.charged] == [("care", 8, 8)]
    assert [(of.workload, of.charged, of.used) for of in told.workloads] == [("support/chat", 8, 8)]
    assert render_bases(told, On.AMORTISED, "table").endswith(
        "missing: told here of the evaluated month; of an earlier one by aicost close 2026-10 --dry-run"
    )


async def test_a_closed_month_is_told_as_it_was_charged(port: int, ledger: SqlLedger) -> None:
    """By the lines and rates of then, whatever is evaluated now; its closing says what was open."""
    october = Period("2026-10")
    line = Line(owned_by(), "openai", Money(8, "EUR"), 0)
    origin = replace(an_origin("bill", amount=Money(8, "EUR")), component=Component.TOKENS, window=day_of(at(-DAY)))
    ledger.commit(Commit((Entry(origin, (line,)),)), at(0))
    chat = WorkloadRef("support", "chat")
    issued = Issued(
        "USD",
        (ExchangeRate("EUR", at(-9 * DAY), 1_500_000_000),),
        (UnitCharge("care", "USD", 5, 5), UnitCharge("find", "USD", 7, 7)),
        (WorkloadCharge(chat, "USD", 12),),
        (("USD", Spread(chat, "care", 3, 4)),),
    )
    ledger.close_month(october, at(0), "jane", ("UnpricedModel: x",), (), issued)
    _, _, text = await get(port, "/v1/basis?period=2026-10")
    told = Bases.from_json(json.loads(text))
    assert [(of.unit, of.incurred, of.charged) for of in told.units] == [("care", 12, 5), ("find", 0, 7)]
    assert [(of.workload, of.charged, of.used) for of in told.workloads] == [("support/chat", 12, 12)]
    assert [(of.unit, of.effective) for of in told.units] == [("care", 5 - 3 + 4), ("find", 7)]
    assert [of.effective for of in told.workloads] == [12 - 3 + 4]
    printed = render_bases(told, On.CHARGED, "table")
    assert "closed at 2026-11-01T00:00:00Z by jane" in printed
    assert printed.endswith("- UnpricedModel: x")
    async with serving(routes(ledger, ManualClock(at(0)), lambda: None, lambda: a_look(ledger)), LOOPBACK, 0) as other:
        assert (await get(other, "/v1/basis?period=2026-10"))[2] == text, "also before the first evaluation"


async def test_what_a_closing_did_not_keep_is_not_known(port: int, ledger: SqlLedger) -> None:
    """Of a month that an earlier version closed: refused, not told by the rates of today."""
    ledger.close_month(Period("2026-10"), at(0), "jane", (), ())
    status, _, text = await get(port, "/v1/basis?period=2026-10")
    assert (status, "its closing did not keep it" in text) == (409, True)


async def test_nothing_is_told_before_the_first_evaluation(ledger: SqlLedger) -> None:
    """503: it is not zero, it is not known yet."""
    async with serving(routes(ledger, ManualClock(at(0)), lambda: None, lambda: a_look(ledger)), LOOPBACK, 0) as port:
        answers = [await get(port, f"/v1/basis{of}") for of in ("", "?period=2026-11", "?period=2026-10")]
    assert [status for status, _, _ in answers] == [503] * 3
    text = answers[0][2]
    assert "nothing was evaluated yet" in json.loads(text)["error"]
