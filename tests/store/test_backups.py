"""Copies of a ledger beside it, and going on from one."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from aicost.core.ledger import IDLE
from aicost.core.window import Period
from aicost.ports import Commit, Unavailable
from aicost.store import SqlLedger
from tests.store.stored import opened
from tests.support.builders import T0, a_line, an_entry, at, owned_by, usd

OCTOBER, MONTH = Period("2026-10"), Period("2026-11")
FIRST = tuple(an_entry("card", str(n), lines=(a_line(IDLE, usd(1), 60),)) for n in range(50))
LATER = tuple(an_entry("card", str(n), lines=(a_line(owned_by(), usd(1), 60),)) for n in range(25, 75))


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir() if "backup" in path.name)


def test_a_copy_is_opened_and_goes_on_like_the_ledger(sqlite_url: str, in_file: SqlLedger, tmp_path: Path) -> None:
    """Restored, it has the same digest, closings and proofs, and after the same commits the same again."""
    in_file.commit(Commit(FIRST, marks={"through": "1"}), T0)
    closing = in_file.close_month(MONTH.previous, at(1), "schedule", ())
    copy = in_file.back_up(OCTOBER, keep=3)
    assert copy == Path(f"{sqlite_url.removeprefix('sqlite:///')}.2026-10.backup")
    restored = tmp_path / "restored" / "ledger.db"
    restored.parent.mkdir()
    shutil.copy(str(copy), restored)
    with opened(f"sqlite:///{restored}") as ledger:
        assert ledger.digest(MONTH) == in_file.digest(MONTH)
        assert (ledger.marks(), ledger.closings()) == (in_file.marks(), (closing,))
        assert ledger.marks()["through"] == "1"
        assert ledger.commit(Commit(LATER), at(2)) == in_file.commit(Commit(LATER), at(2)) == 50
        assert ledger.digest(MONTH) == in_file.digest(MONTH)
        assert ledger.verify().broken == ()
        assert ledger.verify().entries == 100


def test_the_newest_copies_are_kept(in_file: SqlLedger, tmp_path: Path) -> None:
    """So many as were asked for, by their month; one of the same month takes the place of that before, others stay."""
    (tmp_path / "ledger.db.before-upgrade.backup").write_text("somebody's own")
    for label in ("2026-08", "2026-09", "2026-10", "2026-10", "2026-11"):
        in_file.back_up(Period(label), keep=2)
    assert names(tmp_path) == [f"ledger.db.{label}.backup" for label in ("2026-10", "2026-11", "before-upgrade")]


def test_a_copy_that_is_there_stays_unless_it_is_made_again(in_file: SqlLedger, tmp_path: Path) -> None:
    """Whoever only makes up for a copy that a dead process owed finds it made."""
    copy = in_file.back_up(OCTOBER, keep=2, again=False)
    assert copy == tmp_path / "ledger.db.2026-10.backup"
    before = copy.stat().st_ino
    assert in_file.back_up(OCTOBER, keep=2, again=False) is None
    assert copy.stat().st_ino == before
    assert in_file.back_up(OCTOBER, keep=2) == copy
    assert copy.stat().st_ino != before


def test_no_copy_is_asked_for_or_possible(in_file: SqlLedger, ledger: SqlLedger, tmp_path: Path) -> None:
    """With none to keep, or in memory, nothing is written."""
    assert in_file.back_up(OCTOBER, keep=0) is None
    assert ledger.back_up(OCTOBER, keep=3) is None
    assert names(tmp_path) == []


def test_a_copy_that_cannot_be_written_leaves_nothing(in_file: SqlLedger, tmp_path: Path) -> None:
    """The ledger is as it was, no part of a copy stays, and the message says what to do."""
    in_file.commit(Commit(FIRST), T0)
    blocked = tmp_path / "ledger.db.2026-10.backup"
    blocked.mkdir()
    with pytest.raises(
        Unavailable, match=r"no back-up .*2026-10\.backup of the ledger was made .*the ledger is as it was"
    ):
        in_file.back_up(OCTOBER, keep=3)
    assert names(tmp_path) == [blocked.name]
    assert len(in_file.entries(MONTH.window)) == len(FIRST)


def test_a_copy_that_was_cut_off_is_overwritten(in_file: SqlLedger, tmp_path: Path) -> None:
    """What a crash left of one is never taken for a copy."""
    (tmp_path / ".ledger.db.2026-10.backup.partial").write_text("half")
    in_file.back_up(OCTOBER, keep=3)
    assert names(tmp_path) == ["ledger.db.2026-10.backup"]
