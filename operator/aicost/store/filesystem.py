"""Where SQLite is safe: file systems whose locks or shared memory cannot be trusted are named here.

https://www.sqlite.org/faq.html#q5: over a network, locks are often broken, and a broken lock is a damaged ledger.
"""

from __future__ import annotations

import re
from pathlib import Path

from sqlalchemy import Engine

from aicost.ports import Forbidden

MOUNTS = Path("/proc/self/mountinfo")
UNSAFE = frozenset(
    {
        "9p", "afs", "ceph", "cifs", "coda", "fuse.ceph", "fuse.gcsfuse", "fuse.glusterfs", "fuse.rclone", "fuse.s3fs",
        "fuse.sshfs", "glusterfs", "lustre", "ncpfs", "nfs", "nfs4", "smb2", "smb3", "smbfs",
    }
)  # fmt: skip
"""Types as the kernel names them."""
_OCTAL = re.compile(r"\\([0-7]{3})")


def kind_of(path: Path, mounts: str) -> str:
    """The type of the file system that a path lies on, by the text of /proc/self/mountinfo; empty: not told.

    See proc_pid_mountinfo(5): the fifth field is where it is mounted, the first after the dash is its type. Of several
    mounts at one place the last one counts.
    """
    best, kind = -1, ""
    for mounted in mounts.splitlines():
        before, _, after = mounted.partition(" - ")
        at = Path(_OCTAL.sub(lambda found: chr(int(found[1], 8)), before.split()[4]))
        if path.is_relative_to(at) and len(at.parts) >= best:
            best, kind = len(at.parts), after.split()[0]
    return kind


def refused(opened: Engine) -> str:
    """Why a ledger must not be written where it lies, in words that follow its name; empty: it may be.

    Raises Forbidden where there is none yet: then there is nothing to read either.
    """
    path = file_of(opened)
    if path is None or not MOUNTS.exists():
        return ""
    kind = kind_of(path.resolve(), MOUNTS.read_text(encoding="utf-8", errors="replace"))
    if kind not in UNSAFE:
        return ""
    why = (
        f"lies on a file system of type {kind}, whose locks SQLite cannot rely on: nothing was stored; move it to a local"
        " volume, or give AICOST_LEDGER_URL another place"
    )
    if not path.exists():
        raise Forbidden(f"ledger {path} {why}")
    return why


def file_of(opened: Engine) -> Path | None:
    """The file that an SQLite ledger lies in; None where it is another database, or in memory."""
    name = opened.url.database
    if opened.dialect.name != "sqlite" or not name or name == ":memory:" or name.startswith("file:"):
        return None
    return Path(name)
