"""Ctrl-C, SIGTERM and a closed terminal: the first ends the demonstration, and none disturbs its taking itself out."""

from __future__ import annotations

import os
import signal
from types import FrameType

NUMBERS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def catch() -> None:
    """From now on the first of them raises KeyboardInterrupt; what `nohup` ignores stays ignored."""
    for number in NUMBERS:
        if number is not signal.SIGHUP or signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, _first)


def ignore() -> None:
    """From now on none of them does anything, in programs started from here neither."""
    for number in NUMBERS:
        signal.signal(number, signal.SIG_IGN)


def _first(number: int, _: FrameType | None) -> None:
    ignore()
    if number == signal.SIGHUP:  # nobody reads any more: a message must not fail
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, 1)
        os.dup2(nowhere, 2)
    raise KeyboardInterrupt
