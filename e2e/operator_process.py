"""The operator as a process of its own, with settings as the chart would give them: for the demonstration and the tests."""

from __future__ import annotations

import os
import signal
import ssl
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path

import httpx

from e2e.controlplane import NotReadyError, Process, Run
from e2e.controlplane.ports import free_ports

READY_WITHIN_S = 120.0
_PLAIN = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
"""Its pages are plain HTTP: httpx would read all certificate authorities for each question, and the operator wait for it."""


class OperatorProcess:
    """`aicost run` under a ServiceAccount's kubeconfig. Ports and ledger stay the same over restarts.

    `settings` are AICOST_ variables without their prefix; a run's folder holds ledger and log.
    """

    def __init__(self, run: Run, kubeconfig: Path, settings: Mapping[str, str], *, name: str = "operator") -> None:
        probes, api = free_ports(2)
        self.probes = f"http://127.0.0.1:{probes}"
        self.api = f"http://127.0.0.1:{api}"
        self.settings = {
            "KUBECONFIG": str(kubeconfig),
            "LEDGER_URL": f"sqlite:///{run.folder / f'{name}.db'}",
            "PROBES_ADDRESS": "127.0.0.1",
            "PROBES_PORT": str(probes),
            "API_PORT": str(api),
            **settings,
        }
        self._run = run
        self._name = name
        self._process: Process | None = None

    @property
    def process(self) -> Process:
        """The process, once started."""
        assert self._process is not None, "the operator is not started"
        return self._process

    def start(self) -> None:
        """Start it (again)."""
        inherited = {name: value for name, value in os.environ.items() if not name.startswith(("AICOST_", "KUBE"))}
        own = {f"AICOST_{name}": value for name, value in self.settings.items()} | {"TMPDIR": str(self._run.folder)}
        command = [sys.executable, "-m", "aicost", "run"]
        self._process = self._run.spawn(self._name, command, env=inherited | own)

    def stop(self) -> int | None:
        """End it in order; its exit code, None if it had to be killed."""
        self.process.signal(signal.SIGTERM)
        code = self.process.wait(30)
        if code is None:
            self.process.kill()
        return code

    def kill(self) -> None:
        """End it as a crash would."""
        self.process.kill()

    def kill_as_it_writes(self) -> None:
        """End it as a crash would, in the moment in which its ledger's file changes. Only of an SQLite ledger."""
        log = Path(self.settings["LEDGER_URL"].removeprefix("sqlite:///") + "-wal")
        before, deadline = _touched(log), time.monotonic() + READY_WITHIN_S
        while _touched(log) == before:
            if time.monotonic() > deadline:
                raise NotReadyError(f"the operator wrote nothing within {READY_WITHIN_S:.0f} s")
        self.kill()

    def ready(self) -> None:
        """Return when everything is in sync and an evaluation has finished."""
        self.until(lambda: self.get("readyz").status_code == httpx.codes.OK, "ready")

    def until(self, holds: Callable[[], bool], what: str, seconds: float = READY_WITHIN_S) -> None:
        """Return when it holds; raises NotReadyError with the end of the log. HTTP errors count as not yet."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if self.process.exit_code is not None:
                raise NotReadyError(f"the operator ended with {self.process.exit_code}:\n{self.process.tail()}")
            try:
                if holds():
                    return
            except httpx.HTTPError:
                pass  # it does not listen yet
            time.sleep(0.1)
        raise NotReadyError(f"the operator was not {what} within {seconds:.0f} s:\n{self.process.tail()}")

    def get(self, page: str) -> httpx.Response:
        """One of its pages: `readyz`, `metrics`."""
        return httpx.get(f"{self.probes}/{page}", verify=_PLAIN, trust_env=False, timeout=10)

    def report(self, period: str = "") -> httpx.Response:
        """The report of a month from its read API."""
        return self.ask("report", period=period)

    def ask(self, question: str, **named: str) -> httpx.Response:
        """The answer of its read API to one of its questions: `report`, `drill`, `basis`, `verify`."""
        return httpx.get(f"{self.api}/v1/{question}", params=named, verify=_PLAIN, trust_env=False, timeout=30)


def _touched(file: Path) -> tuple[int, int]:
    of = file.stat()
    return of.st_mtime_ns, of.st_size
