"""Running a command to its end."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

from e2e.controlplane.errors import CommandFailedError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

COMMAND_TIMEOUT_S = 300


def output_of(command: Sequence[str | Path], *, stdin: str | None = None, env: Mapping[str, str] | None = None) -> str:
    """What it prints; raises CommandFailedError with both its streams."""
    answer = subprocess.run(
        command, input=stdin or "", capture_output=True, text=True, check=False, timeout=COMMAND_TIMEOUT_S, env=env
    )
    if answer.returncode != 0:
        raise CommandFailedError(command, answer.returncode, answer.stdout, answer.stderr)
    return answer.stdout
