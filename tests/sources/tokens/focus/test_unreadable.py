"""Files that go while they are read, or that nobody may read."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import duckdb
import pytest

from aicost.core.reasons import GapReason
from aicost.ports import Unavailable
from aicost.sources.tokens.answers import Answer
from aicost.sources.tokens.client import Access
from aicost.sources.tokens.focus import FocusBill, files
from tests.sources.tokens.focus.files import write_csv, write_parquet
from tests.sources.tokens.focus.test_files import CHARGES, NoSecrets, read, source


@pytest.mark.parametrize(("step", "turn"), [("size_and_time", 1), ("size_and_time", 2), ("digest", 1)])
async def test_a_file_that_goes_after_it_was_listed_takes_nothing_away(
    folder: Path, monkeypatch: pytest.MonkeyPatch, step: str, turn: int
) -> None:
    """Whenever that is, every day is a gap that names it; once it is back nothing was lost."""
    bill = FocusBill(Access(NoSecrets(), bill_files=folder))
    path = write_csv(folder / "b.csv", CHARGES)
    real: Callable[[Path], object] = getattr(files, step)
    turns = iter(range(1, turn + 1))

    def gone_by_then(of: Path) -> object:
        if next(turns) == turn:
            of.unlink()
        return real(of)

    with monkeypatch.context() as patched:
        patched.setattr(files, step, gone_by_then)
        reading = await read(bill, source(folder))
    assert (reading.days, {gap.reason for gap in reading.gaps}) == ((), {GapReason.BILL_UNAVAILABLE})
    assert "b.csv cannot be read (No such file or directory): is it being replaced" in reading.gaps[0].message
    write_csv(path, CHARGES)
    assert len((await read(bill, source(folder))).days) == 3


def gone(path: Path) -> None:
    path.unlink()


def grown(path: Path) -> None:
    with path.open("a") as more:
        more.write("torn")


def restated(path: Path) -> None:
    write_csv(path, CHARGES[:1])


@pytest.mark.parametrize(
    ("happens", "when", "said"),
    [
        (gone, "before", "b.csv cannot be read (No such file or directory): is it being replaced"),
        (grown, "before", "b.csv changed while it was read: is it being replaced?"),
        (restated, "before", "b.csv changed while it was read: is it being replaced?"),
        (gone, "after", "b.csv cannot be read (No such file or directory): is it being replaced"),
        (restated, "after", "b.csv changed while it was read: is it being replaced?"),
    ],
)
async def test_a_file_that_goes_or_changes_while_it_is_read_is_no_torn_one(
    folder: Path, monkeypatch: pytest.MonkeyPatch, happens: Callable[[Path], None], when: str, said: str
) -> None:
    """Between its digest and its rows, or while these are read: nothing is told of it, and it is read again."""
    bill = FocusBill(Access(NoSecrets(), bill_files=folder))
    path = write_csv(folder / "b.csv", CHARGES)
    real = files.rows

    def rows(of: Path, connection: duckdb.DuckDBPyConnection) -> Iterator[Answer]:
        if when == "before":
            happens(of)
        yield from real(of, connection)
        if when == "after":
            happens(of)

    with monkeypatch.context() as patched:
        patched.setattr(files, "rows", rows)
        reading = await read(bill, source(folder))
    assert (reading.days, {gap.reason for gap in reading.gaps}) == ((), {GapReason.BILL_UNAVAILABLE})
    assert said in reading.gaps[0].message
    write_csv(path, CHARGES)
    assert len((await read(bill, source(folder))).days) == 3


async def test_a_file_that_goes_once_its_rows_are_begun_is_no_torn_one(folder: Path) -> None:
    """Where the format is looked at twice."""
    path = write_parquet(folder / "b.parquet", CHARGES)
    with files.database() as connection:
        path.unlink()
        with pytest.raises(Unavailable, match=r"b\.parquet cannot be read"):
            next(files.rows(path, connection))


async def test_a_file_that_takes_too_much_memory_is_no_torn_one(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is a gap that says so, and the operator lives."""
    write_csv(folder / "b.csv", CHARGES)
    monkeypatch.setattr(files, "_MEMORY", "1MB")
    reading = await read(FocusBill(Access(NoSecrets(), bill_files=folder)), source(folder))
    assert (reading.days, {gap.reason for gap in reading.gaps}) == ((), {GapReason.BILL_UNAVAILABLE})
    assert "b.csv takes more than 1MB to read" in reading.gaps[0].message
