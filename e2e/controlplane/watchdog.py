"""The process that outlives its parent just long enough to clean up after it. Standard library only.

It leads a process group that all programs of a run join, and owns the run's folder. It waits until its parent closes
the pipe on its standard input, or is gone without having done so, then kills the group and removes the folder. So
nothing is left behind, however the parent ends.
"""

import os
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

POLL_S = 1.0
SETTLE_S = 0.02


def members(group: int) -> list[int]:
    """The living processes of a group, without this one."""
    rows = _from_proc() if Path("/proc/self/stat").exists() else _from_ps()
    return [pid for pid, owner, state in rows if owner == group and pid != os.getpid() and not state.startswith("Z")]


def _from_proc() -> list[tuple[int, int, str]]:
    rows = []
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            # The command's name, in parentheses, may itself hold anything.
            state, _, group = (entry / "stat").read_text(errors="replace").rpartition(")")[2].split()[:3]
        except OSError:
            continue
        rows.append((int(entry.name), int(group), state))
    return rows


def _from_ps() -> list[tuple[int, int, str]]:
    listing = subprocess.run(["ps", "-A", "-o", "pid=,pgid=,stat="], capture_output=True, text=True, check=True)
    fields = (line.split() for line in listing.stdout.splitlines())
    return [(int(pid), int(group), state) for pid, group, state, *_ in fields]


def wait_for_the_end_of(parent: int) -> None:
    """Return when the pipe is closed, or the parent is not our parent any more."""
    while os.getppid() == parent:
        readable, _, _ = select.select([0], [], [], POLL_S)
        if readable and not os.read(0, 1):
            return


def end_group(group: int) -> None:
    """Kill until nobody is left; look more than once, for a fork may be under way."""
    quiet = 0
    while quiet < 3:
        found = members(group)
        for pid in found:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                continue
        quiet = 0 if found else quiet + 1
        time.sleep(SETTLE_S)


def main() -> None:
    """Arguments: the parent's process id, the folder in which to make the run's folder."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    folder = Path(tempfile.mkdtemp(prefix="aicost-", dir=sys.argv[2]))
    try:
        sys.stdout.write(f"{folder}\n")
        sys.stdout.flush()
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, 1)
        os.dup2(nowhere, 2)
        wait_for_the_end_of(int(sys.argv[1]))
        end_group(os.getpid())
    finally:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
