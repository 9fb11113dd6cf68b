"""The table of commands: each is imported when it is used, and Ctrl-C ends each quietly, from its first moment on."""

from __future__ import annotations

import gc
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from aicost.cli import INTERRUPTED, imported
from aicost.cli.commands import COMMANDS, cli

HEAVY = ("kopf", "sqlalchemy", "alembic", "kubernetes", "prometheus_api_client", "httpx", "pydantic")
PROMPT_S = 5
"""What a busy machine may need to end a process; a silent Prometheus is waited for three times as long."""
RUN = "from aicost.cli import main; main()"
INTERRUPTED_IMPORT = """
import os, signal, sys
module = sys.argv.pop(1)
class Interrupting:
    def find_spec(self, name, *_):
        if name == module:
            os.kill(os.getpid(), signal.SIGINT)
sys.meta_path.insert(0, Interrupting())
"""


@pytest.fixture(autouse=True)
def _ctrl_c_is_heard() -> Iterator[None]:
    """Also where these tests run in the background, whose processes are born deaf to it."""
    was = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, was)


def ran(program: str, *words: str) -> subprocess.CompletedProcess[str]:
    """The command in a process of its own, below `program`."""
    return subprocess.run(  # noqa: S603 # this Python, with code of our own
        [sys.executable, "-c", program, *words], capture_output=True, text=True, check=False, timeout=60
    )


def test_each_command_is_the_one_that_is_listed() -> None:
    """A table that names a module or a function that is not there would fail only when somebody uses it."""
    assert {name: late.load().name for name, late in COMMANDS.items()} == {name: name for name in COMMANDS}
    assert list(cli.commands) == sorted(COMMANDS)


def loaded(*words: str) -> tuple[set[str], str]:
    """The modules that a command imported, and what it printed."""
    told = ran(f"import atexit, sys; atexit.register(lambda: print(*sys.modules, file=sys.stderr)); {RUN}", *words)
    assert told.returncode == 0
    return set(told.stderr.split()), told.stdout


def test_help_imports_no_library_that_it_does_not_need() -> None:
    """All commands together take seconds to import: who asks what there is waits for none of them."""
    modules, printed = loaded("--help")
    assert all(f"  {name} " in printed for name in COMMANDS)
    assert "click" in modules
    assert modules.isdisjoint(HEAVY)


def test_a_report_waits_for_no_model_of_a_kind() -> None:
    """It prints what the operator made of them; making them takes as long as all else that it imports."""
    modules, _ = loaded("report", "--help")
    assert "httpx" in modules
    assert modules.isdisjoint({"aicost.api.definition", "kubernetes", "sqlalchemy", "kopf"})


def test_a_module_that_cannot_be_imported_leaves_the_collector_at_work() -> None:
    """It rests while modules are imported; a process without it would grow for ever."""
    with pytest.raises(ModuleNotFoundError):
        imported("nothing")
    assert gc.isenabled()


def test_a_misspelt_command_is_wrong_usage() -> None:
    """It is told as such, with what there is, and nothing is imported for it."""
    told = ran(RUN, "reprot")
    assert (told.returncode, told.stdout) == (2, "")
    assert "report" in told.stderr


@pytest.mark.parametrize(
    ("words", "module"), [("doctor", "click"), ("doctor", "aicost.ports"), ("doctor", "httpx"), ("run", "kopf")]
)
def test_an_interruption_while_modules_are_imported_is_no_traceback(words: str, module: str) -> None:
    """Ctrl-C comes when it comes: also in the seconds before a command has begun."""
    ended = ran(INTERRUPTED_IMPORT + RUN, module, words)
    assert (ended.returncode, ended.stdout, ended.stderr) == (INTERRUPTED, "", "")


def test_an_interrupted_doctor_does_not_wait_for_a_silent_prometheus(tmp_path: Path) -> None:
    """The question is left behind with its thread: whoever pressed Ctrl-C gets the prompt back."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        silent.settimeout(60)
        address = f"http://127.0.0.1:{silent.getsockname()[1]}"
        command = [sys.executable, "-m", "aicost", "doctor", "--prometheus", address]
        command += ["--kubeconfig", str(tmp_path / "none")]
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as doctor:  # noqa: S603 # this Python
            question, _ = silent.accept()
            with question:
                pressed = time.monotonic()
                doctor.send_signal(signal.SIGINT)
                _, said = doctor.communicate(timeout=60)
                assert time.monotonic() - pressed < PROMPT_S
    assert (doctor.returncode, said) == (INTERRUPTED, "")
