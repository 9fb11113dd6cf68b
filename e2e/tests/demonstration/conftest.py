"""The demonstration as its user runs it: a process of its own, with a folder for temporary files that nobody else has."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest

from e2e.controlplane import ControlPlane, Tools

ROOT = Path(__file__).parents[3]
PLAYS_WITHIN_S = 300
SETTLES_WITHIN_S = 60
# Events expire by themselves; the API server frees the address of a Service that was never finished by itself.
TRANSIENT = ("events", "ipaddresses", "componentstatuses")

EVERYWHERE = """
apiVersion: apps/v1
kind: DaemonSet
metadata: {name: agent, namespace: default}
spec:
  selector: {matchLabels: {app: agent}}
  template:
    metadata: {labels: {app: agent}}
    spec:
      tolerations: [{operator: Exists}]
      containers: [{name: agent, image: example.com/agent}]
"""


@dataclass(frozen=True, slots=True)
class Played:
    """How it ended, what it printed, and whether a process or a file of it is left."""

    code: int
    results: str
    progress: str
    left: list[str]


@dataclass(frozen=True, slots=True)
class Player:
    """Runs `python -m e2e.demonstration`; its temporary files go to `folder`, which is empty before."""

    folder: Path

    def play(self, *arguments: str, kubeconfig: Path | str = "") -> Played:
        """To its end."""
        with self._started(*arguments, kubeconfig=kubeconfig) as process:
            results, progress = process.communicate(timeout=PLAYS_WITHIN_S)
        return Played(process.returncode, results, progress, self._files())

    def interrupt(
        self,
        *arguments: str,
        after: str,
        kubeconfig: Path | str = "",
        times: int = 1,
        by: signal.Signals = signal.SIGINT,
    ) -> Played:
        """Until a line of its progress has these words: then Ctrl-C, which every process of the terminal hears."""
        with self._started(*arguments, kubeconfig=kubeconfig) as process:
            assert process.stderr is not None
            before = [next(process.stderr)]
            while after not in before[-1]:
                before.append(next(process.stderr))
            time.sleep(1)
            family = psutil.Process(process.pid).children(recursive=True)
            for _ in range(times):
                if process.poll() is None:
                    os.killpg(process.pid, by)
                    time.sleep(0.5)
            results, progress = process.communicate(timeout=PLAYS_WITHIN_S)
        _, alive = psutil.wait_procs(family, timeout=5)
        return Played(process.returncode, results, progress, [*map(str, alive), *self._files()])

    def _started(self, *arguments: str, kubeconfig: Path | str) -> subprocess.Popen[str]:
        environment = {
            **{name: value for name, value in os.environ.items() if name != "KUBECONFIG"},
            "TMPDIR": str(self.folder),
            "PYTHONPATH": str(ROOT),
            "KUBECONFIG": str(kubeconfig or os.devnull),
        }
        command = [sys.executable, "-m", "e2e.demonstration", *arguments]
        return subprocess.Popen(
            command,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=environment,
            start_new_session=True,
        )

    def _files(self) -> list[str]:
        return [path.name for path in self.folder.iterdir()]


@pytest.fixture
def player(tmp_path: Path) -> Player:
    """For one test."""
    return Player(tmp_path)


@dataclass(frozen=True, slots=True)
class Plane:
    """Somebody's cluster."""

    control: ControlPlane

    def inventory(self) -> set[str]:
        """Kind, namespace, name and UID of everything in it."""
        kinds = self.control.kubectl("api-resources", "--verbs=list", "-o", "name").split()
        wanted = ",".join(kind for kind in kinds if kind.partition(".")[0] not in TRANSIENT)
        columns = "custom-columns=:kind,:.metadata.namespace,:.metadata.name,:.metadata.uid"
        return set(self.control.kubectl("get", wanted, "-A", "-o", columns, "--no-headers").splitlines())

    def settled(self, before: set[str]) -> set[str]:
        """The inventory once it is that from before, or time is up: controllers follow what was deleted."""
        deadline = time.monotonic() + SETTLES_WITHIN_S
        while (now := self.inventory()) != before and time.monotonic() < deadline:
            time.sleep(1)
        return now


@pytest.fixture(scope="module")
def plane(tools: Tools) -> Iterator[Plane]:
    """With a DaemonSet that tolerates every taint, as those of networks and monitoring do."""
    with ControlPlane(tools) as control:
        control.kubectl("apply", "-f", "-", stdin=EVERYWHERE)
        yield Plane(control)
