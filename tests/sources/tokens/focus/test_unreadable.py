"""Files that go while they are read, or that nobody may read."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from aicost.core.reasons import GapReason
from aicost.sources.tokens.client import Access
from aicost.sources.tokens.focus import FocusBill, files
from tests.sources.tokens.focus.files import write_csv
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
