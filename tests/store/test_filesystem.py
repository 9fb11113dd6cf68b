"""Where SQLite is safe: by the kernel's own list of what is mounted where."""

from __future__ import annotations

from pathlib import Path

import pytest

from aicost.core.window import Period
from aicost.ports import Commit, Forbidden
from aicost.store import filesystem, open_ledger
from aicost.store.filesystem import kind_of
from tests.store.stored import opened
from tests.support.builders import T0, an_entry

MOUNTS = r"""22 27 0:21 / /proc rw,relatime - proc proc rw
27 1 254:0 / / rw,relatime shared:1 - ext4 /dev/vda rw
90 27 0:50 / /var/lib/aicost rw,relatime shared:2 master:3 - nfs4 filer:/vol rw,vers=4.2
91 90 254:1 / /var/lib/aicost/local rw - xfs /dev/vdb rw
92 27 0:51 / /my\040share rw - cifs //server/share rw
93 27 0:52 / /twice rw - ext4 /dev/vdc rw
94 93 0:53 / /twice rw - 9p host rw
"""
MONTH = Period("2026-11")


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/var/lib/aicost/ledger.db", "nfs4"),
        ("/var/lib/aicost/local/ledger.db", "xfs"),
        ("/var/lib/aicost-other/ledger.db", "ext4"),
        ("/my share/ledger.db", "cifs"),
        ("/twice/ledger.db", "9p"),
        ("/ledger.db", "ext4"),
    ],
)
def test_the_nearest_and_last_mount_tells_the_type(path: str, kind: str) -> None:
    """Whole parts of a path count, blanks are escaped, and what is mounted over another hides it."""
    assert kind_of(Path(path), MOUNTS) == kind


def mounted(folder: Path, kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the kernel say that a folder is on a file system of this type."""
    told = folder / "mountinfo"
    told.write_text(f"27 1 254:0 / / rw - ext4 /dev/vda rw\n90 27 0:50 / {folder} rw - {kind} filer:/vol rw\n")
    monkeypatch.setattr(filesystem, "MOUNTS", told)


def test_a_ledger_on_a_network_is_read_and_never_written(
    sqlite_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever commits is told which file system it is and what to do; what is there can be read."""
    with opened(sqlite_url, "eu-1") as ledger:
        ledger.commit(Commit((an_entry("old"),)), T0)
    mounted(tmp_path, "nfs4", monkeypatch)
    with opened(sqlite_url, "eu-1") as ledger:
        says = (
            r"ledger.db lies on a file system of type nfs4, whose locks SQLite cannot rely on: nothing was stored; move"
        )
        with pytest.raises(Forbidden, match=says):
            ledger.commit(Commit((an_entry("new"),)), T0)
        with pytest.raises(Forbidden, match=says):
            ledger.close_month(MONTH, T0, "jane", ())
        assert ledger.entries(MONTH.window) == (an_entry("old"),)


def test_no_ledger_is_begun_on_a_network(sqlite_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is refused before a file is made."""
    mounted(tmp_path, "cifs", monkeypatch)
    with pytest.raises(Forbidden, match="lies on a file system of type cifs"):
        open_ledger(sqlite_url)
    assert not (tmp_path / "ledger.db").exists()


def test_other_places_are_as_before(sqlite_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A local disk, a system that tells nothing of its mounts, and a ledger in memory."""
    mounted(tmp_path, "xfs", monkeypatch)
    with opened(sqlite_url) as ledger:
        assert ledger.commit(Commit((an_entry("new"),)), T0) == 1
    monkeypatch.setattr(filesystem, "MOUNTS", tmp_path / "missing")
    with opened(sqlite_url) as ledger:
        assert ledger.commit(Commit((an_entry("newer"),)), T0) == 1
