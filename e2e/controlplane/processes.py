"""Starting and ending programs so that none outlives this process, and reading what they logged."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Self

from e2e.controlplane.errors import ControlPlaneError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_WATCHDOG = Path(__file__).with_name("watchdog.py")
TAIL_LINES = 25
STOP_TIMEOUT_S = 20.0


class Process:
    """A started program and its log file (stdout and stderr together)."""

    def __init__(self, name: str, popen: subprocess.Popen[bytes], log: Path) -> None:
        """Wrap what `Run.spawn` started."""
        self.name = name
        self.log = log
        self._popen = popen

    @property
    def pid(self) -> int:
        return self._popen.pid

    @property
    def exit_code(self) -> int | None:
        """None while it runs."""
        return self._popen.poll()

    def wait(self, timeout_s: float | None = None) -> int | None:
        """Its exit code, or None when it still runs after that time."""
        try:
            return self._popen.wait(timeout_s)
        except subprocess.TimeoutExpired:
            return None

    def signal(self, number: signal.Signals) -> None:
        """Send a signal, unless it has ended."""
        self._popen.send_signal(number)

    def kill(self) -> None:
        """End it as a crash would."""
        self._popen.kill()
        self._popen.wait()

    def terminate(self, *, twice: bool = False, timeout_s: float = STOP_TIMEOUT_S) -> None:
        """Ask it to end, and kill it when it does not; `twice` for those that end in style at the first signal."""
        self.signal(signal.SIGTERM)
        if twice and self.wait(0.1) is None:
            self.signal(signal.SIGTERM)
        if self.wait(timeout_s) is None:
            self.kill()

    def tail(self, lines: int = TAIL_LINES) -> str:
        """The end of its log."""
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-lines:])


class Run:
    """A temporary folder and a group of programs that end together: at `close`, or when this process ends."""

    def __init__(self, where: Path | None = None) -> None:
        """Make the folder, inside `where` or else in the system's place for temporary files."""
        command: list[str | Path] = [
            sys.executable,
            "-I",
            "-S",
            _WATCHDOG,
            str(os.getpid()),
            str(where or tempfile.gettempdir()),
        ]
        self._watchdog = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, process_group=0
        )
        assert self._watchdog.stdout is not None  # it was asked for
        with self._watchdog.stdout as answer:
            self.folder = Path(answer.readline().decode().rstrip("\n"))
            if not self.folder.is_absolute():
                said = answer.read().decode()
                self._end_watchdog()
                raise ControlPlaneError(f"the watchdog did not start: {self.folder}\n{said}")
        self._processes: list[Process] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def spawn(
        self, name: str, command: Sequence[str | Path], *, env: Mapping[str, str] | None = None, cwd: Path | None = None
    ) -> Process:
        """Start a program; it reads nothing and logs to `folder/logs/name.log` (appending over restarts)."""
        log = self.folder / "logs" / f"{name}.log"
        log.parent.mkdir(exist_ok=True)
        with log.open("ab") as output:
            popen = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                env=None if env is None else dict(env),
                cwd=cwd,
                process_group=self._watchdog.pid,
            )
        process = Process(name, popen, log)
        self._processes.append(process)
        return process

    def close(self) -> None:
        """Kill what still runs and remove the folder; returns when both are done. Twice is harmless."""
        self._end_watchdog()
        for process in self._processes:
            process.wait(STOP_TIMEOUT_S)

    def _end_watchdog(self) -> None:
        assert self._watchdog.stdin is not None  # it was asked for
        self._watchdog.stdin.close()
        self._watchdog.wait(STOP_TIMEOUT_S)
