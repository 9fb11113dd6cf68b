"""Nothing outlives its parent, however that ends."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import psutil
import pytest

from e2e.controlplane import ControlPlaneError, NotReadyError, Run
from e2e.controlplane.readiness import wait_until_ready

ROOT = Path(__file__).parents[3]
UP = [sys.executable, "-m", "e2e.controlplane", "up"]


@pytest.fixture
def heeds_ctrl_c() -> Iterator[None]:
    """A shell's background job ignores Ctrl-C, and all that it starts does: what is tested here must not inherit that."""
    was = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, was)


@pytest.mark.usefixtures("heeds_ctrl_c")
@pytest.mark.parametrize("ending", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL], ids=lambda ending: ending.name)
def test_nothing_outlives_a_control_plane(ending: signal.Signals, tmp_path: Path) -> None:
    """After Ctrl-C, SIGTERM and SIGKILL there is no process, no folder and no open port."""
    environment = {**os.environ, "TMPDIR": str(tmp_path), "PYTHONPATH": str(ROOT)}
    parent = subprocess.Popen(UP, stdout=subprocess.PIPE, text=True, env=environment)
    with parent:
        assert parent.stdout is not None
        kubeconfig, prometheus = parent.stdout.readline(), parent.stdout.readline()
        assert kubeconfig.startswith(f"export KUBECONFIG={tmp_path}")
        children = psutil.Process(parent.pid).children(recursive=True)
        assert (
            len(children) == 8
        )  # etcd, API server, controller manager, scheduler, kwok, Prometheus, and two watchdogs
        parent.send_signal(ending)
        try:
            parent.wait(timeout=60)
        finally:
            parent.kill()
    gone, alive = psutil.wait_procs(children, timeout=10)
    assert (len(gone), alive) == (8, [])
    assert list(tmp_path.iterdir()) == []
    port = urlsplit(prometheus.split("=")[1]).port
    with socket.socket() as probe:
        assert probe.connect_ex(("127.0.0.1", port)) != 0


def test_a_closed_run_leaves_nothing() -> None:
    """Programs and folder are gone when close returns; children of the programs too."""
    with Run() as run:
        shell = run.spawn("shell", ["sh", "-c", "sleep 1000 & sleep 1000"])
        time.sleep(0.2)
        family = [psutil.Process(shell.pid), *psutil.Process(shell.pid).children()]
    assert len(family) == 3
    assert not [member for member in family if member.is_running() and member.status() != psutil.STATUS_ZOMBIE]
    assert not run.folder.exists()


def test_a_component_that_ends_shows_its_log() -> None:
    """The message of the wait has the exit code and what the program said last."""
    with Run() as run:
        failing = run.spawn("failing", ["sh", "-c", "echo no such flag; exit 3"])
        with pytest.raises(NotReadyError, match=r"(?s)failing ended with exit code 3.*no such flag"):
            wait_until_ready(failing, "http://127.0.0.1:1/", timeout_s=10)


def test_a_component_that_hangs_shows_its_log() -> None:
    """The message of the wait has the last answer and what the program said last."""
    with Run() as run:
        hanging = run.spawn("hanging", ["sh", "-c", "echo loading; exec sleep 1000"])
        with pytest.raises(NotReadyError, match=r"(?s)not ready after 1 s.*refused.*loading"):
            wait_until_ready(hanging, "http://127.0.0.1:1/", timeout_s=1)


def test_a_run_needs_its_place(tmp_path: Path) -> None:
    """A folder that cannot be made is said at once."""
    with pytest.raises(ControlPlaneError, match="the watchdog did not start"):
        Run(tmp_path / "missing")
