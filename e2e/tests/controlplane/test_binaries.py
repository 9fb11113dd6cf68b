"""Programs: found ones first, made ones once and whole, and plain words when they cannot be had."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import psutil
import pytest

from e2e.controlplane.build import check_disk
from e2e.controlplane.errors import ToolMissingError
from e2e.controlplane.found import find, reported_version
from e2e.controlplane.progress import Progress
from e2e.controlplane.versions import ETCD, GO_MODULE, IN_ORDER_OF_NEED, TOOLS, GoCommand, Tool

if TYPE_CHECKING:
    from e2e.controlplane.binaries import Tools

ROOT = Path(__file__).parents[3]
BUILD = [sys.executable, "-m", "e2e.controlplane", "build"]


def an_etcd(folder: Path, version: str) -> Path:
    program = folder / "etcd"
    program.write_text(f"#!/bin/sh\necho 'etcd Version: {version}'\n")
    program.chmod(0o755)
    return program


def environment(cache: Path, **changes: str) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if name != "KUBEBUILDER_ASSETS"}
    return {**kept, "AICOST_CACHE": str(cache), "PYTHONPATH": str(ROOT), **changes}


def build(names: list[str], cache: Path, **changes: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*BUILD, *names], env=environment(cache, **changes), capture_output=True, text=True, check=False, timeout=120
    )


def test_a_found_program_of_the_right_version_is_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """KUBEBUILDER_ASSETS is asked first."""
    program = an_etcd(tmp_path, "3.6.11")
    monkeypatch.setenv("KUBEBUILDER_ASSETS", str(tmp_path))
    assert find(ETCD, Progress(quiet=True)) == program


def test_a_found_program_of_another_version_is_not_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """One line says which copy was passed over, and why."""
    program = an_etcd(tmp_path, "3.5.9")
    monkeypatch.setenv("KUBEBUILDER_ASSETS", str(tmp_path))
    monkeypatch.setenv("PATH", "")
    assert find(ETCD, Progress()) is None
    assert f"etcd: {program} is 3.5.9, not 3.6.x: not used" in capsys.readouterr().err


@pytest.mark.parametrize("tool", [tool for tool in IN_ORDER_OF_NEED if tool.probe], ids=lambda tool: tool.name)
def test_our_own_programs_would_be_accepted(tools: Tools, tool: Tool) -> None:
    """Every program reports the version that the table says, so that a copy of it on PATH is recognised."""
    version = reported_version(tools.require(tool.name), tool.probe)
    assert version is not None
    assert version.startswith(tool.accepted)


def test_the_table_says_what_the_module_pins() -> None:
    """The versions of versions.py are those of go.mod (Prometheus 3.16.0 is module v0.316.0)."""
    pinned = (GO_MODULE / "go.mod").read_text()
    assert f"k8s.io/kubernetes v{TOOLS['kube-apiserver'].version}" in pinned
    assert f"go.etcd.io/etcd/server/v3 v{TOOLS['etcd'].version}" in pinned
    assert f"sigs.k8s.io/kwok v{TOOLS['kwok'].version}" in pinned
    major, minor, patch = TOOLS["prometheus"].version.split(".")
    assert f"github.com/prometheus/prometheus v0.{major}{minor}.{patch}" in pinned


def test_the_stages_of_kwok_are_joined(tools: Tools) -> None:
    """Pods get ready, nodes get initialised and keep their lease."""
    names = re.findall(r"^  name: (\S+)$", tools.require("kwok.yaml").read_text(), re.MULTILINE)
    assert {"pod-ready", "pod-complete", "pod-delete", "node-initialize", "node-heartbeat-with-lease"} <= set(names)


def test_without_go_the_message_says_what_to_do(tmp_path: Path) -> None:
    """No traceback: which Go, from where, and what else would do."""
    answer = build(["etcd"], tmp_path, PATH="")
    assert answer.returncode == 1
    assert "error: Go is not on PATH" in answer.stderr
    assert "https://go.dev/dl/" in answer.stderr
    assert "KUBEBUILDER_ASSETS" in answer.stderr
    assert "Traceback" not in answer.stderr


def test_an_old_go_is_named(tmp_path: Path) -> None:
    """The message has the version that is there and the one that is needed."""
    program = tmp_path / "go"
    program.write_text("#!/bin/sh\necho go1.21.4\n")
    program.chmod(0o755)
    answer = build(["etcd"], tmp_path, PATH=str(tmp_path))
    assert answer.returncode == 1
    assert f"{program} is Go 1.21.4, too old" in answer.stderr


def test_without_network_the_proxy_is_named(tmp_path: Path) -> None:
    """A module that cannot be downloaded is told apart from a build that fails."""
    nothing_there = {"GOPROXY": "http://127.0.0.1:1", "GOMODCACHE": str(tmp_path / "modules"), "GOFLAGS": "-modcacherw"}
    answer = build(["kwok.yaml", "etcd"], tmp_path, **nothing_there)
    assert answer.returncode == 1
    assert "is GOPROXY (http://127.0.0.1:1) reachable?" in answer.stderr


def test_a_build_that_would_fill_the_disk_does_not_begin() -> None:
    """What is free and what is needed are both in the message."""
    huge = Tool("huge", "1.0.0", GoCommand("example.com/huge", 1e9))
    with pytest.raises(ToolMissingError, match=r"GB free, the build needs 1000000000\.0 GB"):
        check_disk([huge])


def test_a_killed_build_leaves_nothing_half_made(tmp_path: Path) -> None:
    """After SIGKILL there is no compiler, no temporary file and no program. With nothing in Go's cache it takes long enough."""
    cold = environment(tmp_path, GOCACHE=str(tmp_path / "cache"))
    builder = subprocess.Popen([*BUILD, "etcd"], env=cold, stderr=subprocess.PIPE)
    with builder:
        wait_for(lambda: list((tmp_path / "work").glob("*/go-build*")))
        builder.kill()
    wait_for(lambda: not list((tmp_path / "work").iterdir()))
    assert not [file for file in (tmp_path / "bin").rglob("*") if file.is_file() and file.name != ".lock"]
    wait_for(lambda: not [of for of in psutil.process_iter(["cmdline"]) if str(tmp_path) in str(of.info["cmdline"])])


def test_two_builders_build_once(tmp_path: Path) -> None:
    """The second waits for the first one's result."""
    builders = [
        subprocess.Popen([*BUILD, "etcd"], env=environment(tmp_path), stderr=subprocess.PIPE, text=True) for _ in "12"
    ]
    said = "".join(builder.communicate(timeout=300)[1] for builder in builders)
    assert [builder.returncode for builder in builders] == [0, 0]
    assert said.count("etcd 3.6.8: building") == 1
    assert said.count("etcd 3.6.8: another process has made it") == 1


def wait_for(condition: object, timeout_s: float = 60) -> None:
    assert callable(condition)
    deadline = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.02)
