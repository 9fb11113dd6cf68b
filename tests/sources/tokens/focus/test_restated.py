"""What stands for a file that is gone, and what is charged beside it: late charges, credits, rows of no cost."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from aicost.core.declarations import MONTH_TO_DATE, PARTS
from aicost.core.reasons import GapReason
from aicost.core.window import DAY
from aicost.store import SqlLedger
from tests.sources.tokens.focus.files import write_csv
from tests.sources.tokens.focus.test_gone import AZURE, BEGIN, on, read, told


@pytest.mark.parametrize(
    ("late", "gap"),
    [
        pytest.param(on(1, "1", **AZURE), True, id="of another service"),
        pytest.param(on(1, "1"), True, id="of the same service"),
        pytest.param(on(1, "-2"), True, id="a credit"),
        pytest.param(on(1, "0"), True, id="of no cost"),
        pytest.param(on(1, "9"), False, id="the day again"),
    ],
)
async def test_a_late_charge_in_another_days_file_takes_nothing_away(
    folder: Path, ledger: SqlLedger, late: Mapping[str, str], gap: bool
) -> None:
    """Files of one day each are of one export: the next one is no other run of one that is gone, though it reaches over its day."""
    for day in range(4):
        write_csv(folder / f"nov-{day + 1}.csv", [on(day, "10")])
    assert set(told(await read(folder, ledger))) == {0, 1, 2, 3}
    (folder / "nov-2.csv").unlink()
    tax = on(0, "1", ServiceName="Tax", ChargeCategory="Tax")
    write_csv(folder / "nov-5.csv", [tax, late, on(4, "10")])
    for _ in range(2):
        reading = await read(folder, ledger)
        assert set(told(reading)) == {0, 2, 3, 4} | (set() if gap else {1})
        missed_on = [each.since for each in reading.gaps if each.reason is GapReason.BILL_UNAVAILABLE]
        assert missed_on == [BEGIN + DAY] * gap


@pytest.mark.parametrize("exports", ["", PARTS, MONTH_TO_DATE])
@pytest.mark.parametrize("gone", ["nov-2.csv", "part_0_0001.csv"])
async def test_a_row_of_no_cost_says_so_where_the_gap_says(
    folder: Path, ledger: SqlLedger, gone: str, exports: str
) -> None:
    """In a file of the name that the gap tells, whatever the files are, though another one tells of the charge."""
    other = folder / gone.replace("1.csv", "2.csv").replace("nov-2", "nov-3")
    write_csv(other, [on(day, "10", **AZURE) for day in range(3)])
    write_csv(folder / gone, [on(1, "10")])
    assert set(told(await read(folder, ledger, exports))) == {0, 1, 2}
    (folder / gone).unlink()
    write_csv(other, [*(on(day, "10", **AZURE) for day in range(3)), *[on(1, "0")] * (exports != MONTH_TO_DATE)])
    reading = await read(folder, ledger, exports)
    assert set(told(reading)) == {0, 2}
    advice = f"is {gone} missing? Where it was wrong, a row of BilledCost 0 takes its place in a file of that name"
    assert advice in reading.gaps[0].message
    write_csv(folder / gone, [on(1, "0")])
    assert set(told(await read(folder, ledger, exports))) == {0, 1, 2}


@pytest.mark.parametrize("exports", ["", MONTH_TO_DATE])
@pytest.mark.parametrize(
    "costs",
    [
        pytest.param(("10", "10", "10", "10", "10"), id="more than half of them"),
        pytest.param(("1", "1", "1", "10", "10"), id="more than half of them as much as before"),
    ],
)
async def test_late_charges_of_most_services_of_a_day_are_no_other_run(
    folder: Path, ledger: SqlLedger, costs: Sequence[str], exports: str
) -> None:
    """They come to less than half of it; of months so far the latest counts whatever that comes to."""
    services = [{"ServiceName": f"Service {number}"} for number in range(len(costs))]
    for day in range(2):
        rows = [on(day, cost, **service) for cost, service in zip(costs, services, strict=True)]
        write_csv(folder / f"nov-{day + 1}.csv", rows)
    assert set(told(await read(folder, ledger, exports))) == {0, 1}
    (folder / "nov-1.csv").unlink()
    late = [on(0, "1", **service) for service in services[:3]]
    write_csv(folder / "nov-3.csv", [*late, *(on(2, "10", **service) for service in services)])
    assert set(told(await read(folder, ledger, exports))) == ({0, 1, 2} if exports else {1, 2})


@pytest.mark.parametrize(("exports", "gap"), [("", True), (MONTH_TO_DATE, False)])
async def test_a_file_of_another_name_stands_for_what_comes_to_half_of_it(
    folder: Path, ledger: SqlLedger, exports: str, gap: bool
) -> None:
    """What comes to less, or is a credit, is charged beside it; not so of months so far."""
    write_csv(folder / "b.csv", [on(0, "10"), on(2, "10")])
    costs = told(await read(folder, ledger, exports))
    assert set(costs) == {0, 1, 2}
    (folder / "b.csv").unlink()
    write_csv(folder / "late.csv", [on(0, "4.99"), on(2, "5")])
    assert set(told(await read(folder, ledger, exports))) == ({1, 2} if gap else {0, 1, 2})
