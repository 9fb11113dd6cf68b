"""A counted gate before and after every write of a process: at the moment that it is told, the process dies there.

It stands in the tests' process only: around ports, in the engine's own events, and in Python's audit of file names.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Engine, event

_READS = frozenset(("SELECT", "PRAGMA", "WITH", "BEGIN"))
_MOVES = frozenset(("os.rename", "os.remove"))


class Gate:
    """Moments by name, in order. At the `deadly` one, counted from 1, the process is killed; 0: at none."""

    def __init__(self, deadly: int) -> None:
        self.passed: list[str] = []
        self._deadly = deadly

    def moment(self, name: str) -> None:
        """Pass, or die."""
        self.passed.append(name)
        if len(self.passed) == self._deadly:
            os.kill(os.getpid(), signal.SIGKILL)

    @contextmanager
    def write(self, name: str) -> Iterator[None]:
        """The moments before and after a write."""
        self.moment(f"before {name}")
        yield
        self.moment(f"after {name}")

    def watch(self, suffix: str) -> None:
        """Count every statement that changes a database, every COMMIT, and every move or removal of files so called."""
        event.listen(Engine, "after_cursor_execute", self._executed)
        event.listen(Engine, "commit", self._committing)
        sys.addaudithook(lambda name, about: self._moved(name, about, suffix))

    def _executed(self, _connection: object, _cursor: object, statement: str, *_: Any) -> None:
        verb, *rest = statement.split()
        if verb.upper() not in _READS:
            self.moment(f"after {verb} {' '.join(rest[:2])}")

    def _committing(self, _connection: object) -> None:
        self.moment("before COMMIT")

    def _moved(self, name: str, about: tuple[Any, ...], suffix: str) -> None:
        if name in _MOVES and any(suffix in str(of) for of in about):
            self.moment(f"before {name}")
