"""Months so far that are made anew in a folder each time: where nothing changed, two are the same to a byte."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from aicost.core.declarations import BILL, MONTH_TO_DATE, PARTS, FocusFiles, Source
from aicost.core.money import NANOS_PER_UNIT
from aicost.core.reasons import GapReason
from aicost.ports import BillReading
from aicost.sources.tokens.client import Access
from aicost.sources.tokens.focus import FocusBill
from aicost.store import SqlLedger
from tests.sources.tokens.focus.files import write_csv
from tests.sources.tokens.focus.test_files import NoSecrets
from tests.sources.tokens.focus.test_gone import OVER, on, told


async def read(folder: Path, ledger: SqlLedger, exports: str = MONTH_TO_DATE) -> BillReading:
    """Folders of runs, by an operator that has just started."""
    source = Source("focus", "FocusFile", BILL, focus=FocusFiles(f"{folder}/*/*.csv", exports=exports))
    return await FocusBill(Access(NoSecrets(), bill_files=folder, files_told=ledger)).read(source, OVER)


def a_run(folder: Path, name: str, *parts: int) -> None:
    """Each part tells of six days, so many dollars a day."""
    (folder / name).mkdir()
    for number, cost in enumerate(parts):
        rows = [on(day, str(cost), ResourceId=f"r-{number}") for day in range(6)]
        write_csv(folder / name / f"part_{number}_0001.csv", rows)


def costs(reading: BillReading) -> list[int]:
    """Dollars of each day, of which none is a gap."""
    assert not [gap for gap in reading.gaps if gap.reason is not GapReason.BILL_LATE]
    return [sum(rows.values()) // NANOS_PER_UNIT for _, rows in sorted(told(reading).items())]


@pytest.mark.parametrize("names", [("1", "2", "3"), ("c", "b", "a")])
@pytest.mark.parametrize("parts", [(10,), (10, 20)])
async def test_a_run_that_is_the_same_is_read_once(
    folder: Path, ledger: SqlLedger, parts: tuple[int, ...], names: tuple[str, str, str]
) -> None:
    """Whichever is taken away afterwards, and until another run says something else."""
    a_run(folder, names[0], *parts)
    assert costs(await read(folder, ledger)) == [sum(parts)] * 6
    a_run(folder, names[1], *parts)
    assert costs(await read(folder, ledger)) == [sum(parts)] * 6
    shutil.rmtree(folder / names[0])
    assert costs(await read(folder, ledger)) == [sum(parts)] * 6
    a_run(folder, names[2], *(2 * cost for cost in parts))
    assert costs(await read(folder, ledger)) == [2 * sum(parts)] * 6


async def test_a_part_of_two_runs_that_is_the_same_is_doubted(folder: Path, ledger: SqlLedger) -> None:
    """As of a run that is still written, and of one whose first part is full: what it would count for nobody can tell."""
    a_run(folder, "1", 10, 20)
    a_run(folder, "2", 10, 30)
    assert {gap.reason for gap in (await read(folder, ledger)).gaps} == {GapReason.BILL_MALFORMED}


@pytest.mark.parametrize("exports", ["", PARTS])
async def test_what_is_not_declared_to_be_a_month_so_far_is_doubted(
    folder: Path, ledger: SqlLedger, exports: str
) -> None:
    """It may be a copy, or charges that are alike."""
    a_run(folder, "1", 10)
    a_run(folder, "2", 10)
    assert {gap.reason for gap in (await read(folder, ledger, exports)).gaps} == {GapReason.BILL_MALFORMED}
