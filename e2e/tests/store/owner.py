"""Another process that owns a ledger and commits in a loop until it is killed."""

from __future__ import annotations

import multiprocessing
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection
from multiprocessing.context import ForkServerProcess

from aicost.store import open_ledger
from e2e.tests.store.commits import LAST, number

_PROCESSES = multiprocessing.get_context("forkserver")
_PROCESSES.set_forkserver_preload([__name__])


class Owner:
    """The process, and the last that it told: 0 before it opens the ledger, then each acknowledged commit."""

    def __init__(self, process: ForkServerProcess, told: Connection) -> None:
        self.process = process
        self._told = told
        self.last = 0

    def wait_for(self, messages: int) -> None:
        """Wait until it has told so many things."""
        for _ in range(messages):
            self.last = self._told.recv()

    def kill(self) -> None:
        """SIGKILL, then hear what it still told."""
        self.process.kill()
        self.process.join()
        try:
            while self._told.poll():
                self.last = self._told.recv()
        except EOFError:
            pass


@contextmanager
def owner(url: str) -> Iterator[Owner]:
    """An owner of the ledger for the length of the block; it goes on from the last commit that the ledger knows."""
    told, tell = _PROCESSES.Pipe(duplex=False)
    process = _PROCESSES.Process(target=_commit_for_ever, args=(url, tell), daemon=True)
    process.start()
    tell.close()
    owns = Owner(process, told)
    try:
        yield owns
    finally:
        owns.kill()
        told.close()
        process.close()


def _commit_for_ever(url: str, tell: Connection) -> None:
    tell.send(0)
    ledger = open_ledger(url)
    last = int(ledger.marks().get(LAST, "0"))
    while True:
        last += 1
        ledger.commit(*number(last))
        tell.send(last)
