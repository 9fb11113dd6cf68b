"""Files are written whole, and only one's own are taken away."""

from __future__ import annotations

from pathlib import Path

import pytest

from aicost.cli.folders import texts, written
from aicost.ports import Unavailable

MARK = "# made\n"


def test_files_are_written_and_stale_ones_taken_away(tmp_path: Path) -> None:
    """A second time nothing changes; what somebody else wrote stays."""
    folder = tmp_path / "new" / "advice"
    files = {"a/one.yaml": f"{MARK}x: 1\n", "a/two.yaml": f"{MARK}x: 2\n"}
    assert written(folder, files, MARK) == (2, 0)
    (folder / "mine.yaml").write_text("x: 3\n")
    assert written(folder, files, MARK) == (0, 0)
    assert written(folder, {"a/one.yaml": f"{MARK}x: 4\n"}, MARK) == (1, 1)
    left = sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())
    assert left == ["a/one.yaml", "mine.yaml"]


def test_nothing_is_taken_away_but_below_what_was_asked_for(tmp_path: Path) -> None:
    """By the beginning of its path."""
    names = ("a/one.yaml", "ab/two.yaml", "b/three.yaml")
    written(tmp_path, dict.fromkeys(names, MARK), MARK)
    assert written(tmp_path, {}, MARK, ()) == (0, 0)
    assert written(tmp_path, {}, MARK, ("a/", "c/")) == (0, 1)
    assert texts(tmp_path, names) == dict.fromkeys(names[1:], MARK)
    (tmp_path / "b/three.yaml").write_bytes(b"\xff")
    with pytest.raises(Unavailable, match="cannot be read"):
        texts(tmp_path, names)


def test_a_file_is_never_half(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever keeps it from being written, what was there is there, and nothing lies beside it."""
    written(tmp_path, {"one.yaml": f"{MARK}old\n"}, MARK)

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(Unavailable, match="No space left on device"):
        written(tmp_path, {"one.yaml": f"{MARK}new\n"}, MARK)
    assert [(path.name, path.read_text()) for path in tmp_path.iterdir()] == [("one.yaml", f"{MARK}old\n")]


def test_a_folder_that_is_none_is_said(tmp_path: Path) -> None:
    """By its path."""
    (tmp_path / "file").write_text("")
    with pytest.raises(Unavailable, match="file cannot be written"):
        written(tmp_path / "file", {"a.yaml": MARK}, MARK)
