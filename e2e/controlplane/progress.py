"""What the person in front of the terminal sees while programs are built and started."""

from __future__ import annotations

import sys
import threading
import time

PLAIN_EVERY_S = 15.0
TERMINAL_EVERY_S = 1.0


class Progress:
    """Lines with the seconds since the start, on stderr.

    A line that only says "still at it" is overwritten on a terminal, and written every 15 seconds elsewhere.
    """

    def __init__(self, *, quiet: bool = False) -> None:
        """Start the clock."""
        self._started = time.monotonic()
        self._lock = threading.Lock()
        self._terminal = sys.stderr.isatty()
        self._quiet = quiet
        self.every_s = TERMINAL_EVERY_S if self._terminal else PLAIN_EVERY_S

    def say(self, text: str) -> None:
        """Write a line that stays."""
        self._write(text, "\n")

    def still(self, text: str) -> None:
        """Write a line that the next one may replace."""
        self._write(text, "\r" if self._terminal else "\n")

    def _write(self, text: str, end: str) -> None:
        if self._quiet:
            return
        clear = "\033[K" if self._terminal else ""
        with self._lock:
            sys.stderr.write(f"» {time.monotonic() - self._started:5.1f} s  {text}{clear}{end}")
            sys.stderr.flush()
