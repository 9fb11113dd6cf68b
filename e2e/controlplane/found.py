"""Programs that this machine has already: in `$KUBEBUILDER_ASSETS`, then on PATH, each asked for its version."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from e2e.controlplane.progress import Progress
    from e2e.controlplane.versions import Tool

_VERSION = re.compile(r"(?:^|[\sv])(\d+\.\d+\.\d+)")
PROBE_TIMEOUT_S = 10


def find(tool: Tool, progress: Progress) -> Path | None:
    """The first copy of an accepted version, or None; a copy of another version is named in one line."""
    if not tool.probe:
        return None
    for candidate in _candidates(tool.name):
        version = reported_version(candidate, tool.probe)
        if version and version.startswith(tool.accepted):
            progress.say(f"{tool.name}: using {candidate} ({version})")
            return candidate
        wanted = " or ".join(f"{prefix}x" for prefix in tool.accepted)
        progress.say(f"{tool.name}: {candidate} is {version or 'of unknown version'}, not {wanted}: not used")
    return None


def reported_version(program: Path, probe: tuple[str, ...]) -> str | None:
    """The first thing like 1.2.3 that the program prints about itself."""
    try:
        answer = subprocess.run([program, *probe], capture_output=True, text=True, timeout=PROBE_TIMEOUT_S, check=False)
    except (OSError, subprocess.TimeoutExpired, UnicodeDecodeError):
        return None
    match = _VERSION.search(answer.stdout + answer.stderr)
    return match.group(1) if match else None


def _candidates(name: str) -> Iterator[Path]:
    if assets := os.environ.get("KUBEBUILDER_ASSETS"):
        candidate = Path(assets) / name
        if os.access(candidate, os.X_OK):
            yield candidate
    if on_path := shutil.which(name):
        yield Path(on_path)
