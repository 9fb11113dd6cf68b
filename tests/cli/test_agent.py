"""`aicost agent` as a process: what it prints, and how it ends."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
import urllib.request
from pathlib import Path

from aicost.agent.fields import FIELDS

NODE = """
import pynvml
from tests.agent.conftest import ACTIVITY
from tests.agent.fake_nvml import FakeCard, FakeNvml
pynvml.nvmlLib = FakeNvml(FakeCard(activity=ACTIVITY))
"""
BARE = """
import pynvml
def none(name):
    raise OSError(name)
pynvml.CDLL = none
"""
RUN = "from aicost.cli import main; main()"
WAIT_S = 30


def started(node: str, *words: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", node + RUN, "agent", "--node", "n1", *words]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)  # noqa: S603 # this Python


def test_once_prints_every_series_and_ends() -> None:
    """Activity too, which takes two readings."""
    with started(NODE, "--once") as agent:
        page, _ = agent.communicate(timeout=WAIT_S)
    assert agent.returncode == 0
    assert all(f"\n{field.name}{{" in page for field in FIELDS)
    assert 'Hostname="n1"' in page


def test_without_a_driver_it_says_so_and_ends_with_1() -> None:
    """In one line, with what to do about it."""
    with started(BARE) as agent:
        page, said = agent.communicate(timeout=WAIT_S)
    assert (agent.returncode, page) == (1, "")
    assert said.startswith("aicost: NVML tells nothing of this node's GPUs")
    assert "runtimeClassName nvidia" in said
    assert said.count("\n") == 1


def test_without_any_card_once_ends_with_1() -> None:
    """An empty page would be taken for a node without GPUs."""
    with started(NODE.replace("FakeCard(activity=ACTIVITY)", ""), "--once") as agent:
        page, said = agent.communicate(timeout=WAIT_S)
    assert (agent.returncode, page) == (1, "")
    assert "NVIDIA_VISIBLE_DEVICES" in said.splitlines()[-1]


def test_a_taken_port_ends_it_with_1() -> None:
    """And is named."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        with started(NODE, "--address", "127.0.0.1", "--port", port) as agent:
            _, said = agent.communicate(timeout=WAIT_S)
    assert agent.returncode == 1
    assert f"127.0.0.1:{port}" in said.splitlines()[-1]


def test_wrong_usage_ends_it_with_2() -> None:
    """No interval is shorter than a second: two samples must be 100 ms apart."""
    with started(NODE, "--interval", "0") as agent:
        _, said = agent.communicate(timeout=WAIT_S)
    assert agent.returncode == 2
    assert "--interval" in said


def test_it_serves_until_it_is_told_to_stop(tmp_path: Path) -> None:
    """Then it ends with 0; of a kubelet that is not there it has said so."""
    words = ["--address", "127.0.0.1", "--port", "0", "--pod-resources", str(tmp_path / "kubelet.sock")]
    with started(NODE, *words) as agent:
        assert agent.stderr
        port = json.loads(agent.stderr.readline())["message"].rpartition(" ")[2]
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=WAIT_S) as answer:  # our own
            assert answer.read() == b"ok\n"
        assert "who holds GPUs" in json.loads(agent.stderr.readline())["message"]
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=WAIT_S) as answer:  # same
            assert answer.read().endswith(b"aicost_agent_holders_known 0\n")
        agent.send_signal(signal.SIGTERM)
        agent.communicate(timeout=WAIT_S)
    assert agent.returncode == 0
