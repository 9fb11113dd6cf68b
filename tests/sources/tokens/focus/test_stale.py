"""A part that is left from an earlier run of an export: what it tells is told again by others, and counts once."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from aicost.core.declarations import MONTH_TO_DATE, PARTS
from aicost.core.reasons import GapReason
from aicost.core.window import DAY
from aicost.store import SqlLedger
from tests.sources.tokens.focus.files import write_csv
from tests.sources.tokens.focus.test_gone import BEGIN, on, read, told

EXPORTS = pytest.mark.parametrize("exports", ["", MONTH_TO_DATE, PARTS])


def part(folder: Path, number: int, costs: Sequence[str], since: int = 0) -> Path:
    """A part of an export, of days from one on; the amounts of a day are apart by a space."""
    rows = [on(day, cost) for day, of in enumerate(costs, since) for cost in of.split()]
    return write_csv(folder / f"part_{number}_0001.csv", rows)


async def costs(folder: Path, ledger: SqlLedger, exports: str) -> dict[int, int]:
    """In whole dollars, of the days that are told."""
    reading = await read(folder, ledger, exports)
    return {day: sum(rows.values()) // 10**9 for day, rows in told(reading).items()}


@EXPORTS
@pytest.mark.parametrize("polls", [0, 1, 2])
async def test_a_part_that_is_left_behind_is_not_charged_twice(
    folder: Path, ledger: SqlLedger, exports: str, polls: int
) -> None:
    """Its days are a gap that names it, until it is removed, whenever that is; the last day was restated by the run."""
    part(folder, 0, ["10", "11", "12"])
    left = part(folder, 1, ["20", "21", "22"])
    assert await costs(folder, ledger, exports) == {0: 30, 1: 32, 2: 34}
    part(folder, 0, ["10 20", "11 21", "12 19", "5"])
    for _ in range(polls):
        reading = await read(folder, ledger, exports)
        doubts = [gap for gap in reading.gaps if gap.reason is GapReason.BILL_MALFORMED]
        assert ([gap.since for gap in doubts], set(told(reading))) == ([BEGIN + day * DAY for day in range(3)], {3})
        assert all("part_1_0001.csv tell what it tells" in gap.message for gap in doubts)
    left.unlink()
    assert await costs(folder, ledger, exports) == {0: 30, 1: 32, 2: 31, 3: 5}


@EXPORTS
async def test_parts_of_other_days_are_left_behind_likewise(folder: Path, ledger: SqlLedger, exports: str) -> None:
    """The one that tells of them now told of others."""
    part(folder, 0, ["10", "11"])
    left = part(folder, 1, ["20", "21"], since=2)
    assert await costs(folder, ledger, exports) == {0: 10, 1: 11, 2: 20, 3: 21}
    part(folder, 0, ["10", "11", "20", "21"])
    for _ in range(2):
        assert await costs(folder, ledger, exports) == {0: 10, 1: 11}
    left.unlink()
    assert await costs(folder, ledger, exports) == {0: 10, 1: 11, 2: 20, 3: 21}


@EXPORTS
async def test_rows_that_move_from_three_parts_into_two_count_once(
    folder: Path, ledger: SqlLedger, exports: str
) -> None:
    """Also while the second is not written yet."""
    part(folder, 0, ["10", "11"])
    part(folder, 1, ["20", "21"])
    left = part(folder, 2, ["40", "41"])
    assert await costs(folder, ledger, exports) == {0: 70, 1: 73}
    part(folder, 0, ["10 20", "11 21"])
    assert await costs(folder, ledger, exports) == {}
    part(folder, 1, ["40", "41"])
    assert await costs(folder, ledger, exports) == {}
    left.unlink()
    assert await costs(folder, ledger, exports) == {0: 70, 1: 73}


@EXPORTS
async def test_several_parts_that_are_left_behind_count_once(folder: Path, ledger: SqlLedger, exports: str) -> None:
    """An export of three that is made anew as one was charged twice, and stayed so; they are removed one by one."""
    part(folder, 0, ["10", "11"])
    left = [part(folder, 1, ["20", "21"]), part(folder, 2, ["40", "41"])]
    assert await costs(folder, ledger, exports) == {0: 70, 1: 73}
    part(folder, 0, ["10 20 40", "11 21 41", "5"])
    for each in left:
        assert await costs(folder, ledger, exports) == {2: 5}
        each.unlink()
    assert await costs(folder, ledger, exports) == {0: 70, 1: 73, 2: 5}


@EXPORTS
async def test_a_part_of_the_newest_run_may_tell_as_much_as_came_late(
    folder: Path, ledger: SqlLedger, exports: str
) -> None:
    """The gap says to remove nothing that this run wrote, and what to do instead: nothing is lost then."""
    part(folder, 0, ["24", "24"])
    other = [on(day, "24", ResourceId="b") for day in range(2)]
    write_csv(folder / "part_1_0001.csv", other)
    assert await costs(folder, ledger, exports) == {0: 48, 1: 48}
    part(folder, 0, ["24 24", "24 24"])
    reading = await read(folder, ledger, exports)
    assert told(reading) == {}
    assert "Remove nothing that the newest run wrote" in reading.gaps[0].message
    write_csv(folder / "part_1_0001.csv", [*other, on(0, "0")])
    assert await costs(folder, ledger, exports) == {0: 72, 1: 72}


@EXPORTS
async def test_parts_that_cost_more_are_not_left_behind(folder: Path, ledger: SqlLedger, exports: str) -> None:
    """Nor is one beside which another comes, whatever that costs."""
    part(folder, 0, ["10", "11"])
    assert await costs(folder, ledger, exports) == {0: 10, 1: 11}
    part(folder, 1, ["10", "11", "1"])
    assert await costs(folder, ledger, exports) == {0: 20, 1: 22, 2: 1}
    part(folder, 1, ["21", "22 1", "1"])
    assert await costs(folder, ledger, exports) == {0: 31, 1: 34, 2: 1}


@EXPORTS
async def test_what_no_other_part_tells_again_is_missed(folder: Path, ledger: SqlLedger, exports: str) -> None:
    """Of one that is gone, most of which is told again: not what it told of another service."""
    part(folder, 0, ["10", "11"])
    gone = folder / "part_1_0001.csv"
    write_csv(gone, [on(0, "20"), on(1, "21"), on(1, "5", ServiceName="Fees")])
    assert await costs(folder, ledger, exports) == {0: 30, 1: 37}
    part(folder, 0, ["10 20", "11 21", "5"])
    gone.unlink()
    assert await costs(folder, ledger, exports) == {0: 30, 2: 5}
