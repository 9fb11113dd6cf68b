"""A file under whose name something else is now: what it told is gone, unless that tells it anew."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from aicost.core.declarations import MONTH_TO_DATE, PARTS
from aicost.core.reasons import GapReason
from aicost.core.window import DAY
from aicost.store import SqlLedger
from tests.sources.tokens.focus.files import write_csv
from tests.sources.tokens.focus.test_gone import BEGIN, on, read, told

NOVEMBER = [on(day, "10") for day in range(6)]
DECEMBER = [on(day, "10") for day in range(6, 8)]
EXPORTS = pytest.mark.parametrize("exports", ["", MONTH_TO_DATE, PARTS])


@EXPORTS
@pytest.mark.parametrize("late", [on(3, "-5"), on(3, "1"), on(3, "-5", ChargeCategory="Credit"), on(3, "5")])
async def test_the_next_month_under_the_same_name_takes_nothing_from_this_one(
    folder: Path, ledger: SqlLedger, late: Mapping[str, str], exports: str
) -> None:
    """Though it corrects one day: what comes to less than half is charged beside what was told, which the file does not hold any more."""
    write_csv(folder / "focus.csv", NOVEMBER)
    first = told(await read(folder, ledger, exports))
    write_csv(folder / "focus.csv", DECEMBER)
    assert set(told(await read(folder, ledger, exports))) == {6, 7}
    write_csv(folder / "focus.csv", [*DECEMBER, late])
    restated = {3} if late["BilledCost"] == "5" else set()
    for _ in range(2):
        reading = await read(folder, ledger, exports)
        assert set(told(reading)) == {6, 7} | restated
        gaps = [gap for gap in reading.gaps if gap.reason is GapReason.BILL_UNAVAILABLE]
        assert [gap.since for gap in gaps] == [BEGIN + day * DAY for day in range(3, 6) if day not in restated]
        assert all("focus.csv holds something else now: put what it held back" in gap.message for gap in gaps)
    write_csv(folder / "nov.csv", NOVEMBER)
    put_back = told(await read(folder, ledger, exports))
    assert {day: rows for day, rows in put_back.items() if day in {0, 1, 2, 4, 5}} == {
        day: rows for day, rows in first.items() if day != 3
    }


@EXPORTS
async def test_what_the_next_invoice_says_restates_nothing_of_this_one(
    folder: Path, ledger: SqlLedger, exports: str
) -> None:
    """Whatever it comes to: it is charged beside it."""
    november, december = ({"BillingPeriodStart": f"2026-{month}-01T00:00:00Z"} for month in (11, 12))
    write_csv(folder / "focus.csv", [on(day, "10", **november) for day in range(3)])
    assert set(told(await read(folder, ledger, exports))) == {0, 1, 2}
    write_csv(folder / "focus.csv", [on(day, "20", **december) for day in range(1, 4)])
    for _ in range(2):
        assert set(told(await read(folder, ledger, exports))) == {3}


@EXPORTS
@pytest.mark.parametrize(
    ("rows", "days"),
    [
        pytest.param([on(0, "1"), on(1, "1"), on(4, "1")], {0, 1, 2, 3, 4}, id="half of the days and dollars"),
        pytest.param([on(0, "1"), on(4, "1")], {4}, id="less than half of the days"),
        pytest.param([on(1, "1"), on(2, "1"), on(4, "1")], {4}, id="less than half of the dollars"),
        pytest.param([on(day, "0") for day in range(4)], {0, 1, 2, 3}, id="nothing"),
    ],
)
async def test_a_file_is_restated_where_it_tells_half_of_what_it_told(
    folder: Path, ledger: SqlLedger, rows: Sequence[Mapping[str, str]], days: set[int], exports: str
) -> None:
    """Be it less; what it tells then is all that there is."""
    write_csv(folder / "focus.csv", [on(0, "17"), *(on(day, "3") for day in range(1, 4))])
    assert set(told(await read(folder, ledger, exports))) == {0, 1, 2, 3}
    write_csv(folder / "focus.csv", rows)
    assert set(told(await read(folder, ledger, exports))) == days


@EXPORTS
async def test_a_file_of_the_last_days_restates_its_last_one(folder: Path, ledger: SqlLedger, exports: str) -> None:
    """Of which it had told a part: days before it, that no file tells of, stay as they were told."""
    for last in range(1, 6):
        write_csv(folder / "latest.csv", [on(last - 1, "11"), on(last, "3")])
        reading = await read(folder, ledger, exports)
        assert [*map(sum, map(dict.values, map(dict, told(reading).values())))] == [11 * 10**9, 3 * 10**9]


@EXPORTS
async def test_a_file_that_takes_the_name_of_one_that_is_gone_does_not_hide_it(
    folder: Path, ledger: SqlLedger, exports: str
) -> None:
    """Of two payers: 10 were lost without a gap. They are there again under whatever name."""
    costs = {"a": "10", "b": "20"}
    rows = {payer: [on(0, cost, BillingAccountId=payer)] for payer, cost in costs.items()}
    for payer, of in rows.items():
        write_csv(folder / f"{payer}.csv", of)
    first = told(await read(folder, ledger, exports))
    (folder / "b.csv").rename(folder / "a.csv")
    for _ in range(2):
        reading = await read(folder, ledger, exports)
        assert told(reading) == {}
        assert (
            "a.csv holds something else now: put what it held back, under a name of its own." in reading.gaps[0].message
        )
    write_csv(folder / "c.csv", rows["a"])
    assert told(await read(folder, ledger, exports)) == first


@EXPORTS
@pytest.mark.parametrize(
    "correction", [(), (on(0, "-5", BillingAccountId="x", BillingPeriodStart="2026-12-01T00:00:00Z"),)]
)
async def test_what_a_file_tells_anew_of_one_month_takes_nothing_from_another(
    folder: Path, ledger: SqlLedger, exports: str, correction: Sequence[Mapping[str, str]]
) -> None:
    """Though that is half of all that it told: three days were nothing, or -5, as soon as another payer's file reached over them."""
    november, december = (
        {"BillingAccountId": "x", "BillingPeriodStart": f"2026-{month}-01T00:00:00Z"} for month in (11, 12)
    )
    new = [on(day, "10", **december) for day in range(3, 7)]
    write_csv(folder / "b.csv", [on(day, "3", BillingAccountId="b") for day in range(8)])
    write_csv(folder / "cur.csv", [on(day, "10", **november) for day in range(3)] + new[:3])
    assert set(told(await read(folder, ledger, exports))) == set(range(8))
    write_csv(folder / "cur.csv", [*correction, *new])
    for _ in range(2):
        assert set(told(await read(folder, ledger, exports))) == set(range(3, 8))


@EXPORTS
async def test_a_payer_who_is_left_out_of_a_file_is_missed(folder: Path, ledger: SqlLedger, exports: str) -> None:
    """The other one's half of it was taken for all."""
    rows = {payer: [on(day, "10", BillingAccountId=payer) for day in range(4)] for payer in "xy"}
    write_csv(folder / "a.csv", rows["x"] + rows["y"])
    assert set(told(await read(folder, ledger, exports))) == {0, 1, 2, 3}
    write_csv(folder / "a.csv", rows["x"])
    for _ in range(2):
        assert told(await read(folder, ledger, exports)) == {}


async def test_parts_whose_numbers_move_on_leave_a_gap_for_the_one_that_is_gone(
    folder: Path, ledger: SqlLedger
) -> None:
    """The oldest of a rotation is deleted: a late charge of its day is in the one that has its name now."""
    write_csv(folder / "day.3.csv", [on(0, "10")])
    write_csv(folder / "day.2.csv", [on(1, "11"), on(0, "2")])
    write_csv(folder / "day.1.csv", [on(2, "12"), on(1, "3")])
    assert set(told(await read(folder, ledger, PARTS))) == {0, 1, 2}
    (folder / "day.2.csv").rename(folder / "day.3.csv")
    (folder / "day.1.csv").rename(folder / "day.2.csv")
    write_csv(folder / "day.1.csv", [on(3, "13"), on(2, "4")])
    for _ in range(2):
        assert set(told(await read(folder, ledger, PARTS))) == {1, 2, 3}
