"""Processes of one step of the story each, killed at a moment and started again, forked from a process without threads."""

from __future__ import annotations

import gc
import json
import logging
import os
import shutil
import signal
import sqlite3
import tempfile
import traceback
from collections.abc import Callable, Iterable
from contextlib import closing
from pathlib import Path
from typing import Any, TypeAlias

from e2e.tests.store.gate import Gate
from e2e.tests.store.story import BACKUP, LEDGER, RESOURCES, live_through

Death: TypeAlias = tuple[int, str]
"""The number of a moment in a step, and its name."""
Rows: TypeAlias = dict[str, list[tuple[Any, ...]]]
_CHANGES_WITH_EVERY_START = "fence"


def prepare() -> None:
    """Have what every operator imports and compiles here already, for all that are forked from this process."""
    logging.disable(logging.CRITICAL)
    with tempfile.TemporaryDirectory() as folder:
        live_through(Path(folder), Gate(0), 0, 1)
    gc.freeze()


def undisturbed(folder: Path, first: int, last: int) -> list[Death]:
    """Live through some steps in one process; the moments at which it could have died."""
    told = folder.with_suffix(".moments")
    assert _process(lambda: _live(folder, 0, first, last, told)) == 0
    return list(enumerate(json.loads(told.read_text()), start=1))


def survived(before: Path, after: Path, step: int, deaths: Iterable[Death]) -> tuple[int, list[str]]:
    """Die at each of these moments of a step, and start again: where the ledger is not what it was undisturbed.

    Deaths that leave the very same ledger and resources behind have one future, which is lived through once; how many
    there were comes first.
    """
    expected, copies = content(after), closed_in_copies(after)
    wrong, futures = list[str](), set[str]()
    for number, name in deaths:
        folder = after.with_name(f"{after.name}-{number}")
        shutil.copytree(before, folder)
        ended = _process(lambda: _live(folder, number, step, step))  # noqa: B023 # it is called now
        if (left := _left(folder)) not in futures and ended == -signal.SIGKILL:
            futures.add(left)
            ended = _process(lambda: _live(folder, 0, step, step))  # noqa: B023 # same
            if ended or content(folder) != expected or closed_in_copies(folder) != copies:
                wrong.append(f"step {step}, moment {number}: {name} (started again, it ended with {ended})")
        elif ended != -signal.SIGKILL:
            wrong.append(f"step {step}, moment {number}: {name} was survived")
        shutil.rmtree(folder)
    return len(futures), wrong


def _left(folder: Path) -> str:
    """All that a dead operator left, in a copy of it: to look at a ledger is to tidy it up."""
    with tempfile.TemporaryDirectory() as copy:
        shutil.copytree(folder, copy, dirs_exist_ok=True)
        path = Path(copy)
        resources = (path / RESOURCES).read_bytes().hex() if (path / RESOURCES).exists() else ""
        names = sorted(each.name for each in path.iterdir())
        rows = _rows(path / LEDGER, also_fence=True) if (path / LEDGER).exists() else {}
        return repr((names, resources, rows, closed_in_copies(path)))


def content(folder: Path) -> Rows:
    """All rows of the ledger by table, except how often it was opened."""
    return _rows(folder / LEDGER)


def closed_in_copies(folder: Path) -> Rows:
    """The months that each back-up knows as closed; what else it has depends on when it was made."""
    return {path.name: _rows(path)["closing"] for path in folder.glob(f"*{BACKUP}")}


def _rows(path: Path, *, also_fence: bool = False) -> Rows:
    """By table; SQLite's own check finds nothing."""
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        tables = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        kept = [name for name in tables if also_fence or name != _CHANGES_WITH_EVERY_START]
        return {name: sorted(connection.execute(f"SELECT * FROM {name}"), key=repr) for name in kept}  # noqa: S608 # our own tables


def _live(folder: Path, deadly: int, first: int, last: int, told: Path | None = None) -> None:
    gate = Gate(deadly)
    gate.watch(BACKUP)
    live_through(folder, gate, first, last)
    if told:
        told.write_text(json.dumps(gate.passed))


def _process(work: Callable[[], None]) -> int:
    """The exit status of a process of its own that does the work; negative: the signal that killed it."""
    pid = os.fork()
    if pid == 0:
        try:
            work()
        except BaseException:  # noqa: BLE001 # whatever it is, this process must not return into the caller's frames
            traceback.print_exc()
            os._exit(1)
        os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
