"""The command `aicost`, also installed as `kubectl-aicost`: one module per command, imported when it is used.

Exit codes: 0 done, 1 something failed or could not be told (the message says what, where and what to do), 2 wrong
usage, or what was asked for was found bad (`aicost check`, `aicost close`, `aicost doctor`, `aicost report --verify`), 130 interrupted.
"""

from __future__ import annotations

import gc
import sys
from importlib import import_module
from types import ModuleType

INTERRUPTED = 130
"""What shells say of a program that Ctrl-C ended."""


def main() -> None:
    """Run the command. Ctrl-C may come at once, while modules are still imported: it ends quietly all the same."""
    try:
        imported("commands").run()
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)


def imported(module: str) -> ModuleType:
    """A module of this package. Python's collector rests meanwhile: it would look again and again at what all stays."""
    gc.disable()
    try:
        return import_module(f"aicost.cli.{module}")
    finally:
        gc.enable()
