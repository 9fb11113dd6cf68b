"""What can go wrong while the control plane is built, started or used; every message says what to do."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path


class ControlPlaneError(RuntimeError):
    """The base of the errors below."""


class ToolMissingError(ControlPlaneError):
    """A binary is neither here nor could it be built or fetched."""


class NotReadyError(ControlPlaneError):
    """A component ended early or did not get ready in time; the message ends with its log."""


class CommandFailedError(ControlPlaneError):
    """A kubectl, Helm or promtool command ended with an exit code other than 0."""

    def __init__(self, command: Sequence[str | Path], code: int, stdout: str, stderr: str) -> None:
        """Keep the parts, so that a test can look at `stderr` alone."""
        super().__init__(f"{' '.join(map(str, command))}: exit code {code}\n{stdout}{stderr}".rstrip())
        self.code = code
        self.stdout = stdout
        self.stderr = stderr
