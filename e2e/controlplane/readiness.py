"""Waiting for a component over HTTP, with an error that shows why it did not come."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import httpx

from e2e.controlplane.errors import NotReadyError

if TYPE_CHECKING:
    import ssl

    from e2e.controlplane.processes import Process

POLL_S = 0.05
START_TIMEOUT_S = 90.0


def wait_until_ready(
    process: Process, url: str, *, context: ssl.SSLContext | None = None, timeout_s: float = START_TIMEOUT_S
) -> None:
    """Return when the URL answers 200; raise NotReadyError when the process ends first, or time is up."""
    deadline = time.monotonic() + timeout_s
    last = "no answer yet"
    with httpx.Client(verify=context or True, trust_env=False, timeout=5) as client:
        while time.monotonic() < deadline:
            if (code := process.exit_code) is not None:
                raise NotReadyError(
                    f"{process.name} ended with exit code {code}; the end of its log:\n{process.tail()}"
                )
            try:
                answer = client.get(url)
            except httpx.TransportError as error:
                last = str(error)
            else:
                if answer.is_success:
                    return
                last = f"{answer.status_code} {answer.text}"
            time.sleep(POLL_S)
    raise NotReadyError(
        f"{process.name} is not ready after {timeout_s:.0f} s ({url}: {last}); the end of its log:\n{process.tail()}"
    )
