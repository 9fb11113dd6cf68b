"""An invoice that is written otherwise since is the same; another one is not."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from aicost.core.declarations import MONTH_TO_DATE, PARTS
from aicost.store import SqlLedger
from tests.sources.tokens.focus.files import write_csv
from tests.sources.tokens.focus.test_gone import on, read, told

LATER = {"BillingPeriodStart": "2026-12-01T00:00:00Z"}
OF_X = {"BillingAccountId": "x"}


@pytest.mark.parametrize(
    ("before", "since"),
    [
        pytest.param({**OF_X, **LATER}, {**OF_X, "BillingAccountId": "/providers/x", **LATER}, id="a payer's id"),
        pytest.param({**OF_X, "BillingPeriodStart": ""}, {**OF_X, **LATER}, id="a period that is told since"),
        pytest.param({**OF_X, **LATER}, {**OF_X, "BillingPeriodStart": ""}, id="a period that is told no more"),
        pytest.param({"BillingAccountId": "", **LATER}, {**OF_X, **LATER}, id="a payer that is told since"),
        pytest.param({**OF_X, "BillingPeriodStart": ""}, {"BillingAccountId": "y", **LATER}, id="both otherwise"),
    ],
)
@pytest.mark.parametrize("exports", ["", MONTH_TO_DATE, PARTS])
async def test_an_invoice_that_is_written_otherwise_is_the_same(
    folder: Path, ledger: SqlLedger, before: Mapping[str, str], since: Mapping[str, str], exports: str
) -> None:
    """All days were a gap for good, and who put back what was replaced, as it said, paid twice; the last day grew since."""
    own = before["BillingAccountId"] == "x" and since["BillingAccountId"] != "y"
    costs = ("10", "10", "10", "10") if own else ("10", "11", "12", "13")
    write_csv(folder / "a.csv", [on(day, cost, **before) for day, cost in enumerate(costs)])
    first = told(await read(folder, ledger, exports))
    write_csv(folder / "a.csv", [on(day, cost, **since) for day, cost in enumerate((*costs[:3], "20", "5"))])
    for _ in range(2):
        second = {day: sum(rows.values()) // 10**9 for day, rows in told(await read(folder, ledger, exports)).items()}
        assert second == {**{day: sum(first[day].values()) // 10**9 for day in range(3)}, 3: 20, 4: 5}


async def test_another_payer_who_costs_the_same_each_day_is_another(folder: Path, ledger: SqlLedger) -> None:
    """What costs the same shows nothing: the gap says what to do where it is the same all the same, and not to put anything back."""
    write_csv(folder / "a.csv", [on(day, "10", **OF_X) for day in range(3)])
    await read(folder, ledger)
    others = [on(day, "10", BillingAccountId="y") for day in range(3)]
    write_csv(folder / "a.csv", others)
    reading = await read(folder, ledger)
    assert told(reading) == {}
    assert "where only that is written otherwise, put nothing back." in reading.gaps[0].message
    write_csv(folder / "a.csv", [*others, *(on(day, "0", **OF_X) for day in range(3))])
    assert [sum(rows.values()) for rows in told(await read(folder, ledger)).values()] == [10 * 10**9] * 3


async def test_of_two_payers_who_cost_the_same_nobody_knows_which_is_which(folder: Path, ledger: SqlLedger) -> None:
    """Where both are written otherwise; nor is one of whom something was told another who is gone."""
    payers = {"x": "y", "/x": "/y"}
    costs = ("10", "11", "12")
    write_csv(folder / "a.csv", [on(n, cost, BillingAccountId=of) for n, cost in enumerate(costs) for of in payers])
    await read(folder, ledger)
    write_csv(
        folder / "a.csv", [on(n, cost, BillingAccountId=of) for n, cost in enumerate(costs) for of in payers.values()]
    )
    assert told(await read(folder, ledger)) == {}
    write_csv(folder / "a.csv", [on(n, cost, **OF_X) for n, cost in enumerate(costs)])
    assert told(await read(folder, ledger)) == {}
